import CFoveaKernels
import FoveaTensor

/// Sums of gradients that reach one tensor by several ways.
public enum Accumulation {
  private static let piece = 1 << 16

  /// sum ← sum + x, in place where no one else refers to the sum's elements.
  ///
  /// - Precondition: equal shapes.
  public static func add(_ x: Tensor, into sum: inout Tensor) {
    precondition(x.shape == sum.shape, "\(x.shape) added to \(sum.shape)")
    x.withUnsafeBufferPointer { x in
      sum.withUnsafeMutableBufferPointer { sum in
        nonisolated(unsafe) let target = sum
        nonisolated(unsafe) let source = x
        WorkerPool.shared.forEach((x.count + piece - 1) / piece) { index in
          let start = index * piece
          fk_add(
            target.baseAddress! + start, source.baseAddress! + start, min(piece, source.count - start))
        }
      }
    }
  }
}
