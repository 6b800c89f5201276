import FoveaOps
import FoveaTensor

/// How the engine computes one product of a convolution, for people to read.
public struct LayerPlan: Hashable, Sendable {
  /// The convolution's name in files.
  public let layer: String
  public let product: ConvolutionPlan.Product
  public let plan: ConvolutionPlan

  /// "winograd4", "direct", …
  public var algorithm: String { plan.algorithm.rawValue }
  /// How the work is cut.
  public var description: String { plan.description }
}

extension Network {
  /// The plans of all convolutions on the instruction set that is in use, in the order of the forward pass.
  ///
  /// - Parameters:
  ///   - batch: images of a batch.
  ///   - isTraining: whether for a training step, with gradients (but for that of the images), or for inference.
  /// - Throws: `GeometryError` where the size is none.
  public func plans(
    inputHeight: Int, inputWidth: Int, batch: Int, engine: EngineOptions, isTraining: Bool
  ) throws(GeometryError) -> [LayerPlan] {
    var plans: [LayerPlan] = []
    for layer in try summary(inputHeight: inputHeight, inputWidth: inputWidth) {
      guard let geometry = try layer.convolution?.batched(batch) else { continue }
      for product in ConvolutionPlan.Product.allCases where isTraining || product == .forward {
        if plans.isEmpty || product != .inputGradient || layer.name != plans[0].layer {
          plans.append(
            LayerPlan(
              layer: layer.name, product: product,
              plan: ConvolutionPlan(product, of: geometry, engine: engine, isTraining: isTraining)))
        }
      }
    }
    return plans
  }
}
