import FoveaOps
import FoveaTensor
import FoveaTestSupport

/// A convolution with random operands, and its reference.
struct ConvolutionCase: CustomStringConvertible, Sendable {
  let geometry: Conv2DGeometry

  init(
    _ input: Shape, _ outChannels: Int, kernel: Size2D, stride: Size2D = .one, padding: Size2D = .zero,
    dilation: Size2D = .one, groups: Int = 1
  ) {
    do {
      geometry = try Conv2DGeometry(
        input: input, outChannels: outChannels, kernel: kernel, stride: stride, padding: padding,
        dilation: dilation, groups: groups)
    } catch {
      preconditionFailure("\(error)")
    }
  }

  var description: String {
    let g = geometry
    return
      "\(g.inputShape) → \(g.outChannels), kernel \(g.kernel), stride \(g.stride), padding \(g.padding), "
      + "dilation \(g.dilation), \(g.groups) groups"
  }

  var input: Tensor { .random(geometry.inputShape, seed: 1) }
  var weight: Tensor { .random(geometry.weightShape, seed: 2) }
  var dOutput: Tensor { .random(geometry.outputShape, seed: 3) }

  var reference: ConvolutionReference {
    func pair(_ size: Size2D) -> (height: Int, width: Int) { (size.height, size.width) }
    return ConvolutionReference(
      kernel: pair(geometry.kernel), stride: pair(geometry.stride), padding: pair(geometry.padding),
      dilation: pair(geometry.dilation), groups: geometry.groups)
  }
}

extension ConvolutionCase {
  /// Geometries that differ in kind, with channel counts and widths that fill no tile of any instruction set.
  static let all: [ConvolutionCase] = [
    // 3×3, as in the residual blocks: whole vectors, and none.
    ConvolutionCase([2, 9, 11, 16], 16, kernel: Size2D(3), padding: .one),
    ConvolutionCase([3, 7, 7, 32], 64, kernel: Size2D(3), padding: .one),
    ConvolutionCase([2, 6, 19, 5], 23, kernel: Size2D(3), padding: .one),
    ConvolutionCase([1, 5, 33, 3], 47, kernel: Size2D(3), padding: .one),
    ConvolutionCase([2, 8, 8, 24], 40, kernel: Size2D(3), stride: Size2D(2), padding: .one),
    ConvolutionCase([2, 7, 9, 7], 17, kernel: Size2D(3), stride: Size2D(2), padding: .one),
    ConvolutionCase([9, 2, 2, 33], 65, kernel: Size2D(3), padding: .one),
    // Stems.
    ConvolutionCase([1, 30, 29, 3], 64, kernel: Size2D(7), stride: Size2D(2), padding: Size2D(3)),
    ConvolutionCase([2, 12, 12, 3], 16, kernel: Size2D(3), padding: .one),
    // Attention's 7×7 over two channels.
    ConvolutionCase([2, 10, 10, 2], 1, kernel: Size2D(7), padding: Size2D(3)),
    // Pointwise, and almost.
    ConvolutionCase([3, 5, 5, 37], 29, kernel: .one),
    ConvolutionCase([2, 8, 8, 64], 32, kernel: .one, stride: Size2D(2)),
    ConvolutionCase([2, 7, 7, 18], 35, kernel: .one, stride: Size2D(2)),
    ConvolutionCase([2, 6, 6, 8], 8, kernel: .one, padding: .one),
    // Kernels of even size, oblong ones, larger than the input, larger than the stride and smaller.
    ConvolutionCase([2, 8, 7, 6], 9, kernel: Size2D(2), stride: Size2D(2)),
    ConvolutionCase(
      [1, 9, 13, 4], 6, kernel: Size2D(height: 1, width: 5), padding: Size2D(height: 0, width: 2)),
    ConvolutionCase(
      [2, 11, 6, 4], 12, kernel: Size2D(height: 5, width: 2), stride: Size2D(height: 3, width: 1),
      padding: Size2D(height: 2, width: 1)),
    ConvolutionCase([2, 3, 2, 5], 4, kernel: Size2D(5), padding: Size2D(2)),
    ConvolutionCase([1, 4, 4, 3], 3, kernel: Size2D(2), stride: Size2D(3)),
    ConvolutionCase([2, 10, 10, 3], 5, kernel: Size2D(3), stride: Size2D(4), padding: Size2D(3)),
    // One-pixel maps.
    ConvolutionCase([5, 1, 1, 20], 10, kernel: Size2D(3), padding: .one),
    ConvolutionCase([4, 1, 1, 19], 3, kernel: .one),
    ConvolutionCase([2, 1, 1, 6], 6, kernel: .one, stride: Size2D(2)),
    // Padding beyond the kernel's reach.
    ConvolutionCase([1, 3, 3, 4], 4, kernel: Size2D(2), padding: Size2D(3)),
    // Dilation.
    ConvolutionCase([2, 9, 9, 16], 16, kernel: Size2D(3), padding: Size2D(2), dilation: Size2D(2)),
    ConvolutionCase(
      [1, 12, 11, 5], 7, kernel: Size2D(3), stride: Size2D(2), padding: Size2D(3), dilation: Size2D(3)),
    ConvolutionCase(
      [1, 9, 10, 6], 10, kernel: Size2D(3), stride: Size2D(2), padding: .one,
      dilation: Size2D(height: 1, width: 2)),
    // Groups, depthwise, and depthwise with several filters a channel.
    ConvolutionCase([2, 6, 7, 24], 36, kernel: Size2D(3), padding: .one, groups: 3),
    ConvolutionCase([2, 7, 7, 64], 128, kernel: Size2D(3), stride: Size2D(2), padding: .one, groups: 2),
    ConvolutionCase([2, 4, 4, 12], 8, kernel: .one, groups: 4),
    ConvolutionCase([2, 9, 9, 21], 21, kernel: Size2D(3), padding: .one, groups: 21),
    ConvolutionCase([2, 8, 8, 32], 32, kernel: Size2D(3), stride: Size2D(2), padding: .one, groups: 32),
    ConvolutionCase([1, 9, 9, 6], 6, kernel: Size2D(5), padding: Size2D(4), dilation: Size2D(2), groups: 6),
    ConvolutionCase([1, 5, 5, 6], 18, kernel: Size2D(3), padding: .one, groups: 6),
  ]

  /// Larger ones, whose work falls into several pieces of every kind.
  static let large: [ConvolutionCase] = [
    ConvolutionCase([4, 32, 32, 16], 16, kernel: Size2D(3), padding: .one),
    ConvolutionCase([1, 56, 56, 32], 33, kernel: Size2D(3), padding: .one),
    ConvolutionCase([3, 8, 8, 160], 130, kernel: Size2D(3), padding: .one),
    ConvolutionCase([2, 28, 28, 64], 96, kernel: .one),
    ConvolutionCase([2, 28, 28, 48], 70, kernel: Size2D(3), stride: Size2D(2), padding: .one),
    ConvolutionCase([2, 16, 16, 64], 64, kernel: Size2D(3), padding: .one, groups: 64),
  ]
}

/// Each channel's mean and biased variance in two passes of double precision.
func channelMoments(of x: Tensor) -> (mean: Tensor, variance: Tensor) {
  let channels = x.shape[3]
  let scalars = x.scalars
  let count = Double(scalars.count / channels)
  var mean = [Double](repeating: 0, count: channels)
  for i in scalars.indices { mean[i % channels] += Double(scalars[i]) / count }
  var variance = [Double](repeating: 0, count: channels)
  for i in scalars.indices {
    let d = Double(scalars[i]) - mean[i % channels]
    variance[i % channels] += d * d / count
  }
  return (
    Tensor(mean.map { Float($0) }, shape: [channels]), Tensor(variance.map { Float($0) }, shape: [channels])
  )
}
