import FoveaImage

/// Hashes of what Pillow 13.0.0 makes of ``noise(_:_:seed:)``.
///
/// Made by
///
///     im = Image.frombytes("RGB", (w, h), noise(w, h, seed))          # seed: the case's number, from 1
///     fnv1a64(im.resize((a, b), Image.BILINEAR, box=box).tobytes())   # then BICUBIC, NEAREST
///
/// Boxes are exact in 32-bit floats, which is what Pillow takes them as.
struct ResizeCase: Sendable {
  let width, height, newWidth, newHeight: Int
  let source: Rect?
  let hashes: [ResizeFilter: UInt64]

  init(
    _ width: Int, _ height: Int, _ newWidth: Int, _ newHeight: Int, _ source: Rect?, _ bilinear: UInt64,
    _ bicubic: UInt64, _ nearest: UInt64
  ) {
    self.width = width
    self.height = height
    self.newWidth = newWidth
    self.newHeight = newHeight
    self.source = source
    hashes = [.bilinear: bilinear, .bicubic: bicubic, .nearest: nearest]
  }
}

/// Bytes from the top of s ← 1664525·s + 1013904223 mod 2³².
func noise(_ width: Int, _ height: Int, seed: UInt32) -> Image {
  var state = seed
  let bytes = (0..<3 * width * height).map { _ -> UInt8 in
    state = state &* 1_664_525 &+ 1_013_904_223
    return UInt8(state >> 24)
  }
  return Image(width: width, height: height, pixels: bytes)
}

func fnv1a64(_ bytes: [UInt8]) -> UInt64 {
  bytes.reduce(0xcbf2_9ce4_8422_2325) { ($0 ^ UInt64($1)) &* 0x100_0000_01b3 }
}

let resizeCases: [ResizeCase] = [
  ResizeCase(1, 1, 7, 5, nil, 0xaf44_f714_a9a7_e84c, 0xaf44_f714_a9a7_e84c, 0xaf44_f714_a9a7_e84c),
  ResizeCase(1, 9, 4, 4, nil, 0xaef9_1a3c_8f69_a6d5, 0xb34c_a3a4_5649_a45d, 0x9b68_030b_f232_a601),
  ResizeCase(9, 1, 3, 3, nil, 0x6488_627e_09ed_5030, 0x26a7_d0b5_25d6_8d13, 0x1592_e38f_983b_f73b),
  ResizeCase(2, 2, 5, 7, nil, 0x4cd5_2c54_ac82_dcd2, 0x2ca9_2a4c_94fe_7d9e, 0x4187_312c_2370_00e4),
  ResizeCase(3, 5, 3, 5, nil, 0xa013_dfde_1891_50cf, 0xa013_dfde_1891_50cf, 0xa013_dfde_1891_50cf),
  ResizeCase(5, 3, 2, 1, nil, 0x2be3_ba1a_2369_4023, 0xff27_5c65_f3f6_25b2, 0x31fc_e3a2_a7d3_e488),
  ResizeCase(7, 5, 13, 11, nil, 0x9bc1_862f_d3a0_34a3, 0x9e67_3388_8347_1227, 0xc510_3c03_6f77_0851),
  ResizeCase(13, 17, 5, 3, nil, 0xb34e_eb5f_2ce2_a811, 0x60fa_37a3_95af_f6d5, 0x0b0b_32be_6f30_86c7),
  ResizeCase(16, 16, 8, 8, nil, 0x115b_81d8_a92f_b238, 0x5ad2_91eb_868e_8340, 0xd5fd_b3eb_849c_d8ad),
  ResizeCase(17, 19, 18, 20, nil, 0x7650_c4e3_654f_6aae, 0x6520_33ad_c3c8_15b4, 0x6cc8_99d3_4a67_a12e),
  ResizeCase(31, 33, 32, 32, nil, 0xdd73_f9ef_8e09_a597, 0xbb2b_92e8_6d0e_dd5f, 0x950c_85cd_d5fd_a273),
  ResizeCase(33, 31, 7, 33, nil, 0x128b_85aa_8657_ebd3, 0x8b35_34ca_cdaa_a063, 0x97e5_4333_120d_9b6b),
  ResizeCase(33, 31, 33, 7, nil, 0xf7c4_8d51_a8ed_80e9, 0xcb1d_6cd7_e8c8_8d86, 0x5dc8_9f4d_c833_17ac),
  ResizeCase(50, 40, 56, 56, nil, 0xfce6_1072_f2c2_59a9, 0x92a1_8e90_d4a8_915e, 0x1cf3_3756_3f4e_6961),
  ResizeCase(64, 48, 9, 11, nil, 0x35e3_86c3_7c82_c2d9, 0xd0a4_919b_76cf_a7fd, 0x5709_0102_51ce_61b9),
  ResizeCase(100, 3, 11, 3, nil, 0x3cf3_e42c_a92f_b27e, 0x96e5_a9d0_9b69_422b, 0x3b72_b9ec_be3e_eafc),
  ResizeCase(3, 100, 3, 11, nil, 0x5fc0_423d_fa85_01b2, 0x39b9_455d_de7a_0b39, 0xc0b7_4b0c_55ad_fd39),
  ResizeCase(101, 67, 33, 22, nil, 0x597a_5a30_80a9_47fe, 0xe003_ee8c_dde9_0965, 0xab93_e05b_f104_7b27),
  ResizeCase(128, 96, 32, 32, nil, 0xb51b_3a5b_f229_8eca, 0x397c_4369_d373_2f1d, 0x89cb_06e9_0a0a_0467),
  ResizeCase(28, 28, 32, 32, nil, 0x1d47_4b04_249d_4c51, 0x977d_93af_fede_0805, 0x3e24_bd2e_ad54_f7a5),
  ResizeCase(40, 40, 13, 40, nil, 0xec65_3b74_5948_3ca6, 0x5709_c288_7a37_f158, 0x4573_00ff_00b5_4638),
  ResizeCase(47, 53, 1, 1, nil, 0xa324_3419_6f07_b4bd, 0xa324_3419_6f07_b4bd, 0xd53a_e518_faf5_ccb3),
  ResizeCase(97, 89, 96, 88, nil, 0xd804_297d_bc39_5015, 0xde59_3402_45aa_2752, 0x654d_bfc3_5f7a_0d87),
  ResizeCase(15, 200, 16, 17, nil, 0x71e2_ea01_62ba_a63a, 0x8176_82eb_4523_9f12, 0x470e_b84e_04ce_4d72),
  ResizeCase(200, 15, 17, 16, nil, 0x7f65_c267_f5b7_6bee, 0x725a_92e4_8af5_b734, 0xf7fe_d51d_9194_69bf),
  ResizeCase(
    40, 30, 16, 16, Rect(x: 0, y: 0, width: 40, height: 30), 0x889b_e1e2_9488_cda8, 0xb4f2_bbc8_bebe_5301,
    0x7901_360d_f279_cf45),
  ResizeCase(
    40, 30, 16, 16, Rect(x: 3.25, y: 2.5, width: 32.5, height: 25.625), 0x6387_59b8_4179_4988,
    0x117b_fcad_6c31_7f90, 0xdaaa_7a31_7509_ff6f),
  ResizeCase(
    40, 30, 17, 9, Rect(x: 0, y: 5, width: 40, height: 20), 0xd842_27ab_70e9_bfa6, 0x1879_83c1_7ec4_4902,
    0xa18b_b59c_3435_b0f8),
  ResizeCase(
    40, 30, 17, 9, Rect(x: 10.5, y: 0, width: 9.75, height: 30), 0x2f21_b73e_d47f_c897, 0x48f1_5dc2_62cd_8ce1,
    0x0209_f03e_e0cd_bc3d),
  ResizeCase(
    40, 30, 40, 30, Rect(x: 0.5, y: 0.5, width: 39.0, height: 29.0), 0xf870_d899_369a_b443,
    0x4487_9174_2512_7300, 0xf5a3_8dc2_c75e_0c6a),
  ResizeCase(
    40, 30, 23, 31, Rect(x: 12.25, y: 7.75, width: 0.875, height: 0.5), 0xb6fa_f15d_09fd_6644,
    0x93b2_4939_b178_c297, 0x6521_552e_641d_01be),
  ResizeCase(
    40, 30, 8, 8, Rect(x: 39.25, y: 29.25, width: 0.75, height: 0.75), 0x721d_1c6b_a266_b79d,
    0xc449_8444_44fa_0597, 0xba99_006e_7f4f_14e5),
  ResizeCase(
    40, 30, 30, 30, Rect(x: 5, y: 0, width: 30, height: 30), 0x8c8a_ce22_7c2e_0567, 0x8c8a_ce22_7c2e_0567,
    0x8c8a_ce22_7c2e_0567),
  ResizeCase(
    61, 59, 24, 24, Rect(x: 7.765625, y: 3.328125, width: 47.734375, height: 46.71875), 0x4d4f_502f_6bad_6b9e,
    0x2a21_c05f_d2e1_04b8, 0x0379_8300_7b89_d5ff),
]

/// noise(7, 5, seed: 99) at 4×3, bilinear.
let pillowShrunk: [UInt8] = [
  89, 92, 129, 83, 113, 151, 102, 106, 191, 141, 159, 185, 140, 152, 174, 125, 139, 140, 124, 102, 209, 84,
  115, 96, 142, 139, 140, 82, 102, 181, 144, 92, 178, 129, 156, 170,
]
/// noise(7, 5, seed: 99) at 9×2, bicubic.
let pillowEnlarged: [UInt8] = [
  115, 162, 143, 103, 85, 148, 104, 83, 131, 109, 144, 124, 94, 154, 176, 104, 73, 217, 119, 111, 210, 118,
  153, 159, 103, 131, 103, 210, 200, 138, 115, 125, 171, 90, 99, 169, 113, 126, 157, 74, 128, 197, 150, 49,
  207, 179, 118, 170, 133, 168, 133, 57, 119, 125,
]
/// noise(7, 5, seed: 99) at 3×3, bilinear, box (1.25, 0.5, 6.5, 4.75).
let pillowBoxed: [UInt8] = [
  107, 99, 127, 102, 110, 183, 114, 141, 187, 117, 132, 150, 120, 121, 202, 108, 105, 124, 91, 103, 176, 115,
  84, 184, 155, 153, 169,
]
