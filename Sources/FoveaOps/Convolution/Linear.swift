import CFoveaKernels
import FoveaTensor

/// The fully connected layer: a pointwise convolution of images of one pixel, with a bias.
public enum Linear {
  /// Which gradients a backward pass is to compute.
  public struct Needs: OptionSet, Sendable {
    public let rawValue: Int
    public init(rawValue: Int) { self.rawValue = rawValue }

    public static let input = Needs(rawValue: 1)
    public static let weight = Needs(rawValue: 2)
    public static let bias = Needs(rawValue: 4)
    public static let all: Needs = [.input, .weight, .bias]
  }

  /// x · weight + bias
  ///
  /// - Parameters:
  ///   - x: [N, I].
  ///   - weight: [I, O].
  ///   - bias: [O], or nil for none.
  /// - Returns: [N, O].
  public static func forward(_ x: Tensor, weight: Tensor, bias: Tensor? = nil) -> Tensor {
    let geometry = geometry(x, weight)
    if let bias {
      precondition(bias.shape == [weight.shape[1]], "bias \(bias.shape) of weight \(weight.shape)")
    }
    return Conv2D.product(
      Correlation(forward: geometry), of: Activations(x), weight: weight, bias: bias,
      shape: [x.shape[0], weight.shape[1]]
    ).output.tensor
  }

  /// - Parameters:
  ///   - dOutput: [N, O].
  ///   - x: [N, I], as forward had it.
  ///   - weight: [I, O].
  ///   - needs: the gradients to compute; the others are nil.
  /// - Returns: dOutput · weightᵀ [N, I], xᵀ · dOutput [I, O], and dOutput summed over the batch [O].
  public static func backward(
    _ dOutput: Tensor, x: Tensor, weight: Tensor, needs: Needs = .all
  ) -> (dInput: Tensor?, dWeight: Tensor?, dBias: Tensor?) {
    let geometry = geometry(x, weight)
    precondition(
      dOutput.shape == [x.shape[0], weight.shape[1]],
      "dOutput \(dOutput.shape) of x \(x.shape), weight \(weight.shape)")
    let dInput =
      needs.contains(.input)
      ? Conv2D.product(
        Correlation(inputGradient: geometry), of: Activations(dOutput), weight: weight, shape: x.shape
      ).output.tensor : nil
    let dWeight =
      needs.contains(.weight)
      ? Conv2D.backwardWeight(
        dOutput.reshaped(geometry.outputShape), input: x.reshaped(geometry.inputShape), geometry: geometry
      ).reshaped(weight.shape) : nil
    return (dInput, dWeight, needs.contains(.bias) ? rowSum(dOutput) : nil)
  }

  private static func geometry(_ x: Tensor, _ weight: Tensor) -> Conv2DGeometry {
    precondition(
      x.shape.rank == 2 && weight.shape.rank == 2 && x.shape[1] == weight.shape[0],
      "x \(x.shape) does not fit weight \(weight.shape)")
    do {
      return try Conv2DGeometry(
        input: [x.shape[0], 1, 1, x.shape[1]], outChannels: weight.shape[1], kernel: .one)
    } catch {
      preconditionFailure("\(error)")
    }
  }

  /// The sum over the rows of [N, O], in their order.
  private static func rowSum(_ x: Tensor) -> Tensor {
    var sum = Tensor(zeros: [x.shape[1]])
    sum.withUnsafeMutableBufferPointer { sum in
      x.withUnsafeBufferPointer { x in
        for row in 0..<x.count / max(1, sum.count) {
          fk_add(sum.baseAddress!, x.baseAddress! + row * sum.count, sum.count)
        }
      }
    }
    return sum
  }
}
