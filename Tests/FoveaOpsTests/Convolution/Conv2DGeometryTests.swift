import FoveaOps
import FoveaTensor
import Testing

@Suite struct Conv2DGeometryTests {
  @Test func shapesAreWhatTheFieldAgreesOn() throws {
    let stem = try Conv2DGeometry(
      input: [2, 224, 225, 3], outChannels: 64, kernel: Size2D(7), stride: Size2D(2), padding: Size2D(3))
    #expect(stem.outputShape == [2, 112, 113, 64])
    #expect(stem.weightShape == [7, 7, 3, 64])
    #expect(stem.multiplyAdds == 2 * 112 * 113 * 64 * 147)
    let dilated = try Conv2DGeometry(
      input: [1, 10, 10, 4], outChannels: 8, kernel: Size2D(3), dilation: Size2D(3), groups: 2)
    #expect(dilated.outputShape == [1, 4, 4, 8])
    #expect(dilated.weightShape == [3, 3, 2, 8])
  }

  @Test func shortCutsHaveOneDefinition() throws {
    func geometry(stride: Int = 1, padding: Int = 0, groups: Int = 1) throws -> Conv2DGeometry {
      try Conv2DGeometry(
        input: [1, 8, 8, 4], outChannels: 4, kernel: .one, stride: Size2D(stride), padding: Size2D(padding),
        groups: groups)
    }
    #expect(try geometry().isPointwise)
    #expect(try !geometry(stride: 2).isPointwise)
    #expect(try !geometry(padding: 1).isPointwise)
    #expect(try !geometry(groups: 2).isPointwise)
    #expect(try geometry(groups: 4).isDepthwise)
    #expect(try !geometry(groups: 2).isDepthwise)
  }

  struct Bad: Sendable {
    var input: Shape = [1, 8, 8, 4]
    var outChannels = 4
    var kernel = Size2D(3)
    var stride = Size2D.one
    var padding = Size2D.one
    var dilation = Size2D.one
    var groups = 1
    var error: GeometryError
  }

  static let bad: [Bad] = [
    Bad(input: [8, 8, 4], error: .rank(found: [8, 8, 4])),
    Bad(input: [0, 8, 8, 4], error: .extent(name: "batch", found: 0, minimum: 1)),
    Bad(outChannels: 0, error: .extent(name: "output channels", found: 0, minimum: 1)),
    Bad(kernel: Size2D(height: 3, width: 0), error: .extent(name: "kernel width", found: 0, minimum: 1)),
    Bad(stride: Size2D(0), error: .extent(name: "stride", found: 0, minimum: 1)),
    Bad(padding: Size2D(-1), error: .extent(name: "padding", found: -1, minimum: 0)),
    Bad(dilation: Size2D(-2), error: .extent(name: "dilation", found: -2, minimum: 1)),
    Bad(groups: 0, error: .extent(name: "groups", found: 0, minimum: 1)),
    Bad(groups: 3, error: .groups(name: "input channels", channels: 4, groups: 3)),
    Bad(outChannels: 6, groups: 4, error: .groups(name: "output channels", channels: 6, groups: 4)),
    Bad(
      input: [1, 2, 8, 4], kernel: Size2D(5),
      error: .kernelExceedsInput(axis: "height", kernel: 5, paddedInput: 4)),
    Bad(
      dilation: Size2D(height: 1, width: 5),
      error: .kernelExceedsInput(axis: "width", kernel: 11, paddedInput: 10)),
    Bad(
      padding: Size2D(Int.max),
      error: .tooLarge(name: "the padded height", extents: [8, Int.max, 1, 3])),
    Bad(
      kernel: Size2D(Int.max), dilation: Size2D(3),
      error: .tooLarge(name: "the padded height", extents: [8, 1, 3, Int.max])),
  ]

  @Test(arguments: bad) func badExtentsAreErrors(_ bad: Bad) {
    #expect(throws: bad.error) {
      try Conv2DGeometry(
        input: bad.input, outChannels: bad.outChannels, kernel: bad.kernel, stride: bad.stride,
        padding: bad.padding, dilation: bad.dilation, groups: bad.groups)
    }
  }

  @Test func hugeProductsAreErrorsNotTraps() {
    #expect(throws: GeometryError.self) {
      try Conv2DGeometry(input: [1 << 20, 1 << 20, 1 << 20, 3], outChannels: 4, kernel: .one)
    }
    #expect(throws: GeometryError.self) {
      try Conv2DGeometry(input: [1, 8, 8, 1 << 30], outChannels: 1 << 30, kernel: Size2D(3))
    }
    #expect(throws: GeometryError.self) {
      try Conv2DGeometry(input: [1, 8, 8, 4], outChannels: 4, kernel: Size2D(3), padding: Size2D(1 << 40))
    }
  }

  @Test func messagesNameTheCulpritAndTheRemedy() {
    #expect(
      GeometryError.groups(name: "input channels", channels: 4, groups: 3).description
        == "4 input channels do not divide into 3 groups; choose groups that divide them")
    #expect(
      GeometryError.kernelExceedsInput(axis: "height", kernel: 5, paddedInput: 4).description.contains(
        "use a larger image"))
  }
}
