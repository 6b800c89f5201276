import FoveaImage
import Testing

@testable import FoveaCheck

@Suite struct PerceptualHashTests {
  static func hash(_ image: Image) -> PerceptualHash { PerceptualHash(image.resized(width: 32, height: 32)) }

  static func jpeg(_ image: Image, _ quality: Int) throws -> Image {
    try Image.decode(image.jpegData(quality: quality), name: "a copy").image
  }

  @Test func aCopyIsNear() throws {
    for seed in 0..<12 {
      let image = picture(seed, width: 200, height: 150)
      let hash = Self.hash(image)
      #expect(
        hash.distance(to: Self.hash(try Self.jpeg(image, 50))) <= NearDuplicateSearch.completeDistance,
        "compressed, \(seed)")
      #expect(
        hash.distance(to: Self.hash(image.resized(width: 77, height: 60)))
          <= NearDuplicateSearch.completeDistance, "scaled, \(seed)")
      #expect(
        hash.distance(to: Self.hash(image.mapped { $0 * 0.8 + 10 })) <= NearDuplicateSearch.completeDistance,
        "darkened, \(seed)")
    }
  }

  @Test func anotherPictureIsFar() {
    let hashes = (0..<40).map { Self.hash(picture($0)) }
    for (a, x) in hashes.enumerated() {
      for y in hashes.dropFirst(a + 1) { #expect(x.distance(to: y) > NearDuplicateSearch.largestDistance) }
    }
  }

  @Test func theChunksAreTheBits() {
    let hash = PerceptualHash(low: 0x0123_4567_89AB_CDEF, high: 0xFEDC_BA98_7654_3210)
    #expect((0..<8).map(hash.chunk) == [0xCDEF, 0x89AB, 0x4567, 0x0123, 0x3210, 0x7654, 0xBA98, 0xFEDC])
  }

  @Test func blurShows() {
    for seed in [1, 5, 9] {
      let noise = picture(seed, width: 200, height: 200)
      var sharp = noise
      var random = SystemlessRandom(UInt64(seed))
      for index in sharp.pixels.indices where random.next() % 3 == 0 {
        sharp.pixels[index] = UInt8(random.next() & 255)
      }
      let threshold = CheckThresholds().blurEffect
      #expect(BlurEffect.measure(sharp) < threshold)
      #expect(BlurEffect.measure(sharp.blurred(7)) > threshold)
      #expect(BlurEffect.measure(sharp.mapped { $0 / 3 + 40 }) < threshold, "contrast is no sharpness")
    }
  }

  /// By the definition: means over nine pixels, and the differences that are left.
  @Test func theBlurEffectOfOneLine() {
    let line: [UInt8] = [0, 0, 0, 0, 0, 200, 0, 0, 0, 0, 0, 0, 0]
    let image = Image(width: line.count, height: 1, pixels: line.flatMap { [$0, $0, $0] })
    // Sharp: two differences of 200. Soft: two of 200 / 9, nine apart: at neither place of the sharp ones.
    #expect(abs(BlurEffect.measure(image) - 0) < 1e-5)
    let ramp = Image(width: 30, height: 1, pixels: (0..<30).flatMap { [UInt8($0), UInt8($0), UInt8($0)] })
    // 21 of the 29 differences of 1 are as large after blurring; the outer four on either side lose 4/9 to 1/9 each.
    let kept: Float = 21 + 2 * (5 + 6 + 7 + 8) / 9
    #expect(abs(BlurEffect.measure(ramp) - kept / 29) < 1e-5)
  }

  @Test func digestsTellSizesAndPixelsApart() {
    let pixels = (0..<72).map { UInt8($0) }
    let (a, b) = (Image(width: 6, height: 4, pixels: pixels), Image(width: 4, height: 6, pixels: pixels))
    #expect(PixelDigest(a, width: 6, height: 4) == PixelDigest(a, width: 6, height: 4))
    #expect(PixelDigest(a, width: 6, height: 4) != PixelDigest(b, width: 4, height: 6))
    for place in pixels.indices {
      var other = a
      other.pixels[place] ^= 1
      #expect(PixelDigest(a, width: 6, height: 4) != PixelDigest(other, width: 6, height: 4))
    }
  }
}
