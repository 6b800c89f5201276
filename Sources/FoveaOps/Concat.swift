import FoveaTensor

/// Concatenation along the last axis: channels.
public enum Concat {
  /// - Parameter inputs: tensors [..., C₁], [..., C₂], … of equal extents but the last.
  /// - Returns: [..., C₁ + C₂ + …].
  public static func forward(_ inputs: [Tensor]) -> Tensor {
    precondition(!inputs.isEmpty, "nothing to concatenate")
    let outer = inputs[0].shape.dimensions.dropLast()
    precondition(
      inputs.allSatisfy { $0.shape.dimensions.dropLast() == outer }, "\(inputs.map(\.shape)) do not fit")
    let width = inputs.reduce(0) { $0 + $1.lastExtent }
    return Tensor(filling: Shape(outer + [width])) { output in
      var offset = 0
      for input in inputs {
        let own = input.lastExtent
        let start = offset
        input.withFloats { x in
          RowPieces(rows: input.rowCount, floatsPerRow: own).forEach { _, rows in
            for row in rows { (output + row * width + start).update(from: x + row * own, count: own) }
          }
        }
        offset += own
      }
    }
  }

  /// The gradients of the inputs.
  ///
  /// - Parameters:
  ///   - dOutput: [..., C₁ + C₂ + …].
  ///   - channels: C₁, C₂, ….
  public static func backward(_ dOutput: Tensor, channels: [Int]) -> [Tensor] {
    let width = dOutput.lastExtent
    let rows = dOutput.rowCount
    precondition(channels.reduce(0, +) == width, "channels \(channels) of \(dOutput.shape)")
    var offset = 0
    return channels.map { own in
      defer { offset += own }
      let start = offset
      return Tensor(filling: Shape(dOutput.shape.dimensions.dropLast() + [own])) { dInput in
        dOutput.withFloats { dOutput in
          RowPieces(rows: rows, floatsPerRow: own).forEach { _, rows in
            for row in rows { (dInput + row * own).update(from: dOutput + row * width + start, count: own) }
          }
        }
      }
    }
  }
}
