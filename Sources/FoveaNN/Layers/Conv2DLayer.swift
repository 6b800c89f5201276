import FoveaAutodiff
import FoveaOps
import FoveaTensor

/// A convolution without bias: batch normalisation follows wherever this package uses it.
public struct Conv2DLayer {
  public let weight: Parameter  // [kh, kw, C/groups, O]
  public let stride: Size2D
  public let padding: Size2D
  public let groups: Int

  /// - Parameters:
  ///   - padding: nil for half the kernel, so that at stride 1 the output is as large as the input.
  ///   - initialization: nil for He's, fan-out.
  public init(
    _ scope: Scope, inChannels: Int, outChannels: Int, kernel: Size2D, stride: Size2D = .one,
    padding: Size2D? = nil, groups: Int = 1, initialization: Initialization? = nil
  ) {
    precondition(
      inChannels % groups == 0 && outChannels % groups == 0,
      "\(scope.path): \(inChannels) and \(outChannels) channels in \(groups) groups")
    weight = scope.parameter(
      "weight", shape: [kernel.height, kernel.width, inChannels / groups, outChannels], layout: .convolution,
      initialization ?? .heNormal(fanOut: kernel.height * kernel.width * outChannels), decays: true)
    self.stride = stride
    self.padding = padding ?? Size2D(height: kernel.height / 2, width: kernel.width / 2)
    self.groups = groups
  }

  /// x [N, H, W, C] → [N, H', W', O]
  public func callAsFunction(_ x: Variable, _ context: Context) -> Variable {
    context.tape.convolution(
      x, weight: context.tape.leaf(weight), geometry: geometry(of: x.shape), engine: context.engine)
  }

  /// The convolution and the batch normalisation that follows it: x [N, H, W, C] → [N, H', W', O].
  ///
  /// In training the batch's statistics are gathered while the convolution's output is in cache.
  public func callAsFunction(
    _ x: Variable, normalizedBy norm: BatchNorm2D, relu: Bool, _ context: Context
  ) -> Variable {
    guard context.isTraining else { return norm(self(x, context), relu: relu, context) }
    let (output, statistics) = withStatistics(x, context)
    return norm(output, statistics: statistics, relu: relu, context)
  }

  /// x [N, H, W, C] → [N, H', W', O], with the statistics of each output channel.
  func withStatistics(_ x: Variable, _ context: Context) -> (output: Variable, statistics: ChannelStatistics)
  {
    context.tape.convolutionWithStatistics(
      x, weight: context.tape.leaf(weight), geometry: geometry(of: x.shape), engine: context.engine)
  }

  /// - Precondition: the kernel fits into the padded input.
  func geometry(of input: Shape) -> Conv2DGeometry {
    do {
      return try checkedGeometry(of: input)
    } catch {
      preconditionFailure("\(weight.name): \(error)")
    }
  }

  func checkedGeometry(of input: Shape) throws(GeometryError) -> Conv2DGeometry {
    let shape = weight.value.shape
    return try Conv2DGeometry(
      input: input, outChannels: shape[3], kernel: Size2D(height: shape[0], width: shape[1]),
      stride: stride, padding: padding, groups: groups)
  }
}
