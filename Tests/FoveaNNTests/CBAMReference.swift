import Foundation
import FoveaNN

/// The attention module spelled out in double precision, from the paper's equations, for every setting. Its gradients
/// are finite differences, which in double precision are exact to about nine digits.
struct CBAMReference {
  let configuration: CBAMConfiguration
  let images, height, width, channels: Int
  let isTraining: Bool
  /// Under their names in files, in memory's layout: MLP weights [in][out], the convolution [k][k][2 or 1].
  var parameters: [String: [Double]]
  /// Running mean and variance of the spatial normalisation.
  var running = (mean: 0.0, variance: 1.0)

  private var pixels: Int { height * width }

  /// x [N][H·W][C] → the gated features, with both maps.
  func forward(_ x: [Double]) -> (output: [Double], channel: [Double], spatial: [Double]) {
    var channel: [Double] = []
    var spatial: [Double] = []
    var y = x
    func applyChannel(from source: [Double]) {
      guard configuration.gates != .spatial else { return }
      channel = channelMap(source)
      for i in y.indices { y[i] *= channel[i / (pixels * channels) * channels + i % channels] }
    }
    func applySpatial(from source: [Double]) {
      guard configuration.gates != .channel else { return }
      spatial = spatialMap(source)
      for i in y.indices { y[i] *= spatial[i / channels] }
    }
    switch configuration.order {
    case .channelFirst:
      applyChannel(from: x)
      applySpatial(from: y)
    case .spatialFirst:
      applySpatial(from: x)
      applyChannel(from: y)
    case .parallel:
      applyChannel(from: x)
      applySpatial(from: x)
    }
    return (y, channel, spatial)
  }

  private func channelMap(_ x: [Double]) -> [Double] {
    var map: [Double] = []
    for n in 0..<images {
      func pooled(_ reduce: ([Double]) -> Double) -> [Double] {
        (0..<channels).map { c in reduce((0..<pixels).map { x[(n * pixels + $0) * channels + c] }) }
      }
      var scores = [Double](repeating: 0, count: channels)
      for pool in configuration.channelPools {
        let values = pool == .avg ? pooled { $0.reduce(0, +) / Double($0.count) } : pooled { $0.max()! }
        let hidden = linear(values, "ChannelGate.mlp.1").map { max(0, $0) }
        for (c, score) in linear(hidden, "ChannelGate.mlp.3").enumerated() { scores[c] += score }
      }
      map += scores.map(sigmoid)
    }
    return map
  }

  private func spatialMap(_ x: [Double]) -> [Double] {
    var planes: [[Double]] = []  // one for each input channel of the convolution, [N·H·W]
    let rows = (0..<images * pixels).map { x[$0 * channels..<($0 + 1) * channels] }
    if let reduce = parameters["SpatialGate.reduce.conv.weight"] {
      planes = [rows.map { zip($0, reduce).reduce(0) { $0 + $1.0 * $1.1 } }]
    } else {
      planes = [rows.map { $0.max()! }, rows.map { $0.reduce(0, +) / Double(channels) }]
    }
    var z = convolved(planes, parameters["SpatialGate.spatial.conv.weight"]!)
    if let gamma = parameters["SpatialGate.spatial.bn.weight"],
      let beta = parameters["SpatialGate.spatial.bn.bias"]
    {
      var (mean, variance) = running
      if isTraining {
        mean = z.reduce(0, +) / Double(z.count)
        variance = z.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(z.count)
      }
      z = z.map { gamma[0] * ($0 - mean) / (variance + 1e-5).squareRoot() + beta[0] }
    }
    return z.map(sigmoid)
  }

  private func convolved(_ planes: [[Double]], _ weight: [Double]) -> [Double] {
    let side = configuration.spatialKernel
    var z = [Double](repeating: 0, count: images * pixels)
    for n in 0..<images {
      for row in 0..<height {
        for column in 0..<width {
          for (i, j) in (0..<side * side).map({ ($0 / side, $0 % side) }) {
            let (y, x) = (row + i - side / 2, column + j - side / 2)
            guard (0..<height).contains(y), (0..<width).contains(x) else { continue }
            for (p, plane) in planes.enumerated() {
              z[n * pixels + row * width + column] +=
                weight[(i * side + j) * planes.count + p] * plane[n * pixels + y * width + x]
            }
          }
        }
      }
    }
    return z
  }

  private func linear(_ x: [Double], _ name: String) -> [Double] {
    let weight = parameters["\(name).weight"]!
    let outputs = weight.count / x.count
    var y = parameters["\(name).bias"] ?? [Double](repeating: 0, count: outputs)
    for i in x.indices { for o in 0..<outputs { y[o] += x[i] * weight[i * outputs + o] } }
    return y
  }

  private func sigmoid(_ x: Double) -> Double { 1 / (1 + exp(-x)) }
}
