import FoveaAutodiff
import FoveaNN
import FoveaOps
import FoveaTensor
import FoveaTrain

// Where a training step's time goes: every product of every convolution, batch normalisation of its output, and the
// whole step, whose rest is gates, pools, sums of gradients and the optimiser.
//
// usage: layers NETWORK SIZE BATCH [--winograd off|auto|f2|f4] [--samples 5]
//
// NETWORK is an architecture, or resnet18-cifar. Times are medians, in milliseconds on all threads; rates count the direct
// product's operations, so that Winograd's algorithm can exceed the peak.

var samples = 5
var engine = EngineOptions()
var names: [String] = []
var arguments = CommandLine.arguments.dropFirst()
while let argument = arguments.popFirst() {
  switch argument {
  case "--samples": samples = arguments.popFirst().flatMap { Int($0) } ?? samples
  case "--winograd":
    engine.winograd = arguments.popFirst().flatMap { WinogradPolicy(rawValue: $0) } ?? engine.winograd
  default: names.append(argument)
  }
}
guard names.count == 3, let size = Int(names[1]), let batch = Int(names[2]) else {
  fatalError("usage: layers NETWORK SIZE BATCH [--winograd off|auto|f2|f4] [--samples 5]")
}

func randomTensor(_ shape: Shape, seed: UInt64) -> Tensor {
  var random = CounterRandom(seed: seed, purpose: .test)
  return Tensor(shape) { elements in
    for i in elements.indices { elements[i] = random.uniform(-1...1) }
  }
}

@MainActor func milliseconds(_ body: () -> Void) -> Double {
  body()
  let clock = ContinuousClock()
  let times = (0..<samples).map { _ in
    let elapsed = clock.measure(body).components
    return Double(elapsed.seconds) * 1e3 + Double(elapsed.attoseconds) * 1e-15
  }
  return times.sorted()[samples / 2]
}

func text(_ value: Double, _ width: Int, decimals: Int = 2) -> String {
  var scale = 1.0
  for _ in 0..<decimals { scale *= 10 }
  let whole = Int((value * scale).rounded())
  var digits = String(whole)
  if decimals > 0 {
    digits = String(repeating: "0", count: max(0, decimals + 1 - digits.count)) + digits
    digits.insert(".", at: digits.index(digits.endIndex, offsetBy: -decimals))
  }
  return String(repeating: " ", count: max(0, width - digits.count)) + digits
}

func pad(_ text: String, _ width: Int) -> String {
  text + String(repeating: " ", count: max(0, width - text.count))
}

var configuration = NetworkConfiguration()
configuration.architecture = names[0] == "resnet18-cifar" ? "resnet18" : names[0]
if names[0] == "resnet18-cifar" { configuration.stem = .cifar }
if names[0] == "resnet18" || names[0] == "resnet50" { configuration.stem = .imagenet }
let network = try Network(configuration, seed: 1)
let plans = try network.plans(
  inputHeight: size, inputWidth: size, batch: batch, engine: engine, isTraining: true)

var products = 0.0
var norms = 0.0
print(
  "\(InstructionSet.selected.rawValue), \(WorkerPool.shared.threadCount) threads, batch \(batch), ms and GFLOP/s"
)
for summary in try network.summary(inputHeight: size, inputWidth: size) {
  guard let g = try summary.convolution?.batched(batch) else { continue }
  let x = randomTensor(g.inputShape, seed: 1)
  let weight = randomTensor(g.weightShape, seed: 2)
  let dOutput = randomTensor(g.outputShape, seed: 3)
  print("\(summary.name)  \(g.inChannels)→\(g.outChannels) \(g.kernel) at \(g.outHeight)×\(g.outWidth)")
  for plan in plans where plan.layer == summary.name {
    let time = milliseconds {
      switch plan.product {
      case .forward: _ = Conv2D.forwardWithStatistics(x, weight: weight, geometry: g, engine: engine)
      case .inputGradient: _ = Conv2D.backwardInput(dOutput, weight: weight, geometry: g, engine: engine)
      case .weightGradient: _ = Conv2D.backwardWeight(dOutput, input: x, geometry: g, engine: engine)
      }
    }
    products += time
    let rate = 2 * Double(g.multiplyAdds) / time * 1e-6
    print(
      "  " + pad(plan.product.rawValue, 15) + text(time, 8) + text(rate, 6, decimals: 0)
        + "  \(plan.description)")
  }
  let ones = Tensor(repeating: 1, shape: [g.outChannels])
  let statistics = BatchNorm.statistics(dOutput)
  let norm = milliseconds {
    let transform = BatchNorm.Transform(
      gamma: ones, beta: ones, statistics: statistics, epsilon: 1e-5, relu: true)
    _ = BatchNorm.forward(dOutput, transform)
    _ = BatchNorm.backward(dOutput, input: dOutput, transform)
  }
  norms += norm
  print("  " + pad("batch norm", 15) + text(norm, 8))
}

let images = randomTensor([batch, size, size, configuration.inputChannels], seed: 4)
let labels = (0..<batch).map { Int32($0 % configuration.classes) }
let optimizer = SGD(network.parameters, momentum: 0.9, nesterov: true, weightDecay: 5e-4)
var number = 0
let update = milliseconds {
  let context = Context(.training(seed: 1, step: number), engine: engine)
  let loss = context.tape.crossEntropy(network(images, context), targets: .labels(labels)).loss
  context.tape.backward(from: loss)
  optimizer.step(learningRate: 0.01)
  for parameter in network.parameters { parameter.gradient = nil }
  number += 1
}
func share(_ time: Double) -> String { text(time, 8) + text(100 * time / update, 5, decimals: 0) + " %" }
print("convolutions" + share(products))
print("batch norm  " + share(norms))
print("the rest    " + share(update - products - norms))
print("step        " + share(update) + text(1e3 * Double(batch) / update, 8, decimals: 1) + " images/s")
