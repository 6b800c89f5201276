import FoveaOps
import FoveaTensor
import FoveaTestSupport
import Testing

@Suite struct PaddingShortcutTests {
  @Test(arguments: [
    ([2, 4, 6, 3], 2, 6), ([1, 5, 3, 2], 2, 5), ([1, 1, 1, 4], 2, 4), ([2, 3, 3, 1], 1, 4),
    ([1, 7, 7, 2], 3, 2),
  ])
  func keepsEveryStridethPixelBetweenZeroChannels(_ extents: [Int], _ stride: Int, _ outChannels: Int) {
    let x = Tensor.random(Shape(extents), seed: 1)
    let y = PaddingShortcut.forward(x, stride: stride, outChannels: outChannels)
    let (n, h, w, c) = (extents[0], extents[1], extents[2], extents[3])
    let (oh, ow, before) = ((h + stride - 1) / stride, (w + stride - 1) / stride, (outChannels - c) / 2)
    #expect(y.shape == [n, oh, ow, outChannels])
    for i in 0..<n {
      for row in 0..<oh {
        for column in 0..<ow {
          for channel in 0..<outChannels {
            let source = channel - before
            let expected =
              (0..<c).contains(source)
              ? x[((i * h + row * stride) * w + column * stride) * c + source] : 0
            #expect(y[((i * oh + row) * ow + column) * outChannels + channel] == expected)
          }
        }
      }
    }
    // ⟨Ax, y⟩ = ⟨x, Aᵀy⟩, exactly: A moves elements and adds nothing.
    let u = Tensor.random(y.shape, seed: 2)
    let back = PaddingShortcut.backward(u, input: x.shape, stride: stride)
    let left = zip(y.scalars, u.scalars).reduce(0.0) { $0 + Double($1.0) * Double($1.1) }
    let right = zip(x.scalars, back.scalars).reduce(0.0) { $0 + Double($1.0) * Double($1.1) }
    #expect(abs(left - right) < 1e-9)
  }
}
