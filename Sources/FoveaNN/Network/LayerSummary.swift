import FoveaAutodiff
import FoveaOps
import FoveaTensor

/// One layer of a network, for people to read.
public struct LayerSummary: Hashable, Sendable {
  /// Its name in files, or the block's and what it is.
  public let name: String
  /// "convolution 3×3, stride 2", …
  public let kind: String
  /// What comes out for one image: [H, W, C], or [C].
  public let outputShape: Shape
  /// Trainable numbers.
  public let parameters: Int
  /// Multiplications with addition for one image, in convolutions and linear layers.
  public let multiplyAdds: Int
  /// The extents of a convolution for one image; nil for other layers and for the gates' own.
  public let convolution: Conv2DGeometry?
}

extension Network {
  /// The layers in the order of the forward pass, for one image of this size.
  ///
  /// - Throws: `GeometryError` where the size is none.
  public func summary(inputHeight: Int, inputWidth: Int) throws(GeometryError) -> [LayerSummary] {
    var walk = SummaryWalk(
      shape: [1, max(0, inputHeight), max(0, inputWidth), configuration.inputChannels])
    try walk.convolution(stem.convolution, stem.norm, relu: true)
    if let pool = stem.pool {
      walk.shape = pool.outputShape(walk.shape)
      walk.add("maxpool", "max pool \(pool.size)×\(pool.size), stride \(pool.stride)")
    }
    for block in stages.joined() { try walk.block(block) }
    walk.add("avgpool", "global average pool", output: [walk.shape[3]])
    if configuration.dropout > 0 {
      walk.add("dropout", "dropout \(configuration.dropout)", output: [walk.shape[3]])
    }
    let weight = classifier.weight.value
    walk.add(
      "fc", "linear", output: [configuration.classes], parameters: weight.count + configuration.classes,
      multiplyAdds: weight.count)
    return walk.layers
  }
}

/// Follows one image's shape through the layers.
private struct SummaryWalk {
  var shape: Shape  // [1, H, W, C]
  var layers: [LayerSummary] = []

  mutating func add(
    _ name: String, _ kind: String, output: Shape? = nil, parameters: Int = 0, multiplyAdds: Int = 0,
    convolution: Conv2DGeometry? = nil
  ) {
    layers.append(
      LayerSummary(
        name: name, kind: kind, outputShape: output ?? Shape(Array(shape.dimensions.dropFirst())),
        parameters: parameters, multiplyAdds: multiplyAdds, convolution: convolution))
  }

  mutating func convolution(
    _ layer: Conv2DLayer, _ norm: BatchNorm2D?, relu: Bool
  ) throws(GeometryError) {
    let geometry = try layer.checkedGeometry(of: shape)
    shape = geometry.outputShape
    var kind = "convolution \(geometry.kernel)"
    if geometry.stride != .one { kind += ", stride \(geometry.stride.height)" }
    if geometry.groups > 1 { kind += ", \(geometry.groups) groups" }
    add(
      String(layer.weight.name.dropLast(".weight".count)), kind, parameters: layer.weight.value.count,
      multiplyAdds: geometry.multiplyAdds, convolution: geometry)
    guard let norm else { return }
    add(
      String(norm.gamma.name.dropLast(".weight".count)), relu ? "batch norm, ReLU" : "batch norm",
      parameters: 2 * norm.gamma.value.count)
  }

  mutating func block(_ block: any ResidualBlock) throws(GeometryError) {
    let input = shape
    for (index, layer) in block.convolutions.enumerated() {
      try convolution(layer.convolution, layer.norm, relu: index < block.convolutions.count - 1)
    }
    if let attention = block.attention { try gates(attention, block.name) }
    let output = shape
    switch block.shortcut {
    case .identity: add("\(block.name).shortcut", "identity, add, ReLU")
    case .padding: add("\(block.name).shortcut", "subsampling and zero channels, add, ReLU")
    case .projection(let layer, let norm):
      shape = input
      try convolution(layer, norm, relu: false)
      add("\(block.name).shortcut", "projection, add, ReLU")
    }
    shape = output
  }

  private mutating func gates(_ attention: CBAM, _ block: String) throws(GeometryError) {
    let features = shape
    if let gate = attention.channelGate {
      let weights = gate.hidden.weight.value.count + gate.output.weight.value.count
      let biases = (gate.hidden.bias?.value.count ?? 0) + (gate.output.bias?.value.count ?? 0)
      add(
        "\(block).cbam.ChannelGate",
        "channel gate, \(gate.pools.map(\.rawValue).joined(separator: " + ")), hidden "
          + "\(gate.hidden.weight.value.shape[1])", output: [features[3]], parameters: weights + biases,
        multiplyAdds: gate.pools.count * weights)
    }
    if let gate = attention.spatialGate {
      if let reduce = gate.reduce {
        try convolution(reduce, nil, relu: false)
      } else {
        shape = [1, features[1], features[2], 2]
      }
      let geometry = try gate.convolution.checkedGeometry(of: shape)
      shape = geometry.outputShape
      add(
        "\(block).cbam.SpatialGate",
        "spatial gate \(geometry.kernel)\(gate.norm == nil ? "" : ", batch norm")",
        parameters: geometry.weightShape.count + (gate.norm == nil ? 0 : 2),
        multiplyAdds: geometry.multiplyAdds)
    }
    shape = features
  }
}
