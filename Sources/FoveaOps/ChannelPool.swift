import CFoveaKernels
import FoveaTensor

/// Pooling over the channels of each pixel: what a spatial gate looks at.
///
/// - Note: Woo et al., "CBAM", ECCV 2018, section 3; the order is [max, mean], as in the authors' code.
public enum ChannelPool {
  /// Kept for backward: the first channel that has each maximum.
  public struct Saved: Sendable {
    let inputShape: Shape
    let channels: Places  // [N·H·W]
  }

  /// The maximum and the mean over C. NaN counts as the greatest.
  ///
  /// - Parameter x: [N, H, W, C].
  /// - Returns: [N, H, W, 2], the maximum first.
  public static func forward(_ x: Tensor) -> (output: Tensor, saved: Saved) {
    let channels = x.lastExtent
    let rows = x.rowCount
    precondition(channels > 0, "no channels in \(x.shape)")
    var places = Places(count: rows)
    let output = Tensor(filling: Shape(x.shape.dimensions.dropLast() + [2])) { output in
      withFloats(x, &places) { x, places in
        RowPieces(rows: rows, floatsPerRow: channels).forEach { _, range in
          let start = range.lowerBound
          fk_pool_channels(
            fk_features(values: x + start * channels), nil, range.count, channels, output + 2 * start,
            output + 2 * start + 1, 2,
            places + start)
        }
      }
    }
    return (output, Saved(inputShape: x.shape, channels: places))
  }

  /// The gradient of the input: that of the mean is shared, that of the maximum goes to the first that has it.
  ///
  /// - Parameter dOutput: [N, H, W, 2].
  public static func backward(_ dOutput: Tensor, _ saved: Saved) -> Tensor {
    let channels = saved.inputShape[saved.inputShape.rank - 1]
    let rows = dOutput.rowCount
    precondition(
      dOutput.count == 2 * rows && rows * channels == saved.inputShape.count,
      "gradient \(dOutput.shape) for \(saved.inputShape)")
    return Tensor(filling: saved.inputShape) { dInput in
      withFloats(dOutput, saved.channels) { dOutput, places in
        RowPieces(rows: rows, floatsPerRow: channels).forEach { _, range in
          for row in range {
            let own = dInput + row * channels
            own.update(repeating: dOutput[2 * row + 1] / Float(channels), count: channels)
            own[Int(places[row])] += dOutput[2 * row]
          }
        }
      }
    }
  }
}
