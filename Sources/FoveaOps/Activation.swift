import CFoveaKernels
import FoveaTensor

/// Functions of single elements. Backward needs the output only.
public enum Activation {
  /// max(0, x). NaN stays NaN.
  public static func relu(_ x: Tensor) -> Tensor {
    x.mapped { y, x, count in fk_relu(y, x, count) }
  }

  /// The gradient of a ReLU's input.
  ///
  /// - Parameters:
  ///   - dOutput: the gradient of the output.
  ///   - output: what the ReLU, or an op with a ReLU at its end, returned.
  public static func reluBackward(_ dOutput: Tensor, output: Tensor) -> Tensor {
    dOutput.mapped(with: output) { dx, dy, y, count in fk_relu_backward(dx, dy, y, count) }
  }

  /// 1 / (1 + e^−x)
  public static func sigmoid(_ x: Tensor) -> Tensor {
    x.mapped { y, x, count in fk_sigmoid(y, x, count) }
  }

  /// The gradient of a sigmoid's input.
  ///
  /// - Parameters:
  ///   - dOutput: the gradient of the output.
  ///   - output: what `sigmoid` returned.
  public static func sigmoidBackward(_ dOutput: Tensor, output: Tensor) -> Tensor {
    dOutput.mapped(with: output) { dx, dy, y, count in fk_sigmoid_backward(dx, dy, y, count) }
  }
}

/// Sums of tensors of one shape.
public enum Elementwise {
  /// a + b, or max(0, a + b) with `relu`: the end of a residual block.
  ///
  /// Backward: the gradient of the sum is that of both terms; with `relu` it is
  /// `Activation.reluBackward(dOutput, output: output)`.
  public static func add(_ a: Tensor, _ b: Tensor, relu: Bool = false) -> Tensor {
    a.mapped(with: b) { y, a, b, count in fk_sum(y, a, b, count, relu) }
  }
}

extension Tensor {
  /// A tensor of the same shape, made piece by piece: `kernel(output, input, count)`.
  func mapped(_ kernel: (MutableFloats, Floats, Int) -> Void) -> Tensor {
    Tensor(filling: shape) { y in
      withFloats { x in
        RowPieces(rows: count, floatsPerRow: 1).forEach { _, range in
          kernel(y + range.lowerBound, x + range.lowerBound, range.count)
        }
      }
    }
  }

  /// A tensor of the same shape, made of two piece by piece: `kernel(output, self, other, count)`.
  func mapped(with other: Tensor, _ kernel: (MutableFloats, Floats, Floats, Int) -> Void) -> Tensor {
    precondition(shape == other.shape, "\(shape) and \(other.shape)")
    return Tensor(filling: shape) { y in
      FoveaOps.withFloats(self, other) { a, b in
        RowPieces(rows: count, floatsPerRow: 1).forEach { _, range in
          let start = range.lowerBound
          kernel(y + start, a + start, b + start, range.count)
        }
      }
    }
  }
}
