import FoveaAutodiff
import FoveaTensor

/// y = x · weight + bias
public struct LinearLayer {
  public let weight: Parameter  // [in, out]
  public let bias: Parameter?  // [out]

  public init(_ scope: Scope, inFeatures: Int, outFeatures: Int, hasBias: Bool = true) {
    weight = scope.parameter(
      "weight", shape: [inFeatures, outFeatures], layout: .linear, .uniform(fanIn: inFeatures), decays: true)
    bias =
      hasBias
      ? scope.parameter("bias", shape: [outFeatures], .uniform(fanIn: inFeatures), decays: false) : nil
  }

  /// x [N, in] → [N, out]
  public func callAsFunction(_ x: Variable, _ context: Context) -> Variable {
    context.tape.linear(x, weight: context.tape.leaf(weight), bias: bias.map { context.tape.leaf($0) })
  }
}
