import CFoveaKernels
import FoveaTensor

/// Pooling over all pixels of an image: [N, H, W, C] → [N, C].
public enum GlobalPool {
  /// The mean over H and W.
  ///
  /// - Parameter x: [N, H, W, C].
  /// - Returns: [N, C].
  public static func average(_ x: Tensor) -> Tensor {
    let image = ImageExtent(x)
    precondition(image.pixels > 0, "no pixels in \(x.shape)")
    return Tensor(filling: [image.count, image.channels]) { mean in
      x.withFloats { x in
        WorkerPool.shared.forEach(image.count) { n in
          fk_pool_pixels(
            fk_features(values: x + n * image.floats), image.pixels, image.channels,
            mean + n * image.channels, nil, nil)
        }
      }
    }
  }

  /// The gradient of the average's input.
  ///
  /// - Parameters:
  ///   - dOutput: [N, C].
  ///   - inputShape: [N, H, W, C].
  public static func averageBackward(_ dOutput: Tensor, inputShape: Shape) -> Tensor {
    let image = ImageExtent(inputShape)
    precondition(
      dOutput.shape == [image.count, image.channels], "gradient \(dOutput.shape) for \(inputShape)")
    return Tensor(filling: inputShape) { dInput in
      dOutput.withFloats { dOutput in
        WorkerPool.shared.forEach(image.count) { n in
          let first = dInput + n * image.floats
          for c in 0..<image.channels {
            first[c] = dOutput[n * image.channels + c] / Float(image.pixels)
          }
          for pixel in 1..<max(image.pixels, 1) {
            (first + pixel * image.channels).update(from: first, count: image.channels)
          }
        }
      }
    }
  }

  /// Kept by `maximum` for backward: the first pixel that has each maximum.
  public struct SavedMaximum: Sendable {
    let inputShape: Shape
    let pixels: Places  // [N, C]
  }

  /// The maximum over H and W. NaN counts as the greatest.
  ///
  /// - Parameter x: [N, H, W, C].
  /// - Returns: [N, C].
  public static func maximum(_ x: Tensor) -> (output: Tensor, saved: SavedMaximum) {
    let image = ImageExtent(x)
    precondition(image.pixels > 0, "no pixels in \(x.shape)")
    var places = Places(count: image.count * image.channels)
    let output = Tensor(filling: [image.count, image.channels]) { maximum in
      withFloats(x, &places) { x, places in
        WorkerPool.shared.forEach(image.count) { n in
          let at = n * image.channels
          fk_pool_pixels(
            fk_features(values: x + n * image.floats), image.pixels, image.channels, nil, maximum + at,
            places + at)
        }
      }
    }
    return (output, SavedMaximum(inputShape: x.shape, pixels: places))
  }

  /// The gradient of the maximum's input: each channel's goes to the first pixel that has the maximum.
  ///
  /// - Parameter dOutput: [N, C].
  public static func maximumBackward(_ dOutput: Tensor, _ saved: SavedMaximum) -> Tensor {
    let image = ImageExtent(saved.inputShape)
    precondition(
      dOutput.shape == [image.count, image.channels], "gradient \(dOutput.shape) for \(saved.inputShape)")
    return Tensor(filling: saved.inputShape) { dInput in
      withFloats(dOutput, saved.pixels) { dOutput, places in
        WorkerPool.shared.forEach(image.count) { n in
          let own = dInput + n * image.floats
          own.update(repeating: 0, count: image.floats)
          for c in 0..<image.channels {
            let at = n * image.channels + c
            own[Int(places[at]) * image.channels + c] = dOutput[at]
          }
        }
      }
    }
  }
}
