import CFoveaKernels
import FoveaTensor

/// Multiplies each channel of each image by its own factor: how a channel gate acts.
public enum ChannelScale {
  /// - Parameters:
  ///   - x: [N, H, W, C].
  ///   - scale: [N, C].
  /// - Returns: [N, H, W, C].
  public static func forward(_ x: Tensor, scale: Tensor) -> Tensor {
    let image = ImageExtent(x)
    precondition(scale.shape == [image.count, image.channels], "scale \(scale.shape) for \(x.shape)")
    return Tensor(filling: x.shape) { y in
      withFloats(x, scale) { x, scale in
        WorkerPool.shared.forEach(image.count) { n in
          fk_scale_columns(
            y + n * image.floats, x + n * image.floats, scale + n * image.channels, image.pixels,
            image.channels)
        }
      }
    }
  }

  /// - Parameters:
  ///   - dOutput: [N, H, W, C].
  ///   - x: as in the forward pass.
  ///   - scale: as in the forward pass.
  public static func backward(
    _ dOutput: Tensor, _ x: Tensor, scale: Tensor
  ) -> (dInput: Tensor, dScale: Tensor) {
    let image = ImageExtent(x)
    precondition(dOutput.shape == x.shape, "gradient \(dOutput.shape) for \(x.shape)")
    let dScale = Tensor(filling: [image.count, image.channels]) { dScale in
      withFloats(dOutput, x) { dOutput, x in
        WorkerPool.shared.forEach(image.count) { n in
          withUnsafeTemporaryAllocation(of: Double.self, capacity: image.channels) { sums in
            fk_column_products(
              dOutput + n * image.floats, x + n * image.floats, image.pixels, image.channels, sums.baseAddress
            )
            for c in 0..<image.channels { dScale[n * image.channels + c] = Float(sums[c]) }
          }
        }
      }
    }
    return (forward(dOutput, scale: scale), dScale)
  }
}

/// Multiplies each pixel by its own factor: how a spatial gate acts.
public enum SpatialScale {
  /// - Parameters:
  ///   - x: [N, H, W, C].
  ///   - map: [N, H, W, 1].
  /// - Returns: [N, H, W, C].
  public static func forward(_ x: Tensor, map: Tensor) -> Tensor {
    let channels = x.lastExtent
    precondition(
      map.shape == Shape(x.shape.dimensions.dropLast() + [1]), "map \(map.shape) for \(x.shape)")
    let pieces = RowPieces(rows: map.count, floatsPerRow: channels)
    return Tensor(filling: x.shape) { y in
      withFloats(x, map) { x, map in
        pieces.forEach { _, rows in
          let start = rows.lowerBound * channels
          fk_scale_rows(y + start, x + start, map + rows.lowerBound, rows.count, channels)
        }
      }
    }
  }

  /// - Parameters:
  ///   - dOutput: [N, H, W, C].
  ///   - x: as in the forward pass.
  ///   - map: as in the forward pass.
  public static func backward(_ dOutput: Tensor, _ x: Tensor, map: Tensor) -> (dInput: Tensor, dMap: Tensor) {
    let channels = x.lastExtent
    precondition(dOutput.shape == x.shape, "gradient \(dOutput.shape) for \(x.shape)")
    let dMap = Tensor(filling: map.shape) { dMap in
      withFloats(dOutput, x) { dOutput, x in
        RowPieces(rows: map.count, floatsPerRow: 2 * channels).forEach { _, rows in
          let start = rows.lowerBound * channels
          fk_row_products(dOutput + start, x + start, rows.count, channels, dMap + rows.lowerBound)
        }
      }
    }
    return (forward(dOutput, map: map), dMap)
  }
}

/// The extents of [N, H, W, C], image by image.
struct ImageExtent {
  /// N
  let count: Int
  let height, width, channels: Int

  init(_ x: Tensor) { self.init(x.shape) }

  init(_ shape: Shape) {
    precondition(shape.rank == 4, "\(shape) is not [N, H, W, C]")
    count = shape[0]
    height = shape[1]
    width = shape[2]
    channels = shape[3]
  }

  var pixels: Int { height * width }
  var floats: Int { pixels * channels }
}
