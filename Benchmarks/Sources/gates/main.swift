import FoveaOps
import FoveaTensor

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

// The fused CBAM gates, with residual and ReLU, in milliseconds, the best of the samples: training passes of ResNet-20 at
// 32×32, forward and backward, and ResNet-50's inference at 224×224, an image at a time that the second cache does not
// hold.
//
// usage: gates [--threads 1] [--samples 15] [--batch 128]
//
// On one thread the thread's own time counts, so that what else runs on the machine does not; on several, the clock
// on the wall. FOVEA_KERNELS chooses the instruction set.

var threads = 1
var samples = 15
var batch = 128
var arguments = CommandLine.arguments.dropFirst()
while let argument = arguments.popFirst() {
  guard let value = arguments.popFirst().flatMap({ Int($0) }), value > 0 else {
    fatalError("\(argument): a number above 0 is missing")
  }
  switch argument {
  case "--threads": threads = value
  case "--samples": samples = value
  case "--batch": batch = value
  default: fatalError("unknown option \(argument)")
  }
}

@MainActor func seconds(_ body: () -> Void) -> Double {
  func now() -> Double {
    var time = timespec()
    clock_gettime(threads == 1 ? CLOCK_THREAD_CPUTIME_ID : CLOCK_MONOTONIC, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) * 1e-9
  }
  let start = now()
  body()
  return now() - start
}

func milliseconds(_ time: Double) -> Double { (time * 1e5).rounded() / 100 }

func random(_ shape: Shape, seed: UInt64) -> Tensor {
  var random = CounterRandom(seed: seed, purpose: .test)
  return Tensor((0..<shape.count).map { _ in random.uniform(-1...1) }, shape: shape)
}

func parameters(
  channels: Int, hidden: Int, statistics: CBAMGate.Statistics = .batch
) -> CBAMGate.Parameters {
  let normalization = CBAMGate.Normalization(
    gamma: Tensor([0.8], shape: [1]), beta: Tensor([0.1], shape: [1]), statistics: statistics)
  return CBAMGate.Parameters(
    channel: .init(
      w1: random([channels, hidden], seed: 1), b1: random([hidden], seed: 2),
      w2: random([hidden, channels], seed: 3), b2: random([channels], seed: 4)),
    spatial: .init(weight: random([7, 7, 2, 1], seed: 5), normalization: normalization))
}

WorkerPool.shared.limitThreads(to: threads)
print("\(InstructionSet.selected), \(WorkerPool.shared.threadCount) thread(s), batch \(batch)")
var total = 0.0
for (size, channels) in [(32, 16), (16, 32), (8, 64)] {
  let shape: Shape = [batch, size, size, channels]
  let parameters = parameters(channels: channels, hidden: max(1, channels / 16))
  let (x, residual, upstream) = (random(shape, seed: 6), random(shape, seed: 7), random(shape, seed: 8))
  var (forward, backward) = (Double.infinity, Double.infinity)
  for _ in 0..<samples {
    var result: CBAMGate.Result?
    forward = min(
      forward,
      seconds { result = CBAMGate.forward(x, residual: residual, relu: true, parameters: parameters) })
    backward = min(
      backward,
      seconds {
        _ = CBAMGate.backward(upstream, input: x, output: result!.output, result!.saved)
      })
  }
  total += 3 * (forward + backward)
  print("\(shape): forward \(milliseconds(forward)) ms, backward \(milliseconds(backward)) ms")
}
print("nine gates: \(milliseconds(total)) ms")

total = 0
for (size, channels, blocks) in [(56, 256, 3), (28, 512, 4), (14, 1024, 6), (7, 2048, 3)] {
  let shape: Shape = [1, size, size, channels]
  let gate = PreparedGate(
    parameters(
      channels: channels, hidden: channels / 16,
      statistics: .running(mean: Tensor([0], shape: [1]), variance: Tensor([1], shape: [1]))))
  var images = (0..<2).map { random(shape, seed: UInt64($0)) }
  let residuals = (2..<4).map { random(shape, seed: UInt64($0)) }
  var best = Double.infinity
  for _ in 0..<samples {
    let time = seconds {
      for place in images.indices {
        _ = gate.apply(to: &images[place], residual: residuals[place], relu: true)
      }
    }
    best = min(best, time / Double(images.count))
  }
  total += Double(blocks) * best
  print("\(shape): inference \(milliseconds(best)) ms")
}
print("sixteen gates of one image: \(milliseconds(total)) ms")
