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
    let (channels, before) = (layout.channels, layout.before)
    return Tensor(filling: layout.output) { output in
      x.withFloats { input in
        RowPieces(rows: layout.rows, floatsPerRow: layout.columns * outChannels).forEach { _, rows in
          for row in rows {
            var source = input + layout.inputRow(of: row) * layout.inputRowFloats
            var target = output + row * layout.columns * outChannels
            for _ in 0..<layout.columns {
              target.update(repeating: 0, count: before)
              (target + before).update(from: source, count: channels)
              (target + before + channels).update(repeating: 0, count: outChannels - before - channels)
              source += stride * channels
              target += outChannels
            }
          }
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
    let (channels, before) = (layout.channels, layout.before)
    return Tensor(filling: input) { dInput in
      dOutput.withFloats { dOutput in
        RowPieces(rows: layout.inputRows, floatsPerRow: layout.inputRowFloats).forEach { _, rows in
          for row in rows {
            var target = dInput + row * layout.inputRowFloats
            target.update(repeating: 0, count: layout.inputRowFloats)
            guard let kept = layout.row(ofInput: row) else { continue }
            var source = dOutput + kept * layout.columns * layout.outChannels + before
            for _ in 0..<layout.columns {
              target.update(from: source, count: channels)
              source += layout.outChannels
              target += stride * channels
            }
          }
        }
      }
    }
  }

  /// Rows of pixels of all images, one after the other.
  private struct Layout {
    let output: Shape
    let channels, outChannels: Int
    /// Channels of zeros before the input's own.
    let before: Int
    let columns, rows: Int
    let inputRows, inputRowFloats: Int
    private let height, inputHeight, stride: Int

    init(_ input: Shape, stride: Int, outChannels: Int) {
      precondition(input.rank == 4, "shortcut of \(input), expected [N, H, W, C]")
      precondition(stride > 0 && outChannels >= input[3], "\(input[3]) channels padded to \(outChannels)")
      self.stride = stride
      self.outChannels = outChannels
      channels = input[3]
      before = (outChannels - channels) / 2
      inputHeight = input[1]
      height = (inputHeight + stride - 1) / stride
      columns = (input[2] + stride - 1) / stride
      output = [input[0], height, columns, outChannels]
      rows = input[0] * height
      inputRows = input[0] * inputHeight
      inputRowFloats = input[2] * channels
    }

    /// The row of the input that one of the output keeps.
    func inputRow(of row: Int) -> Int {
      let (image, y) = row.quotientAndRemainder(dividingBy: height)
      return image * inputHeight + y * stride
    }

    /// The row of the output that keeps one of the input, if any does.
    func row(ofInput row: Int) -> Int? {
      let (image, y) = row.quotientAndRemainder(dividingBy: inputHeight)
      return y.isMultiple(of: stride) ? image * height + y / stride : nil
    }
  }
}
