import FoveaOps
import FoveaTensor

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

// Measures the three products of 3×3 layers by every algorithm, on one thread, fits the cost model of
// FoveaOps/Convolution/CostModel.swift to the times, and prints its coefficients in nanoseconds.
//
// usage: fit [--samples 5] [--list]
//
// FOVEA_KERNELS chooses the instruction set. A sample is the thread's own time, so that what else runs on the machine
// takes none of it, and of several the least counts.

var samples = 5
var lists = false
var arguments = CommandLine.arguments.dropFirst()
while let argument = arguments.popFirst() {
  switch argument {
  case "--samples": samples = arguments.popFirst().flatMap { Int($0) } ?? samples
  case "--list": lists = true
  default:
    print("usage: fit [--samples 5] [--list]")
    exit(2)
  }
}

/// A measured product: what was done of each kind, and how long it took.
struct Measured {
  let work: [Double]
  let nanoseconds: Double
}

func threadSeconds() -> Double {
  var time = timespec()
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
  return Double(time.tv_sec) + Double(time.tv_nsec) * 1e-9
}

@MainActor func nanoseconds(_ body: () -> Void) -> Double {
  body()
  var best = Double.infinity
  for _ in 0..<samples {
    let start = threadSeconds()
    body()
    best = min(best, threadSeconds() - start)
  }
  return best * 1e9
}

func randomTensor(_ shape: Shape, seed: UInt64) -> Tensor {
  var random = CounterRandom(seed: seed, purpose: .test)
  return Tensor(shape) { elements in
    for i in elements.indices { elements[i] = random.uniform(-1...1) }
  }
}

/// Products, and values of the weight.
func directWork(_ g: Conv2DGeometry) -> [Double] {
  [Double(g.multiplyAdds), Double(g.weightShape.count)]
}

/// Products, values of transformed tiles and of the transformed weight, of F(m×m, 3×3).
func winogradWork(_ g: Conv2DGeometry, _ m: Int) -> [Double] {
  let points = (m + 2) * (m + 2)
  let tiles = g.batch * ((g.outHeight - 1) / m + 1) * ((g.outWidth - 1) / m + 1)
  let pairs = g.inChannels * g.outChannels
  return [
    Double(points * tiles * pairs), Double(points * tiles * (g.inChannels + g.outChannels)),
    Double(points * pairs),
  ]
}

/// Least squares of the relative error. A coefficient that comes out negative is held at 0.
func fit(_ measured: [Measured]) -> [Double] {
  var isFree = measured[0].work.map { _ in true }
  while true {
    let solution = solve(measured, isFree)
    guard let worst = solution.indices.filter({ solution[$0] < 0 }).min(by: { solution[$0] < solution[$1] })
    else { return solution }
    isFree[worst] = false
  }
}

/// The normal equations, by Gauss–Jordan elimination.
func solve(_ measured: [Measured], _ isFree: [Bool]) -> [Double] {
  let free = isFree.indices.filter { isFree[$0] }
  var rows = free.map { i in
    free.map { j in measured.reduce(0) { $0 + $1.work[i] * $1.work[j] / ($1.nanoseconds * $1.nanoseconds) } }
      + [measured.reduce(0) { $0 + $1.work[i] / $1.nanoseconds }]
  }
  for pivot in free.indices {
    let row = rows[pivot].map { $0 / rows[pivot][pivot] }
    for other in free.indices where other != pivot {
      let factor = rows[other][pivot]
      for column in row.indices { rows[other][column] -= factor * row[column] }
    }
    rows[pivot] = row
  }
  var solution = isFree.map { _ in 0.0 }
  for (place, index) in free.enumerated() { solution[index] = rows[place][free.count] }
  return solution
}

/// Mean of |predicted − measured| / measured, in percent.
func meanError(_ coefficients: [Double], _ measured: [Measured]) -> Int {
  let errors = measured.map { sample in
    let predicted = zip(coefficients, sample.work).reduce(0) { $0 + $1.0 * $1.1 }
    return abs(predicted / sample.nanoseconds - 1)
  }
  return Int((100 * errors.reduce(0, +) / Double(errors.count)).rounded())
}

/// Layers of the networks that the engine is made for, in small and large batches.
let layers: [(batch: Int, size: Int, channels: Int)] = [
  (1, 32, 16), (64, 32, 16), (1, 16, 32), (64, 16, 32), (1, 8, 64), (64, 8, 64), (8, 32, 64), (1, 56, 64),
  (4, 56, 64), (16, 16, 128), (1, 28, 128), (8, 28, 128), (32, 8, 256), (1, 14, 256), (8, 14, 256),
  (32, 4, 512),
  (8, 4, 512), (1, 7, 512), (16, 7, 512),
]

WorkerPool.shared.limitThreads(to: 1)
let names = ["correlation", "weightGradient"]
let hasBF16 = EngineOptions.Precision.bf16.isAvailable
var direct: [[Measured]] = [[], []]
var directBF16: [[Measured]] = [[], []]
var winograd: [[Measured]] = [[], []]
for layer in layers {
  let g = try Conv2DGeometry(
    input: [layer.batch, layer.size, layer.size, layer.channels], outChannels: layer.channels,
    kernel: Size2D(3), padding: Size2D(1))
  let x = randomTensor(g.inputShape, seed: 1)
  let weight = randomTensor(g.weightShape, seed: 2)
  let dOutput = randomTensor(g.outputShape, seed: 3)
  let engines =
    [WinogradPolicy.off, .f2, .f4].map { EngineOptions(winograd: $0) }
    + (hasBF16 ? [EngineOptions(winograd: .off, precision: .bf16)] : [])
  for engine in engines {
    let times = [
      nanoseconds { _ = Conv2D.backwardInput(dOutput, weight: weight, geometry: g, engine: engine) },
      nanoseconds { _ = Conv2D.backwardWeight(dOutput, input: x, geometry: g, engine: engine) },
    ]
    for (product, time) in times.enumerated() {
      switch engine.winograd {
      case .off where engine.precision == .bf16:
        directBF16[product].append(Measured(work: directWork(g), nanoseconds: time))
      case .off: direct[product].append(Measured(work: directWork(g), nanoseconds: time))
      default:
        winograd[product].append(
          Measured(work: winogradWork(g, engine.winograd == .f2 ? 2 : 4), nanoseconds: time))
      }
    }
    if lists {
      let rates = times.map { String(Int((2 * Double(g.multiplyAdds) / $0).rounded())) }
      print(
        "\(layer.channels) channels at \(layer.size), batch \(layer.batch), \(engine.winograd), \(engine.precision): "
          + "dInput \(rates[0]), dWeight \(rates[1]) GFLOP/s")
    }
  }
}
print(InstructionSet.selected.rawValue)
func text(_ value: Double) -> String { String((value * 1e5).rounded() / 1e5) }
for (product, name) in names.enumerated() {
  let d = fit(direct[product])
  let w = fit(winograd[product])
  print("\(name): Product(")
  print("  direct: Direct(product: \(text(d[0])), weight: \(text(d[1]))),")
  if hasBF16 {
    let b = fit(directBF16[product])
    print("  directBF16: Direct(product: \(text(b[0])), weight: \(text(b[1]))),")
    print("  // off by \(meanError(b, directBF16[product])) % on average")
  }
  print("  winograd: Winograd(product: \(text(w[0])), tile: \(text(w[1])), weight: \(text(w[2])))),")
  print("  // off by \(meanError(d, direct[product])) and \(meanError(w, winograd[product])) % on average")
}
