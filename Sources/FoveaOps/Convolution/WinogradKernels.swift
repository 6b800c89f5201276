import CFoveaKernels
import FoveaTensor

/// A 3×3 weight of inference as `WinogradPanelProducts` reads it: [panel][C][3·3][panel width].
///
/// So what is multiplied together is one stream. Tap by tap it would be nine, which meet in the same sets of the first cache
/// and are slow to fetch from memory.
struct WinogradKernels {
  let scalars: Tensor
  private let sourceChannels: Int

  /// Source channels that a piece packs.
  private static let channelPart = 64

  /// - Parameters:
  ///   - weight: [3, 3, C, O], O whole vectors.
  ///   - gain: [1, O], multiplies each target channel's weights on the way; nil for 1.
  init(_ weight: Tensor, scaledBy gain: Tensor?, for correlation: Correlation, _ panels: Panels) {
    let (rows, columns) = (correlation.source.channels, correlation.target.channels)
    let parts = (rows - 1) / Self.channelPart + 1
    sourceChannels = rows
    scalars = Tensor(filling: [weight.count]) { packed in
      weight.withFloats { weight in
        gain.withFloats { gain in
          WorkerPool.shared.forEach(panels.count * parts) { piece in
            let (panel, part) = piece.quotientAndRemainder(dividingBy: parts)
            let channels = panels.place(of: panel).channels
            let (first, width) = (channels.lowerBound, channels.count)
            let start = part * Self.channelPart
            let end = min(rows, start + Self.channelPart)
            let kernels = packed + (first * rows + start * width) * 9
            for row in start..<end {
              for tap in 0..<9 {
                (kernels + ((row - start) * 9 + tap) * width)
                  .update(from: weight + (tap * rows + row) * columns + first, count: width)
              }
            }
            guard let gain else { return }
            fk_scale_columns(kernels, kernels, gain + first, (end - start) * 9, width)
          }
        }
      }
    }
  }

  /// The kernels of some source channels and a panel's target channels. Whoever uses this keeps the scalars alive.
  func place(of part: Range<Int>, _ channels: Range<Int>) -> Floats {
    scalars.withFloats { $0 + (channels.lowerBound * sourceChannels + part.lowerBound * channels.count) * 9 }
  }
}
