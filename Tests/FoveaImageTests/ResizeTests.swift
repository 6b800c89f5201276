import CFoveaKernels
import FoveaImage
import Testing

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
