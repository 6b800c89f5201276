import FoveaTensor

/// The shortcut without parameters, for where a residual block changes size: every `stride`-th pixel, with channels
/// of zeros on both sides.
///
/// He et al., "Deep Residual Learning for Image Recognition", CVPR 2016, section 3.3, option A. The zeros are shared
/// evenly between both sides, as in Y. Idelbayev's published CIFAR networks; an odd one comes last.
public enum PaddingShortcut {
  /// - Parameter x: [N, H, W, C].
  /// - Returns: [N, ⌈H/stride⌉, ⌈W/stride⌉, outChannels].
  /// - Precondition: `outChannels` ≥ C.
  public static func forward(_ x: Tensor, stride: Int, outChannels: Int) -> Tensor {
    let layout = Layout(x.shape, stride: stride, outChannels: outChannels)
    return Tensor(layout.output) { output in
      x.withUnsafeBufferPointer { input in
        layout.forEachPixel { source, target in
          let row = UnsafeMutableBufferPointer(rebasing: output[target..<target + outChannels])
          row.update(repeating: 0)
          _ = UnsafeMutableBufferPointer(rebasing: row[layout.before...])
            .update(fromContentsOf: input[source..<source + layout.channels])
        }
      }
    }
  }

  /// The same for activations, in the precision that they are stored in.
  public static func forward(_ x: Activations, stride: Int, outChannels: Int) -> Activations {
    // Whole units of zeros on both sides; else floats.
    guard x.precision == .bf16, (outChannels - x.shape[3]).isMultiple(of: 4) else {
      return Activations(forward(x.tensor, stride: stride, outChannels: outChannels)).stored(in: x.precision)
    }
    return Activations(units: forward(x.values, stride: stride, outChannels: outChannels / 2))
  }

  /// - Parameter dOutput: [N, ⌈H/stride⌉, ⌈W/stride⌉, outChannels].
  /// - Returns: the gradient of the input [N, H, W, C].
  public static func backward(_ dOutput: Tensor, input: Shape, stride: Int) -> Tensor {
    let layout = Layout(input, stride: stride, outChannels: dOutput.shape[3])
    precondition(dOutput.shape == layout.output, "gradient \(dOutput.shape), expected \(layout.output)")
    return Tensor(input) { dInput in
      dInput.update(repeating: 0)
      dOutput.withUnsafeBufferPointer { gradient in
        layout.forEachPixel { source, target in
          let start = target + layout.before
          _ = UnsafeMutableBufferPointer(rebasing: dInput[source..<source + layout.channels])
            .update(fromContentsOf: gradient[start..<start + layout.channels])
        }
      }
    }
  }

  private struct Layout {
    let input, output: Shape
    let stride: Int
    let channels: Int
    /// Channels of zeros before the input's own.
    let before: Int

    init(_ input: Shape, stride: Int, outChannels: Int) {
      precondition(input.rank == 4, "shortcut of \(input), expected [N, H, W, C]")
      precondition(stride > 0 && outChannels >= input[3], "\(input[3]) channels padded to \(outChannels)")
      self.input = input
      self.stride = stride
      channels = input[3]
      before = (outChannels - channels) / 2
      output = [
        input[0], (input[1] + stride - 1) / stride, (input[2] + stride - 1) / stride, outChannels,
      ]
    }

    /// Calls `body` with where each kept pixel starts in the input and in the output.
    func forEachPixel(_ body: (_ source: Int, _ target: Int) -> Void) {
      for n in 0..<output[0] {
        for y in 0..<output[1] {
          for x in 0..<output[2] {
            body(
              ((n * input[1] + y * stride) * input[2] + x * stride) * channels,
              ((n * output[1] + y) * output[2] + x) * output[3])
          }
        }
      }
    }
  }
}
