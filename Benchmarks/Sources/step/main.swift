// Times Fovea on demand. Says `built` before the first step, so that memory can be measured from there, and waits for a
// line; says `ready` and waits again; then answers every line with the images per second of some steps.
//
// usage: step train|run NETWORK SIZE BATCH STEPS [--plain] [--precision fp32|bf16] [--memory keep|recompute]
//
// The peer of peers/step_torch.py; compare drives both.

import Foundation
import FoveaAutodiff
import FoveaNN
import FoveaOps
import FoveaTensor
import FoveaTrain

func fail(_ message: String) -> Never {
  FileHandle.standardError.write(Data((message + "\n").utf8))
  exit(2)
}

let arguments = CommandLine.arguments
guard arguments.count >= 6, let size = Int(arguments[3]), let batch = Int(arguments[4]),
  let steps = Int(arguments[5])
else {
  print(
    "usage: step train|run NETWORK SIZE BATCH STEPS [--plain] [--precision fp32|bf16] [--memory keep|recompute]"
  )
  exit(2)
}
var engine = EngineOptions()

/// The value of an option that has a few, or nil where it is not given.
func choice<Value: RawRepresentable & CaseIterable>(_ option: String, _: Value.Type) -> Value?
where Value.RawValue == String {
  guard let flag = arguments.firstIndex(of: option) else { return nil }
  guard flag + 1 < arguments.count, let value = Value(rawValue: arguments[flag + 1]) else {
    fail("\(option) is \(Value.allCases.map(\.rawValue).joined(separator: " or "))")
  }
  return value
}

engine.precision = choice("--precision", EngineOptions.Precision.self) ?? .fp32
engine.memory = choice("--memory", EngineOptions.Memory.self) ?? .keep
do { try engine.precision.checkAvailable() } catch {
  fail("\(error)")
}
let isTraining = arguments[1] == "train"

var configuration = NetworkConfiguration()
let name = arguments[2]
configuration.architecture = name == "resnet18-cifar" ? "resnet18" : name
if name == "resnet18-cifar" { configuration.stem = .cifar }
if name == "resnet18" || name == "resnet50" { configuration.stem = .imagenet }
if arguments.contains("--plain") { configuration.attention = nil }
let network = try Network(configuration, seed: 1)

var random = CounterRandom(seed: 1, purpose: .test)
let images = Tensor(
  (0..<batch * size * size * 3).map { _ in random.normal() }, shape: [batch, size, size, 3])
let labels = (0..<batch).map { _ in Int32(random.integer(below: configuration.classes)) }
let optimizer = SGD(network.parameters, momentum: 0.9, nesterov: true, weightDecay: 5e-4)
var stepNumber = 0

@MainActor func train() {
  let context = Context(.training(seed: 1, step: stepNumber), engine: engine)
  let loss = context.tape.crossEntropy(network(images, context), targets: .labels(labels)).loss
  context.tape.backward(from: loss)
  optimizer.step(learningRate: 0.01)
  for parameter in network.parameters { parameter.gradient = nil }
  stepNumber += 1
}

// Only to run: it holds on to the weights that it was made from, and training would have to copy them.
let inference = isTraining ? nil : InferenceNetwork(network, engine: engine)

@MainActor func run() {
  _ = inference!(images).logits
}

let step = isTraining ? train : run
print("built")
fflush(nil)
guard readLine() != nil else { exit(0) }
for _ in 0..<3 { step() }
print("ready", InstructionSet.selected.rawValue, engine.precision.rawValue)
fflush(nil)
while readLine() != nil {
  let clock = ContinuousClock()
  let elapsed = clock.measure { for _ in 0..<steps { step() } }
  let seconds = Double(elapsed.components.seconds) + Double(elapsed.components.attoseconds) * 1e-18
  print(Double(batch * steps) / seconds)
  fflush(nil)
}
