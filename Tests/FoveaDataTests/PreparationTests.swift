import FoveaImage
import FoveaTensor
import Testing

@testable import FoveaData

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

@Suite struct PreparationTests {
  @Test func valuesAreNormalised() {
    let preparation = Preparation(width: 2, height: 1, mean: [0.5, 0.25, 0], std: [0.5, 0.25, 2])
    let image = Image(width: 2, height: 1, pixels: [0, 255, 51, 255, 0, 255])
    let expected: [Float] = [-1, 3, 0.1, 1, -1, 0.5]
    for (value, wanted) in zip(preparation.apply(image), expected) { #expect(abs(value - wanted) < 1e-6) }
    #expect(preparation.tensor([image, image]).shape == [2, 1, 2, 3])
    #expect(preparation.tensor([image, image]).slice(1..<2).scalars == preparation.apply(image))
  }

  @Test(arguments: ResizeRule.allCases) func anImageOfTheRightSizeIsUntouched(rule: ResizeRule) {
    let image = Image.pattern(7, 5)
    let preparation = Preparation(width: 7, height: 5, resize: rule)
    #expect(preparation.geometry(originalWidth: 7, originalHeight: 5).isIdentity)
    #expect(preparation.resized(LoadedImage(image)) == image)
  }

  @Test func cropKeepsTheMiddle() {
    // Three bands; only the middle one is seen, and at its edges what the filter's width takes from beside it.
    var image = Image(width: 30, height: 10, fill: .black)
    for y in 0..<10 { for x in 10..<20 { image[x, y] = RGB(90, 80, 70) } }
    let cropped = Preparation(width: 5, height: 5, resize: .crop).resized(LoadedImage(image))
    for y in 0..<5 {
      for x in 1..<4 { #expect(cropped[x, y] == RGB(90, 80, 70)) }
      #expect(cropped[0, y].red > 75 && cropped[4, y].red > 75)
    }
    let geometry = Preparation(width: 5, height: 5, resize: .crop, cropFraction: 0.5)
      .geometry(originalWidth: 30, originalHeight: 10)
    #expect(geometry.part == Rect(x: 12.5, y: 2.5, width: 5, height: 5))
  }

  @Test func padShowsAllOnTheBackground() {
    let preparation = Preparation(width: 6, height: 6, resize: .pad, background: RGB(1, 2, 3))
    let padded = preparation.resized(LoadedImage(.plain(30, 10, .white)))
    for y in 0..<6 {
      for x in 0..<6 { #expect(padded[x, y] == (y == 2 || y == 3 ? .white : RGB(1, 2, 3))) }
    }
    let tall = preparation.geometry(originalWidth: 1, originalHeight: 1000)
    #expect(tall.target == .init(x: 2, y: 0, width: 1, height: 6))
  }

  @Test func squashShowsAllOfBothSides() {
    var image = Image(width: 40, height: 10, fill: .black)
    for y in 0..<10 { for x in 20..<40 { image[x, y] = .white } }
    let squashed = Preparation(width: 4, height: 4, resize: .squash).resized(LoadedImage(image))
    for y in 0..<4 {
      #expect(squashed[0, y] == .black && squashed[3, y] == .white)
      #expect(squashed[1, y].red < 40 && squashed[2, y].red > 215)
    }
  }

  @Test(arguments: ResizeRule.allCases, [(1, 1), (640, 480), (481, 641), (3000, 7), (2, 900), (33, 32)])
  func geometryRoundTrips(rule: ResizeRule, size: (Int, Int)) {
    let preparation = Preparation(width: 48, height: 32, resize: rule, cropFraction: 0.875)
    let geometry = preparation.geometry(originalWidth: size.0, originalHeight: size.1)
    for point in [Point(0, 0), Point(48, 32), Point(17.25, 3.5), Point(-4, 40)] {
      let back = geometry.input(ofOriginal: geometry.original(ofInput: point))
      #expect(abs(back.x - point.x) < 1e-6 && abs(back.y - point.y) < 1e-6, "\(point) came back as \(back)")
    }
    let center = geometry.original(ofInput: Point(24, 16))
    // Padding of an odd number of pixels is a half pixel off centre.
    let slack = rule == .pad ? 0.51 * geometry.part.width / Double(geometry.target.width) : 1e-6
    let slackY = rule == .pad ? 0.51 * geometry.part.height / Double(geometry.target.height) : 1e-6
    #expect(abs(center.x - Double(size.0) / 2) <= slack && abs(center.y - Double(size.1) / 2) <= slackY)
    let whole = Rect(x: 0, y: 0, width: Double(size.0), height: Double(size.1))
    let part = geometry.part
    #expect(part.x >= 0 && part.y >= 0 && part.maxX <= whole.width + 1e-9 && part.maxY <= whole.height + 1e-9)
    #expect(preparation.resized(LoadedImage(.pattern(size.0, size.1))).width == 48)
    if rule != .squash, geometry.target.width > 4, geometry.target.height > 4 {
      let stretch =
        (part.width / Double(geometry.target.width)) / (part.height / Double(geometry.target.height))
      #expect(abs(stretch - 1) < 0.15, "shapes are kept, up to whole pixels of padding")
    }
  }

  /// A bright dot in the original is found where the geometry says.
  @Test(arguments: ResizeRule.allCases) func geometryAgreesWithThePixels(rule: ResizeRule) {
    let preparation = Preparation(width: 40, height: 40, resize: rule, background: .black)
    var image = Image(width: 160, height: 100, fill: .black)
    for y in 40..<44 { for x in 90..<94 { image[x, y] = .white } }
    let seen = preparation.resized(LoadedImage(image))
    var sum = 0.0
    var at = Point(0, 0)
    for y in 0..<40 {
      for x in 0..<40 {
        let weight = Double(seen[x, y].red)
        sum += weight
        at = at + Point(Double(x) + 0.5, Double(y) + 0.5) * weight
      }
    }
    let expected = preparation.geometry(originalWidth: 160, originalHeight: 100).input(
      ofOriginal: Point(92, 42))
    #expect(abs(at.x / sum - expected.x) < 0.05 && abs(at.y / sum - expected.y) < 0.05)
  }

  /// The decoder may deliver a half of a large JPEG; the prepared image is nearly the same as from the whole.
  @Test func smallerDecodesGiveNearlyTheSame() throws {
    var image = Image(width: 401, height: 301)
    for y in 0..<301 {
      for x in 0..<401 { image[x, y] = RGB(UInt8(x * 255 / 400), UInt8(y * 255 / 300), 128) }
    }
    let folder = TemporaryFolder()
    let path = folder.write(try image.jpegData(quality: 95), "x.jpg")
    let preparation = Preparation(width: 24, height: 24, cropFraction: 0.9)
    let reduced = try ImageFiles.load(path, preparation.request())
    #expect(reduced.scaleDenominator > 1)
    #expect(reduced.image.width >= 48 && reduced.image.height >= 48)
    let a = preparation.resized(reduced)
    let b = preparation.resized(try ImageFiles.load(path))
    for (p, q) in zip(a.pixels, b.pixels) { #expect(abs(Int(p) - Int(q)) <= 3) }
    // A smaller scale lets the decoder shrink further, and down to it alone.
    var hasty = preparation
    hasty.decodeScale = 0.8
    let least = try ImageFiles.load(path, hasty.request())
    #expect(least.scaleDenominator == 2 * reduced.scaleDenominator)
    #expect(least.image.width >= 20 && least.image.height >= 20)
    let c = hasty.resized(least)
    for (p, q) in zip(c.pixels, b.pixels) { #expect(abs(Int(p) - Int(q)) <= 8) }
  }

  @Test func codingRoundTripsAndHasDefaults() throws {
    let preparation = Preparation(
      width: 30, height: 20, resize: .pad, cropFraction: 0.75, filter: .bicubic, decodeScale: 1.5,
      mean: [0.1, 0.2, 0.3],
      std: [1, 2, 3], background: RGB(4, 5, 6))
    let data = try JSONEncoder().encode(preparation)
    #expect(try JSONDecoder().decode(Preparation.self, from: data) == preparation)
    let least = try JSONDecoder().decode(Preparation.self, from: Data(#"{"width": 8, "height": 9}"#.utf8))
    #expect(least == Preparation(width: 8, height: 9))
  }

  @Test func whatIsOutOfRangeIsNamed() {
    var preparation = Preparation(width: 8, height: 8)
    #expect(throws: Never.self) { try preparation.validate() }
    preparation.std = [1, 0, 1]
    #expect(dataError { try preparation.validate() }?.subject == "preparation std")
    for (width, height) in [(0, 8), (8, -1), (8, 100_000)] {
      #expect(dataError { try Preparation(width: width, height: height).validate() }?.kind == .invalidSetting)
    }
    for fraction in [0, 1e-18, 0.009, 1.01, .nan] {
      #expect(dataError { try Preparation(width: 8, height: 8, cropFraction: fraction).validate() } != nil)
    }
    // The most that may be asked of the decoder.
    let extreme = Preparation(width: 4096, height: 4096, cropFraction: 0.01, decodeScale: 16)
    #expect(throws: Never.self) { try extreme.validate() }
    #expect(extreme.request().minimumWidth == 6_553_600)
    for scale in [0.4, 17, .nan] {
      #expect(dataError { try Preparation(width: 8, height: 8, decodeScale: scale).validate() } != nil)
    }
    #expect(dataError { try Preparation(width: 8, height: 8, mean: [.nan, 0, 0]).validate() } != nil)
    #expect(dataError { try Preparation(width: 8, height: 8, mean: [0]).validate() } != nil)
  }
}

@Suite struct NormalizationTests {
  private func source(_ images: [Image]) -> ImageSource {
    ImageSource(name: "set", classes: ["a"], images: images, labels: images.map { _ in 0 })
  }

  @Test func meanAndStdAreThoseOfAllPixels() throws {
    let images = [Image.plain(2, 2, RGB(0, 100, 255)), Image.plain(2, 2, RGB(200, 100, 255))]
    let measured = try ChannelNormalization.measure(
      source(images), preparation: Preparation(width: 2, height: 2))
    #expect(abs(measured.mean[0] - Float(100) / 255) < 1e-6 && abs(measured.std[0] - Float(100) / 255) < 1e-6)
    #expect(abs(measured.mean[1] - Float(100) / 255) < 1e-6 && measured.mean[2] == 1)
    // A channel without variation is not divided by 0.
    #expect(measured.std[1] == Float(1) / 255)
    #expect(measured.imageCount == 2)
  }

  @Test func everyNthImageIsTakenUpToALimit() throws {
    let images = (0..<10).map { Image.plain(1, 1, RGB(UInt8($0 * 20), 0, 0)) }
    let measured = try ChannelNormalization.measure(
      source(images), preparation: Preparation(width: 1, height: 1), limit: 5)
    #expect(measured.imageCount == 5)
    #expect(abs(measured.mean[0] - Float(80) / 255) < 1e-6)
  }

  @Test func unreadableFilesAreLeftOut() throws {
    let folder = TemporaryFolder()
    folder.write(Image.plain(4, 4, RGB(51, 51, 51)), "a/1.png")
    folder.write([1, 2, 3], "a/2.png")
    let preparation = Preparation(width: 4, height: 4)
    let measured = try ChannelNormalization.measure(ClassFolders.scan(folder.path), preparation: preparation)
    #expect(abs(measured.mean[0] - 0.2) < 1e-6)
    #expect(measured.bad.map(\.index) == [1])
    folder.write([1, 2, 3], "a/1.png")
    #expect(
      dataError {
        _ = try ChannelNormalization.measure(ClassFolders.scan(folder.path), preparation: preparation)
      }?
      .kind == .noImages)
  }
}
