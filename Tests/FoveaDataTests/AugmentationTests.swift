import FoveaImage
import FoveaTensor
import Testing

@testable import FoveaData

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

@Suite struct AugmenterTests {
  /// Levels come out as they went in, divided by 255.
  private let preparation = Preparation(width: 8, height: 8, mean: [0, 0, 0], std: [1, 1, 1])

  private func run(
    _ configuration: AugmentationConfiguration?, _ image: Image, sample: Int, epoch: Int = 0
  ) throws -> [Float] {
    var random = CounterRandom(seed: 3, purpose: .augmentation, epoch: epoch, sample: sample)
    return try Augmenter(configuration, preparation: preparation).apply(LoadedImage(image), random: &random)
  }

  private static let everything = AugmentationConfiguration(
    randomResizedCrop: .init(), padAndCrop: 2, horizontalFlip: 0.5, rotation: 15,
    colorJitter: .init(brightness: 0.4, contrast: 0.4, saturation: 0.4, hue: 0.1),
    randomErasing: .init(probability: 0.5))

  @Test func nothingIsChangedByDefault() throws {
    let image = Image.pattern(8, 8)
    #expect(try run(AugmentationConfiguration(), image, sample: 1) == preparation.apply(image))
    #expect(try run(nil, image, sample: 1) == preparation.apply(image))
  }

  @Test func theResultIsAFunctionOfSeedEpochAndSample() throws {
    let image = Image.pattern(20, 16)
    let first = try run(Self.everything, image, sample: 1, epoch: 2)
    #expect(try run(Self.everything, image, sample: 1, epoch: 2) == first)
    #expect(try run(Self.everything, image, sample: 1, epoch: 3) != first)
    #expect(try run(Self.everything, image, sample: 2, epoch: 2) != first)
    #expect(first.allSatisfy { $0 >= 0 && $0 <= 1 })
  }

  @Test func padAndCropShiftsEvenlyToAllPlaces() throws {
    let image = Image.pattern(8, 8)
    var counts: [[Float]: Int] = [:]
    for sample in 0..<2700 {
      counts[
        try run(AugmentationConfiguration(padAndCrop: 1, border: .black), image, sample: sample), default: 0] +=
        1
    }
    #expect(counts.count == 9)
    for count in counts.values { #expect(abs(count - 300) < 80) }
    for dx in -1...1 {
      for dy in -1...1 {
        let shifted = image.shifted(dx: dx, dy: dy, flips: false, margin: .black)
        #expect(counts[preparation.apply(shifted)] != nil, "(\(dx), \(dy)) never came")
      }
    }
  }

  @Test func flipsComeAsOftenAsAsked() throws {
    let image = Image.pattern(8, 8)
    let flipped = preparation.apply(image.flippedHorizontally())
    var count = 0
    for sample in 0..<2000 {
      let result = try run(AugmentationConfiguration(horizontalFlip: 0.3), image, sample: sample)
      if result == flipped { count += 1 } else { #expect(result == preparation.apply(image)) }
    }
    #expect(abs(count - 600) < 80)
  }

  @Test func shiftsLeaveMargins() {
    let image = Image.pattern(4, 3)
    let shifted = image.shifted(dx: 2, dy: -1, flips: false, margin: RGB(1, 2, 3))
    for y in 0..<3 {
      for x in 0..<4 {
        let inside = x + 2 < 4 && y - 1 >= 0
        #expect(shifted[x, y] == (inside ? image[x + 2, y - 1] : RGB(1, 2, 3)))
      }
    }
    let mirrored = image.shifted(dx: -2, dy: 1, flips: false, margin: nil)
    #expect(mirrored[0, 0] == image[2, 1] && mirrored[1, 0] == image[1, 1] && mirrored[3, 2] == image[1, 1])
    #expect(
      image.shifted(dx: 1, dy: 0, flips: true, margin: .black)
        == image.shifted(dx: 1, dy: 0, flips: false, margin: .black).flippedHorizontally())
    // Margins wider than the image itself.
    #expect(image.shifted(dx: 9, dy: 0, flips: false, margin: nil)[0, 0] == image[3, 0])
  }

  @Test func marginsHaveTheChosenColour() throws {
    var preparation = Preparation(width: 2, height: 2, mean: [0.2, 0.4, 0.6], std: [1, 1, 1])
    preparation.background = RGB(255, 0, 0)
    let unshifted: [Float] = Array(preparation.apply(Image.plain(2, 2, RGB(9, 9, 9))).prefix(3))
    func corner(_ border: AugmentationConfiguration.Border) throws -> [Float] {
      // Until a shift shows a margin in the first pixel.
      for sample in 0..<100 {
        var random = CounterRandom(seed: 0, purpose: .augmentation, sample: sample)
        let values = try Augmenter(
          AugmentationConfiguration(padAndCrop: 2, border: border), preparation: preparation
        )
        .apply(LoadedImage(.plain(2, 2, RGB(9, 9, 9))), random: &random)
        let first = Array(values.prefix(3))
        if first != unshifted { return first }
      }
      return []
    }
    #expect(try corner(.mean).allSatisfy { abs($0) < 1e-6 })
    #expect(try corner(.black) == [-0.2, -0.4, -0.6])
    #expect(try corner(.background) == [1 - 0.2, -0.4, -0.6])
    #expect(try corner(.reflect) == [])
  }

  @Test func quarterTurnsAreExact() {
    let image = Image.pattern(9, 9)
    #expect(image.turned(degrees: 90, margin: .black) == image.rotated90())
    #expect(image.turned(degrees: -90, margin: .black) == image.rotated270())
    #expect(image.turned(degrees: 180, margin: nil) == image.rotated180())
    #expect(image.turned(degrees: 0, margin: .black) == image)
    let turned = Image.plain(9, 9, .white).turned(degrees: 45, margin: RGB(0, 9, 0))
    #expect(turned[0, 0] == RGB(0, 9, 0) && turned[4, 4] == .white)
    #expect(Image.plain(9, 9, .white).turned(degrees: 30, margin: nil) == .plain(9, 9, .white))
  }
}

@Suite struct RandomPartTests {
  @Test func resizedCropsHaveTheStatedAreasAndShapes() {
    let crop = AugmentationConfiguration.RandomResizedCrop(scale: 0.2...0.6, ratio: 0.5...2)
    var random = CounterRandom(seed: 1, purpose: .test)
    var areas = 0.0
    var wide = 0
    var left = 0.0
    let n = 4000
    for _ in 0..<n {
      let part = crop.part(width: 300, height: 200, &random)
      #expect(part.x >= 0 && part.y >= 0 && part.x + part.width <= 300 && part.y + part.height <= 200)
      let area = Double(part.width * part.height) / 60_000
      let ratio = Double(part.width) / Double(part.height)
      #expect(area > 0.19 && area < 0.61 && ratio > 0.49 && ratio < 2.03)
      areas += area
      if ratio > 1 { wide += 1 }
      left += part.width == 300 ? 0.5 : Double(part.x) / Double(300 - part.width)
    }
    #expect(abs(areas / Double(n) - 0.4) < 0.02)
    // More wide ones than high ones, since some high ones do not fit and are drawn again.
    #expect(wide > n / 2 && wide < n * 3 / 4)
    #expect(abs(left / Double(n) - 0.5) < 0.02)
  }

  @Test func impossibleCropsFallBackToTheMiddle() {
    let crop = AugmentationConfiguration.RandomResizedCrop(scale: 1...1, ratio: 1...1)
    var random = CounterRandom(seed: 1, purpose: .test)
    #expect(crop.part(width: 100, height: 40, &random) == .init(x: 30, y: 0, width: 40, height: 40))
    #expect(crop.part(width: 40, height: 101, &random) == .init(x: 0, y: 30, width: 40, height: 40))
    #expect(crop.part(width: 1, height: 1, &random) == .init(x: 0, y: 0, width: 1, height: 1))
    #expect(crop.part(width: 1, height: 500, &random).width == 1)
  }

  @Test func erasedPartsHaveTheStatedAreasAndShapes() throws {
    let erasing = AugmentationConfiguration.RandomErasing(probability: 1, scale: 0.1...0.2, ratio: 0.5...2)
    var random = CounterRandom(seed: 1, purpose: .test)
    for _ in 0..<1000 {
      let part = try #require(erasing.part(width: 64, height: 64, &random))
      let area = Double(part.width * part.height) / 4096
      #expect(area > 0.09 && area < 0.21 && part.x + part.width <= 64 && part.y + part.height <= 64)
    }
    #expect(erasing.part(width: 1, height: 1, &random) == nil)
  }

  @Test(arguments: AugmentationConfiguration.RandomErasing.Fill.allCases)
  func erasingPaintsARectangle(fill: AugmentationConfiguration.RandomErasing.Fill) throws {
    let preparation = Preparation(width: 16, height: 16)
    let configuration = AugmentationConfiguration(randomErasing: .init(probability: 0.25, fill: fill))
    let augmenter = try Augmenter(configuration, preparation: preparation)
    let image = Image.plain(16, 16, .white)
    let plain = preparation.apply(image)
    var erasedImages = 0
    for sample in 0..<1000 {
      var random = CounterRandom(seed: 9, purpose: .augmentation, sample: sample)
      let values = augmenter.apply(LoadedImage(image), random: &random)
      let changed = values.indices.filter { values[$0] != plain[$0] }
      if changed.isEmpty { continue }
      erasedImages += 1
      let rows = Set(changed.map { $0 / 48 })
      let columns = Set(changed.map { $0 % 48 / 3 })
      #expect(changed.count == 3 * rows.count * columns.count, "not a rectangle")
      #expect(
        rows.count == rows.max()! - rows.min()! + 1 && columns.count == columns.max()! - columns.min()! + 1)
      #expect(fill == .noise || changed.allSatisfy { values[$0] == 0 })
    }
    #expect(abs(erasedImages - 250) < 60)
  }
}

@Suite struct ColorJitterTests {
  private func apply(_ step: JitterPlan.Step, _ values: [Float]) -> [Float] {
    var values = values
    values.withUnsafeMutableBufferPointer { JitterPlan.apply(step, to: $0) }
    return values
  }

  private func expectNear(_ a: [Float], _ b: [Float], sourceLocation: SourceLocation = #_sourceLocation) {
    #expect(zip(a, b).allSatisfy { abs($0 - $1) < 2e-6 }, "\(a) and \(b)", sourceLocation: sourceLocation)
  }

  /// Two pixels; their grays are 0.36587… and 0.6.
  private let pixels: [Float] = [0.2, 0.5, 0.1, 0.6, 0.6, 0.6]

  @Test func brightnessScales() {
    expectNear(apply(.brightness(1.5), pixels), [0.3, 0.75, 0.15, 0.9, 0.9, 0.9])
    expectNear(apply(.brightness(2), pixels), [0.4, 1, 0.2, 1, 1, 1])
    expectNear(apply(.brightness(0), pixels), [0, 0, 0, 0, 0, 0])
  }

  @Test func contrastKeepsTheMeanGray() {
    let gray: Float = 0.2989 * 0.2 + 0.587 * 0.5 + 0.114 * 0.1
    let second: Float = (0.2989 + 0.587 + 0.114) * 0.6
    let mean = (gray + second) / 2
    expectNear(apply(.contrast(0.5), pixels), pixels.map { 0.5 * $0 + 0.5 * mean })
    expectNear(apply(.contrast(1), pixels), pixels)
  }

  @Test func saturationKeepsEachGray() {
    let gray: Float = 0.2989 * 0.2 + 0.587 * 0.5 + 0.114 * 0.1
    let result = apply(.saturation(0), pixels)
    expectNear(Array(result.prefix(3)), [gray, gray, gray])
    expectNear(apply(.saturation(1), pixels), pixels)
    expectNear(Array(apply(.saturation(2), pixels).prefix(3)), [0.4 - gray, 1 - gray, 0])
  }

  @Test func huesTurn() {
    expectNear(apply(.hue(1.0 / 3), [1, 0, 0]), [0, 1, 0])
    expectNear(apply(.hue(-1.0 / 3), [1, 0, 0]), [0, 0, 1])
    expectNear(apply(.hue(0.5), [1, 0.25, 0]), [0, 0.75, 1])
    expectNear(apply(.hue(0), pixels), pixels)
    expectNear(apply(.hue(0.3), [0.4, 0.4, 0.4]), [0.4, 0.4, 0.4])
  }

  /// The way through HSV in full, sector by sector (Smith, "Color gamut transform pairs", 1978).
  @Test func huesAgreeWithTheTextbook() {
    func reference(_ p: [Float], _ turn: Float) -> [Float] {
      let v = p.max()!
      let c = v - p.min()!
      guard c > 0 else { return p }
      var h: Float =
        v == p[0] ? (p[1] - p[2]) / c : v == p[1] ? 2 + (p[2] - p[0]) / c : 4 + (p[0] - p[1]) / c
      h = h / 6 + turn
      h -= h.rounded(.down)
      let i = (h * 6).rounded(.down)
      let f = h * 6 - i
      let (a, b, d) = (v - c, v - c * f, v - c * (1 - f))
      switch Int(i) % 6 {
      case 0: return [v, d, a]
      case 1: return [b, v, a]
      case 2: return [a, v, d]
      case 3: return [a, b, v]
      case 4: return [d, a, v]
      default: return [v, a, b]
      }
    }
    var random = CounterRandom(seed: 4, purpose: .test)
    for _ in 0..<2000 {
      let pixel = (0..<3).map { _ in random.uniform() }
      let turn = random.uniform(-0.5...0.5)
      let expected = reference(pixel, turn)
      #expect(zip(apply(.hue(turn), pixel), expected).allSatisfy { abs($0 - $1) < 1e-5 })
    }
  }

  @Test func amountsAndOrderAreDrawnEvenly() {
    let jitter = AugmentationConfiguration.ColorJitter(brightness: 0.4, contrast: 2, saturation: 0, hue: 0.1)
    var firsts: [String: Int] = [:]
    for sample in 0..<3000 {
      var random = CounterRandom(seed: 1, purpose: .augmentation, sample: sample)
      let steps = JitterPlan(jitter, &random).steps
      #expect(steps.count == 3)
      for step in steps {
        switch step {
        case .brightness(let factor): #expect(factor >= 0.6 && factor <= 1.4)
        case .contrast(let factor): #expect(factor >= 0 && factor <= 3)
        case .saturation: Issue.record("saturation is off")
        case .hue(let turn): #expect(abs(turn) <= 0.1)
        }
      }
      firsts["\(steps[0])".prefix(3).description, default: 0] += 1
    }
    #expect(firsts.count == 3 && firsts.values.allSatisfy { abs($0 - 1000) < 120 })
  }

  @Test func aPlanOfNoStepsOnlyNormalises() {
    let preparation = Preparation(width: 4, height: 3, mean: [0.1, 0.2, 0.3], std: [0.4, 0.5, 0.6])
    let image = Image.pattern(4, 3)
    var values = [Float](repeating: 0, count: 36)
    values.withUnsafeMutableBufferPointer {
      JitterPlan(steps: []).write(image, normalizer: Normalizer(preparation), to: $0)
    }
    expectNear(values, preparation.apply(image))
  }
}

@Suite struct AugmentationConfigurationTests {
  private func decode(_ text: String) throws -> AugmentationConfiguration {
    try JSONDecoder().decode(AugmentationConfiguration.self, from: Data(text.utf8))
  }

  @Test func anEmptyObjectIsTheDefault() throws {
    #expect(try decode("{}") == AugmentationConfiguration())
    let partial = try decode(
      #"{"random_resized_crop": {}, "color_jitter": {"hue": 0.1}, "random_erasing": {}}"#)
    #expect(partial.randomResizedCrop == .init())
    #expect(partial.colorJitter == .init(hue: 0.1))
    #expect(partial.randomErasing == .init())
  }

  @Test func codingRoundTrips() throws {
    let configuration = AugmentationConfiguration(
      randomResizedCrop: .init(scale: 0.5...0.75), padAndCrop: 4, horizontalFlip: 0.5, rotation: 10,
      colorJitter: .init(brightness: 0.25), randomErasing: .init(probability: 0.5, fill: .noise),
      border: .reflect)
    let data = try JSONEncoder().encode(configuration)
    #expect(try JSONDecoder().decode(AugmentationConfiguration.self, from: data) == configuration)
  }

  @Test func whatIsOutOfRangeIsNamed() {
    func subject(_ change: (inout AugmentationConfiguration) -> Void) -> String? {
      var configuration = AugmentationConfiguration()
      change(&configuration)
      return dataError { try configuration.validate() }?.subject
    }
    #expect(subject { $0.padAndCrop = -1 } == "augmentation pad_and_crop")
    #expect(subject { $0.horizontalFlip = 1.1 } == "augmentation horizontal_flip")
    #expect(subject { $0.rotation = .nan } == "augmentation rotation")
    #expect(subject { $0.colorJitter.hue = 0.6 } == "augmentation color_jitter.hue")
    #expect(subject { $0.colorJitter.contrast = -1 } == "augmentation color_jitter.contrast")
    #expect(subject { $0.randomErasing.scale = 0...2 } == "augmentation random_erasing.scale")
    #expect(
      subject { $0.randomResizedCrop = .init(ratio: 0...1) } == "augmentation random_resized_crop.ratio")
  }
}
