/// Turns numbers in 0…1 into colours.
public enum ColorMap: String, CaseIterable, Codable, Sendable {
  /// From dark blue over green to yellow, of evenly growing lightness: equal steps look equal, and it reads the same in
  /// gray and to the colour-blind (van der Walt and Smith, CC0).
  case viridis
  /// The rainbow from blue to red. Its bright bands suggest steps that are not in the data; for comparison with older
  /// figures only.
  case jet
  /// From black to white.
  case gray
  /// From blue over near white at 0.5 to brown: for values about a middle.
  case diverging

  /// The colour of `t`, the nearest of 256 entries; values outside 0…1 take the ends, and NaN, which has no place on
  /// the scale, a middle gray.
  public func color(_ t: Float) -> RGB {
    guard !t.isNaN else { return RGB(128, 128, 128) }
    return table[Int((min(max(t, 0), 1) * 255).rounded())]
  }

  /// The 256 colours from 0 to 1.
  public var table: [RGB] {
    switch self {
    case .viridis: Self.viridisTable
    case .jet: Self.jetTable
    case .gray: Self.grayTable
    case .diverging: Self.divergingTable
    }
  }

  /// A map as an image: each value's colour.
  public func image(_ plane: FloatPlane) -> Image {
    let table = table
    var pixels = [UInt8]()
    pixels.reserveCapacity(3 * plane.values.count)
    for value in plane.values {
      let color = value.isNaN ? RGB(128, 128, 128) : table[Int((min(max(value, 0), 1) * 255).rounded())]
      pixels.append(color.red)
      pixels.append(color.green)
      pixels.append(color.blue)
    }
    return Image(width: plane.width, height: plane.height, pixels: pixels)
  }

  private static let grayTable = (0..<256).map { RGB(UInt8($0), UInt8($0), UInt8($0)) }

  private static let jetTable: [RGB] = (0..<256).map { i in
    func ramp(_ middle: Double) -> UInt8 {
      UInt8(min(max(1.5 - abs(4 * Double(i) / 255 - middle), 0), 1) * 255 + 0.5)
    }
    return RGB(ramp(3), ramp(2), ramp(1))
  }

  private static let divergingTable: [RGB] = {
    let stops: [(Double, Double, Double)] = [
      (24, 54, 120), (47, 110, 182), (128, 178, 218), (244, 244, 242), (233, 172, 98), (190, 98, 24),
      (112, 48, 4),
    ]
    return (0..<256).map { i in
      let position = Double(i) / 255 * Double(stops.count - 1)
      let left = min(Int(position), stops.count - 2)
      let t = position - Double(left)
      func mix(_ a: Double, _ b: Double) -> UInt8 { UInt8(a + (b - a) * t + 0.5) }
      let (a, b) = (stops[left], stops[left + 1])
      return RGB(mix(a.0, b.0), mix(a.1, b.1), mix(a.2, b.2))
    }
  }()

  private static let viridisTable: [RGB] = {
    let digits = Array(viridisHex.utf8).map { UInt8($0 < 58 ? $0 - 48 : $0 - 87) }
    return (0..<256).map { i in
      func byte(_ k: Int) -> UInt8 { digits[6 * i + 2 * k] << 4 | digits[6 * i + 2 * k + 1] }
      return RGB(byte(0), byte(1), byte(2))
    }
  }()

  /// Red, green and blue of each entry, two hexadecimal digits each.
  private static let viridisHex = """
    44015444025544035745055845065a45085b46095c460b5e460c5f460e61470f62471163471265471466471567471669\
    47186a48196b481a6c481c6e481d6f481e70482071482172482273482374472575472676472777472878472a79472b7a\
    472c7b462d7c462f7c46307d46317e45327f45347f453580453681443781443982433a83433b83433c84423d84423e85\
    4240854141864142864043874044873f45873f47883e48883e49893d4a893d4b893d4c893c4d8a3c4e8a3b508a3b518a\
    3a528b3a538b39548b39558b38568b38578c37588c37598c365a8c365b8c355c8c355d8c345e8d345f8d33608d33618d\
    32628d32638d31648d31658d31668d30678d30688d2f698d2f6a8d2e6b8e2e6c8e2e6d8e2d6e8e2d6f8e2c708e2c718e\
    2c728e2b738e2b748e2a758e2a768e2a778e29788e29798e287a8e287a8e287b8e277c8e277d8e277e8e267f8e26808e\
    26818e25828e25838d24848d24858d24868d23878d23888d23898d22898d228a8d228b8d218c8d218d8c218e8c208f8c\
    20908c20918c1f928c1f938b1f948b1f958b1f968b1e978a1e988a1e998a1e998a1e9a891e9b891e9c891e9d881e9e88\
    1e9f881ea0871fa1871fa2861fa38620a48520a58521a68521a78422a78423a88323a98224aa8225ab8126ac8127ad80\
    28ae7f29af7f2ab07e2bb17d2cb17d2eb27c2fb37b30b47a32b57a33b67935b77836b87738b97639b9763bba753dbb74\
    3ebc7340bd7242be7144be7045bf6f47c06e49c16d4bc26c4dc26b4fc36951c46853c56755c66657c66559c7645bc862\
    5ec96160c96062ca5f64cb5d67cc5c69cc5b6bcd596dce5870ce5672cf5574d05477d05279d1517cd24f7ed24e81d34c\
    83d34b86d44988d5478bd5468dd64490d64392d74195d73f97d83e9ad83c9dd93a9fd938a2da37a5da35a7db33aadb32\
    addc30afdc2eb2dd2cb5dd2bb7dd29bade27bdde26bfdf24c2df22c5df21c7e01fcae01ecde01dcfe11cd2e11bd4e11a\
    d7e219dae218dce218dfe318e1e318e4e318e7e419e9e419ece41aeee51bf1e51cf3e51ef6e61ff8e621fae622fde724
    """
}

/// Colours for things without an order.
public enum Palette {
  /// Okabe and Ito's eight, told apart with any kind of colour vision ("Color Universal Design", 2008): black, orange, sky
  /// blue, bluish green, yellow, blue, vermilion, reddish purple.
  public static let okabeIto: [RGB] = [
    RGB(0, 0, 0), RGB(230, 159, 0), RGB(86, 180, 233), RGB(0, 158, 115), RGB(240, 228, 66), RGB(0, 114, 178),
    RGB(213, 94, 0), RGB(204, 121, 167),
  ]

  /// The colour of series number `index` on a white ground: Okabe and Ito's, strongest contrast first and without black
  /// and yellow, over and over.
  public static func categorical(_ index: Int) -> RGB {
    let order = [5, 6, 3, 7, 1, 2]
    return okabeIto[order[((index % order.count) + order.count) % order.count]]
  }
}
