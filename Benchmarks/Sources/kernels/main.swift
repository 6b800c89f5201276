import FoveaOps
import FoveaTensor

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

// The three products of convolutions of real networks, in GFLOP/s and as a share of the core's peak.
//
// usage: kernels [--threads 1,2] [--samples 9] [--winograd off|auto|f2|f4] [--precision fp32|bf16] [--plan]
//                [TEXT ...]
//
// Only layers whose network or name holds a TEXT. Operations are those of the direct product: with Winograd's algorithm,
// which needs fewer, the share of the peak can exceed 100 %.
// FOVEA_KERNELS chooses the instruction set. The probe, and so the peak, is that of 32-bit factors in any case.

var threadCounts = [1, 2]
var samples = 9
var showsPlan = false
var engine = EngineOptions.direct
var filters: [String] = []
var arguments = CommandLine.arguments.dropFirst()
while let argument = arguments.popFirst() {
  switch argument {
  case "--threads": threadCounts = (arguments.popFirst() ?? "").split(separator: ",").compactMap { Int($0) }
  case "--samples": samples = arguments.popFirst().flatMap { Int($0) } ?? samples
  case "--plan": showsPlan = true
  case "--winograd":
    engine.winograd = arguments.popFirst().flatMap { WinogradPolicy(rawValue: $0) } ?? engine.winograd
  case "--precision":
    engine.precision =
      arguments.popFirst().flatMap { EngineOptions.Precision(rawValue: $0) } ?? engine.precision
  default: filters.append(argument)
  }
}

func processor() -> String {
  let info = (try? String(contentsOfFile: "/proc/cpuinfo", encoding: .utf8)) ?? ""
  let line = info.split(separator: "\n").first { $0.hasPrefix("model name") }
  return line?.split(separator: ":").last.map { $0.trimmingPrefix(" ").description } ?? "unknown processor"
}

func pad(_ text: String, _ width: Int) -> String {
  text + String(repeating: " ", count: max(0, width - text.count))
}

/// "  87.1 76 %"
func cell(_ result: Meter.Result?) -> String {
  guard let result else { return pad("   noisy", 12) }
  let rate = String(Int((result.rate).rounded()))
  let share = String(Int((result.share * 100).rounded()))
  return pad("", 5 - rate.count) + rate + pad("", 4 - share.count) + share + " % "
}

do { try engine.precision.checkAvailable() } catch {
  print(error)
  exit(2)
}
let set = InstructionSet.selected
let vectorWidth = [InstructionSet.avx512: 16, .avx2: 8][set] ?? 4
print(
  "\(processor()), \(set.rawValue), \(engine.precision), \(samples) samples a figure: median GFLOP/s, share of the probe's"
)
for threads in threadCounts where threads <= WorkerPool.shared.threadCount {
  let meter = Meter(threads: threads, samples: samples, vectorWidth: vectorWidth)
  print("\n\(threads) thread\(threads == 1 ? "" : "s")")
  print(pad("", 25) + "   forward  statistics   dInput     dWeight")
  var network = ""
  for layer in try Layer.all() {
    guard
      filters.isEmpty || filters.contains(where: { layer.network.contains($0) || layer.name.contains($0) })
    else {
      continue
    }
    if layer.network != network {
      network = layer.network
      print(network)
    }
    let g = layer.geometry
    let x = randomTensor(g.inputShape, seed: 1)
    let weight = randomTensor(g.weightShape, seed: 2)
    let dOutput = randomTensor(g.outputShape, seed: 3)
    let operations = 2 * Double(g.multiplyAdds)
    let results = [
      meter.measure(operations: operations) {
        _ = Conv2D.forward(x, weight: weight, geometry: g, engine: engine)
      },
      meter.measure(operations: operations) {
        _ = Conv2D.forwardWithStatistics(x, weight: weight, geometry: g, engine: engine)
      },
      meter.measure(operations: operations) {
        _ = Conv2D.backwardInput(dOutput, weight: weight, geometry: g, engine: engine)
      },
      meter.measure(operations: operations) {
        _ = Conv2D.backwardWeight(dOutput, input: x, geometry: g, engine: engine)
      },
    ]
    print("  " + pad(layer.name, 23) + results.map(cell).joined())
    if showsPlan {
      for product in ConvolutionPlan.Product.allCases {
        print("    \(product.rawValue): \(ConvolutionPlan(product, of: g, engine: engine))")
      }
    }
  }
}

func randomTensor(_ shape: Shape, seed: UInt64) -> Tensor {
  var random = CounterRandom(seed: seed, purpose: .test)
  return Tensor(shape) { elements in
    for i in elements.indices { elements[i] = random.uniform(-1...1) }
  }
}
