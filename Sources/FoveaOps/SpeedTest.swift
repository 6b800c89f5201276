import CFoveaKernels
import FoveaTensor

/// How much of the machine's arithmetic the engine puts to use: a convolution against multiply-adds that never leave the
/// registers, measured in turn on the same threads.
public struct SpeedTest: Sendable {
  /// Operations a second of the convolution: 3×3, 64 to 64 channels, 56×56, by direct products in 32-bit floats.
  public let convolution: Double
  /// Operations a second of multiply-adds in registers.
  public let peak: Double
  public let threads: Int

  public var share: Double { peak > 0 ? convolution / peak : 0 }

  /// - Parameters:
  ///   - seconds: about how long to measure.
  ///   - clock: seconds that only go forward.
  public static func run(seconds: Double, clock: () -> Double) -> SpeedTest {
    guard
      let geometry = try? Conv2DGeometry(
        input: [2, 56, 56, 64], outChannels: 64, kernel: Size2D(3), stride: Size2D(1), padding: Size2D(1))
    else { preconditionFailure("a convolution that is none") }
    let threads = WorkerPool.shared.threadCount
    let input = Tensor(repeating: 0.5, shape: geometry.inputShape)
    let weight = Tensor(repeating: 0.01, shape: geometry.weightShape)
    let operations = 2.0 * 2 * 56 * 56 * 64 * 64 * 9
    func timed(_ body: () -> Void) -> Double {
      let start = clock()
      body()
      return max(clock() - start, 1e-9)
    }
    func convolve() { _ = Conv2D.forward(input, weight: weight, geometry: geometry, engine: .direct) }
    convolve()
    let steps = 400_000
    let perThread = 2.0 * Double(Int(FK_PEAK_CHAINS) * fk_vector_width(fk_selected()) * steps)
    func multiply() {
      WorkerPool.shared.forEach(threads) { _ in
        withUnsafeTemporaryAllocation(of: Float.self, capacity: Int(FK_PEAK_CHAINS)) {
          fk_peak($0.baseAddress!, 0.999, 1e-3, steps)
        }
      }
    }
    let end = clock() + seconds
    var (convolutions, products): ([Double], [Double]) = ([], [])
    repeat {
      convolutions.append(operations / timed(convolve))
      products.append(perThread * Double(threads) / timed(multiply))
    } while clock() < end
    return SpeedTest(
      convolution: convolutions.sorted()[convolutions.count / 2], peak: products.sorted()[products.count / 2],
      threads: threads)
  }
}
