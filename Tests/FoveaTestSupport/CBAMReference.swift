import FoveaTensor

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

/// CBAM as the paper and the authors' code write it, step by step in doubles: the oracle of every fused or composed one.
public struct CBAMReference: Sendable {
  /// [N, H, W, C]
  public var x: Reference
  /// [N, H, W, C], or nil for none.
  public var residual: Reference?
  public var relu = false
  public var averagePool = true
  public var maximumPool = true
  /// The channel gate: [C, hidden], [hidden], [hidden, C], [C]; nil for none.
  public var w1: Reference?
  public var b1: Reference?
  public var w2: Reference?
  public var b2: Reference?
  /// The spatial gate, [k, k, 2, 1]; nil for none.
  public var spatialWeight: Reference?
  /// [1]; nil for no normalisation.
  public var gamma: Reference?
  public var beta: Reference?
  /// Mean and variance; nil for those of the batch.
  public var running: (mean: Double, variance: Double)?

  public init(x: Reference) { self.x = x }

  /// What a forward pass gives. Maps are 1 where there is no gate.
  public struct Result {
    public var output: Reference
    /// [N, C]
    public var channel: Reference
    /// [N, H, W, 1]
    public var spatial: Reference
    /// Of the convolution's output.
    public var mean, variance: Double
  }

  private var n: Int { x.shape[0] }
  private var h: Int { x.shape[1] }
  private var w: Int { x.shape[2] }
  private var c: Int { x.shape[3] }

  public func run() -> Result {
    let channel = channelMap()
    var gated = x
    for i in 0..<n {
      for pixel in 0..<h * w {
        for k in 0..<c { gated.values[(i * h * w + pixel) * c + k] *= channel[i, k] }
      }
    }
    let (spatial, mean, variance) = spatialMap(gated)
    var output = gated
    for position in output.values.indices {
      var y = gated.values[position] * spatial.values[position / c]
      if let residual { y += residual.values[position] }
      output.values[position] = relu && y < 0 ? 0 : y
    }
    return Result(output: output, channel: channel, spatial: spatial, mean: mean, variance: variance)
  }

  private func channelMap() -> Reference {
    var map = Reference(zeros: [n, c]).map { _ in 1 }
    guard let w1, let w2 else { return map }
    let hidden = w1.shape[1]
    for i in 0..<n {
      var sums = [Double](repeating: 0, count: c)
      for pool in pools(i) {
        let units = (0..<hidden).map { unit in
          let sum = (0..<c).reduce(b1?.values[unit] ?? 0) { $0 + pool[$1] * w1[$1, unit] }
          return max(0, sum)
        }
        for k in 0..<c {
          sums[k] += (0..<hidden).reduce(b2?.values[k] ?? 0) { $0 + units[$1] * w2[$1, k] }
        }
      }
      for k in 0..<c { map[i, k] = 1 / (1 + exp(-sums[k])) }
    }
    return map
  }

  /// The pooled channels of an image.
  private func pools(_ i: Int) -> [[Double]] {
    func channel(_ k: Int) -> [Double] { (0..<h * w).map { x.values[(i * h * w + $0) * c + k] } }
    var pools: [[Double]] = []
    if averagePool { pools.append((0..<c).map { channel($0).reduce(0, +) / Double(h * w) }) }
    if maximumPool { pools.append((0..<c).map { channel($0).max()! }) }
    return pools
  }

  private func spatialMap(_ gated: Reference) -> (map: Reference, mean: Double, variance: Double) {
    let shape: Shape = [n, h, w, 1]
    guard let spatialWeight else { return (Reference(zeros: shape).map { _ in 1 }, 0, 0) }
    var pooled = Reference(zeros: [n, h, w, 2])
    for pixel in 0..<n * h * w {
      let channels = gated.values[pixel * c..<(pixel + 1) * c]
      pooled.values[2 * pixel] = channels.max()!
      pooled.values[2 * pixel + 1] = channels.reduce(0, +) / Double(c)
    }
    let k = spatialWeight.shape[0]
    var z = Reference(zeros: shape)
    for i in 0..<n {
      for row in 0..<h {
        for column in 0..<w {
          var sum = 0.0
          for r in max(0, k / 2 - row)..<max(0, k / 2 - row, min(k, h + k / 2 - row)) {
            for s in max(0, k / 2 - column)..<max(0, k / 2 - column, min(k, w + k / 2 - column)) {
              let at = ((i * h + row + r - k / 2) * w + column + s - k / 2) * 2
              sum += pooled.values[at] * spatialWeight.values[(r * k + s) * 2]
              sum += pooled.values[at + 1] * spatialWeight.values[(r * k + s) * 2 + 1]
            }
          }
          z.values[(i * h + row) * w + column] = sum
        }
      }
    }
    let mean = z.values.reduce(0, +) / Double(z.values.count)
    let variance = z.values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(z.values.count)
    if let gamma, let beta {
      let used = running ?? (mean, variance)
      z = z.map {
        gamma.values[0] * ($0 - used.mean) / (used.variance + 1e-5).squareRoot() + beta.values[0]
      }
    }
    return (z.map { 1 / (1 + exp(-$0)) }, mean, variance)
  }
}
