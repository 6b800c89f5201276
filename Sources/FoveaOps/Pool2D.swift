import CFoveaKernels
import FoveaTensor

/// Pooling over windows: [N, H, W, C] → [N, H', W', C].
public enum Pool2D {
  /// A square window that moves over the image.
  public struct Window: Hashable, Sendable {
    /// Extent in pixels.
    public let size: Int
    /// Pixels from one window to the next.
    public let stride: Int
    /// Pixels outside each border that windows may cover, at most half the size, so that every window covers at
    /// least one pixel of the image.
    public let padding: Int

    public init(_ size: Int, stride: Int, padding: Int = 0) {
      precondition(
        size > 0 && stride > 0 && padding >= 0 && 2 * padding <= size,
        "window \(size), stride \(stride), padding \(padding)")
      self.size = size
      self.stride = stride
      self.padding = padding
    }

    /// The number of windows along an axis of so many pixels: ⌊(extent + 2·padding − size) / stride⌋ + 1, or 0
    /// where not even one fits.
    public func outputExtent(_ extent: Int) -> Int {
      let room = extent + 2 * padding - size
      return room < 0 ? 0 : room / stride + 1
    }

    /// The shape of the output for an input [N, H, W, C].
    public func outputShape(_ input: Shape) -> Shape {
      [input[0], outputExtent(input[1]), outputExtent(input[2]), input[3]]
    }

    /// The part of the image under the window of output pixel (row, column).
    func covered(row: Int, column: Int, in image: ImageExtent) -> fk_window {
      let top = row * stride - padding
      let left = column * stride - padding
      return fk_window(
        width: image.width, top: max(0, top), bottom: min(image.height, top + size), left: max(0, left),
        right: min(image.width, left + size))
    }
  }

  /// Kept by `maximum` for backward: the first pixel of the image that has each maximum.
  public struct SavedMaximum: Sendable {
    let inputShape: Shape
    let window: Window
    let pixels: Places  // [N, H', W', C]
  }

  /// The maximum over each window; padding never wins. NaN counts as the greatest.
  ///
  /// - Parameter x: [N, H, W, C].
  /// - Returns: [N, H', W', C].
  public static func maximum(_ x: Tensor, _ window: Window) -> (output: Tensor, saved: SavedMaximum) {
    let image = ImageExtent(x)
    let shape = window.outputShape(x.shape)
    var places = Places(count: shape.count)
    let output = Tensor(filling: shape) { y in
      withFloats(x, &places) { x, places in
        forEachOutputPixel(shape) { n, row, column, at in
          fk_window_max(
            y + at, places + at, x + n * image.floats, image.channels,
            window.covered(row: row, column: column, in: image))
        }
      }
    }
    return (output, SavedMaximum(inputShape: x.shape, window: window, pixels: places))
  }

  /// The same for activations, in the precision that they are stored in.
  public static func maximum(
    _ x: Activations, _ window: Window
  ) -> (output: Activations, saved: SavedMaximum) {
    let (output, saved) = maximum(x.tensor, window)
    return (Activations(output).stored(in: x.precision), saved)
  }

  /// The maximum alone, for where no gradient is wanted.
  public static func maximumAlone(_ x: Activations, _ window: Window) -> Activations {
    guard x.precision == .bf16 else { return maximum(x, window).output }
    let image = ImageExtent(x.shape)
    let isa = fk_selected()
    let shape = window.outputShape(x.shape)
    return Activations(shape, .bf16) { y in
      x.values.withFloats { x in
        forEachOutputPixel(shape) { n, row, column, at in
          fk_bf16_window_max(
            isa, y + at / 2, x + n * image.floats / 2, image.channels,
            window.covered(row: row, column: column, in: image))
        }
      }
    }
  }

  /// The gradient of the maximum's input: each goes to the first pixel that has the maximum.
  ///
  /// - Parameter dOutput: [N, H', W', C].
  public static func maximumBackward(_ dOutput: Tensor, _ saved: SavedMaximum) -> Tensor {
    let image = ImageExtent(saved.inputShape)
    let window = saved.window
    return withFloats(dOutput, saved.pixels) { dOutput, places in
      scatter(window, into: saved.inputShape) { dInput, row, column, at in
        fk_window_max_backward(
          dInput, dOutput + at, places + at, image.channels,
          window.covered(row: row, column: column, in: image))
      }
    }
  }

  /// The mean over each window. Padding counts as zeros, as by default in PyTorch.
  ///
  /// - Parameter x: [N, H, W, C].
  /// - Returns: [N, H', W', C].
  public static func average(_ x: Tensor, _ window: Window) -> Tensor {
    let image = ImageExtent(x)
    let shape = window.outputShape(x.shape)
    let scale = 1 / Float(window.size * window.size)
    return Tensor(filling: shape) { y in
      x.withFloats { x in
        forEachOutputPixel(shape) { n, row, column, at in
          fk_window_sum(
            y + at, x + n * image.floats, image.channels, window.covered(row: row, column: column, in: image),
            scale)
        }
      }
    }
  }

  /// The gradient of the average's input.
  ///
  /// - Parameters:
  ///   - dOutput: [N, H', W', C].
  ///   - inputShape: [N, H, W, C].
  public static func averageBackward(_ dOutput: Tensor, _ window: Window, inputShape: Shape) -> Tensor {
    let image = ImageExtent(inputShape)
    let scale = 1 / Float(window.size * window.size)
    return dOutput.withFloats { dOutput in
      scatter(window, into: inputShape) { dInput, row, column, at in
        fk_window_sum_backward(
          dInput, dOutput + at, image.channels, window.covered(row: row, column: column, in: image), scale)
      }
    }
  }

  /// Calls `body(image, row, column, offset of the pixel's channels)` for every output pixel; rows run in parallel.
  private static func forEachOutputPixel(_ shape: Shape, _ body: (Int, Int, Int, Int) -> Void) {
    let output = ImageExtent(shape)
    WorkerPool.shared.forEach(output.count * output.height) { line in
      for column in 0..<output.width {
        body(
          line / output.height, line % output.height, column,
          (line * output.width + column) * output.channels)
      }
    }
  }

  /// A gradient [N, H, W, C] to which `add(image's gradient, row, column, offset)` adds for every output pixel, in
  /// their order. Windows overlap, so the images alone run in parallel.
  private static func scatter(
    _ window: Window, into inputShape: Shape, _ add: (MutableFloats, Int, Int, Int) -> Void
  ) -> Tensor {
    let image = ImageExtent(inputShape)
    let output = ImageExtent(window.outputShape(inputShape))
    return Tensor(filling: inputShape) { dInput in
      WorkerPool.shared.forEach(image.count) { n in
        let own = dInput + n * image.floats
        own.update(repeating: 0, count: image.floats)
        for row in 0..<output.height {
          for column in 0..<output.width {
            add(own, row, column, ((n * output.height + row) * output.width + column) * output.channels)
          }
        }
      }
    }
  }
}
