import CFoveaKernels
import FoveaTestSupport
import Testing

@testable import FoveaImage

@Suite(.serialized) struct ResizeTests {
  /// The instruction sets of this machine; resizing must give the same bytes with each.
  static let kernels = [FK_ISA_BASELINE, FK_ISA_AVX2, FK_ISA_AVX512].filter { fk_available($0) }

  @Test func equalsPillowByteForByte() {
    let chosen = fk_selected()
    defer { fk_select(chosen) }
    for isa in Self.kernels {
      fk_select(isa)
      for (index, c) in resizeCases.enumerated() {
        let image = noise(c.width, c.height, seed: UInt32(index + 1))
        for filter in ResizeFilter.allCases {
          let result = image.resized(
            width: c.newWidth, height: c.newHeight, filter: filter, from: c.source)
          #expect(result.width == c.newWidth && result.height == c.newHeight)
          #expect(fnv1a64(result.pixels) == c.hashes[filter], "\(c), \(filter), kernel \(isa.rawValue)")
        }
      }
    }
  }

  @Test func equalsPillowElementByElement() {
    let image = noise(7, 5, seed: 99)
    #expect(image.resized(width: 4, height: 3).pixels == pillowShrunk)
    #expect(image.resized(width: 9, height: 2, filter: .bicubic).pixels == pillowEnlarged)
    let box = Rect(x: 1.25, y: 0.5, width: 5.25, height: 4.25)
    #expect(image.resized(width: 3, height: 3, from: box).pixels == pillowBoxed)
  }

  @Test(arguments: ResizeFilter.allCases) func sameSizeIsTheSameImage(filter: ResizeFilter) {
    let image = noise(13, 9, seed: 5)
    #expect(image.resized(width: 13, height: 9, filter: filter) == image)
  }

  @Test(arguments: ResizeFilter.allCases) func aConstantStaysConstant(filter: ResizeFilter) {
    for value in [0, 1, 127, 254, 255] as [UInt8] {
      let image = Image(width: 37, height: 23, fill: RGB(value, 255 - value, value / 2))
      for (width, height) in [(5, 7), (64, 3), (3, 64), (100, 90), (1, 1)] {
        let expected = Image(width: width, height: height, fill: RGB(value, 255 - value, value / 2))
        #expect(image.resized(width: width, height: height, filter: filter) == expected)
      }
    }
  }

  @Test func aWholePixelBoxOfTheSameSizeIsACrop() {
    let image = noise(21, 17, seed: 3)
    let box = Rect(x: 4, y: 2, width: 9, height: 11)
    #expect(
      image.resized(width: 9, height: 11, from: box) == image.cropped(x: 4, y: 2, width: 9, height: 11))
  }

  @Test func aBoxMayExceedTheImageByRounding() {
    let image = noise(20, 20, seed: 3)
    let box = Rect(x: -1e-9, y: 0, width: 20 + 2e-9, height: 20 + 1e-7)
    #expect(image.resized(width: 7, height: 7, from: box) == image.resized(width: 7, height: 7))
  }

  @Test func shrinkingKeepsTheShape() {
    let image = Image(width: 300, height: 100, fill: .black)
    let line = Image(width: 1, height: 1000, fill: .black)
    func size(_ image: Image, _ side: Int) -> [Int] {
      let size = image.size(longerSide: side)
      return [size.width, size.height]
    }
    #expect(size(image, 150) == [150, 50])
    #expect(size(image, 600) == [600, 200])
    #expect(size(image, 100) == [100, 33])
    #expect(size(line, 10) == [1, 10])
    let shrunk = line.shrunk(toLongerSide: 10)
    #expect(shrunk.width == 1 && shrunk.height == 10)
    #expect(image.shrunk(toLongerSide: 300) == image)
  }
}

/// Long images and large results are resampled in runs, so that what it takes beside them stays small.
@Suite struct ResizeInRunsTests {
  /// The passes in one go each, from the weights of the whole axis.
  private func oneGo(_ image: Image, _ width: Int, _ height: Int, _ filter: ResizeFilter) -> [UInt8] {
    func value(_ sum: Int) -> UInt8 { UInt8(min(max(sum >> 22, 0), 255)) }
    func axis(_ inSize: Int, _ outSize: Int) -> (Resampling, [Int32]) {
      let axis = Resampling(inSize: inSize, from: 0, to: Double(inSize), outSize: outSize, filter: filter)
      return (axis, axis.fixedPoint)
    }
    func resampled(
      _ pixels: [UInt8], _ axis: (Resampling, [Int32]), count: Int, step: Int, lines: Int, lineStep: Int,
      outStep: Int, outLineStep: Int
    ) -> [UInt8] {
      var result = [UInt8](repeating: 0, count: 3 * count * lines)
      for line in 0..<lines {
        for out in 0..<count {
          for c in 0..<3 {
            var sum = 1 << 21
            for k in 0..<Int(axis.0.counts[out]) {
              sum +=
                Int(axis.1[out * axis.0.stride + k])
                * Int(pixels[line * lineStep + (Int(axis.0.starts[out]) + k) * step + c])
            }
            result[line * outLineStep + out * outStep + c] = value(sum)
          }
        }
      }
      return result
    }
    let between = resampled(
      image.pixels, axis(image.width, width), count: width, step: 3, lines: image.height,
      lineStep: 3 * image.width, outStep: 3, outLineStep: 3 * width)
    return resampled(
      between, axis(image.height, height), count: height, step: 3 * width, lines: width, lineStep: 3,
      outStep: 3 * width, outLineStep: 3)
  }

  @Test(arguments: [ResizeFilter.bilinear, .bicubic]) func givesTheSameBytes(filter: ResizeFilter) {
    for (width, height, newWidth, newHeight) in [(500_000, 3, 50, 2), (2600, 2600, 2500, 2550)] {
      let image = noise(width, height, seed: 4)
      let result = image.resized(width: newWidth, height: newHeight, filter: filter)
      #expect(fnv1a64(result.pixels) == fnv1a64(oneGo(image, newWidth, newHeight, filter)))
      let runs = Resampling.runs(
        inSize: width, from: 0, to: Double(width), outSize: newWidth, filter: filter, bytesPerSource: 48)
      #expect(runs.count > 1 || width < 10_000)
      #expect(runs.first?.lowerBound == 0 && runs.last?.upperBound == newWidth)
    }
  }

  @Test func aRunIsAPartOfTheWhole() {
    let whole = Resampling(inSize: 1000, from: 3.5, to: 990, outSize: 70, filter: .bicubic)
    let part = Resampling(inSize: 1000, from: 3.5, to: 990, outSize: 70, filter: .bicubic, outputs: 20..<45)
    #expect(part.stride == whole.stride)
    #expect(part.starts[...] == whole.starts[20..<45] && part.counts[...] == whole.counts[20..<45])
    #expect(part.weights[...] == whole.weights[20 * whole.stride..<45 * whole.stride])
  }

  @Test(.enabled(if: memoryIsTheProgramsOwn)) func longSidesTakeNoMoreThanTheirPixels() async {
    await #expect(processExitsWith: .success) {
      let images = [Image(width: 1_000_000, height: 20), Image(width: 20, height: 1_000_000)]
      let before = try OddImagesTests.peakMemory()
      for image in images {
        for filter in ResizeFilter.allCases { _ = image.resized(width: 64, height: 64, filter: filter) }
      }
      // Weights and turned rows of a whole side would take 96.
      #expect(try OddImagesTests.peakMemory() - before < 48)
    }
  }
}

@Suite struct FloatPlaneTests {
  @Test func agreesWithTheByteRoad() {
    let image = noise(7, 6, seed: 8)
    let plane = FloatPlane(width: 7, height: 6, values: (0..<42).map { Float(image.pixels[3 * $0]) })
    for filter in ResizeFilter.allCases {
      for (width, height) in [(29, 31), (3, 2), (7, 12)] {
        let bytes = image.resized(width: width, height: height, filter: filter)
        let floats = plane.resized(width: width, height: height, filter: filter)
        // Two roundings, and in the cubic's case clamping between the passes.
        let bound: Float = filter == .bicubic ? 12 : 1.01
        for i in 0..<width * height {
          let clamped = min(max(floats.values[i], 0), 255)
          #expect(
            abs(clamped - Float(bytes.pixels[3 * i])) <= bound, "\(filter) \(width)×\(height) at \(i)")
        }
      }
    }
  }

  /// Cell centres lie at 1.5 and 4.5 of the six; between them the value goes up evenly, beyond them it stays.
  @Test func enlargesWithHalfPixelCentres() {
    let plane = FloatPlane(width: 2, height: 1, values: [0, 6])
    let row = plane.resized(width: 6, height: 1).values
    for (value, expected) in zip(row, [0, 0, 2, 4, 6, 6] as [Float]) {
      #expect(abs(value - expected) < 1e-6)
    }
  }

  @Test func outsideTheMapItsEdgeGoesOn() {
    let plane = FloatPlane(width: 2, height: 2, values: [1, 2, 3, 4])
    let wide = plane.resized(
      width: 6, height: 6, filter: .nearest, from: Rect(x: -2, y: -2, width: 6, height: 6))
    #expect(wide[0, 0] == 1 && wide[5, 0] == 2 && wide[0, 5] == 3 && wide[5, 5] == 4)
    let smooth = plane.resized(width: 6, height: 6, from: Rect(x: -2, y: -2, width: 6, height: 6))
    #expect(smooth == wide)
  }
}
