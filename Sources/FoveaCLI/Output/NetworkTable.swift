import FoveaNN
import FoveaTensor

/// A network's layers as a table, with their sums.
struct NetworkTable {
  let layers: [LayerSummary]

  init(_ layers: [LayerSummary]) { self.layers = layers }

  var parameters: Int { layers.reduce(0) { $0 + $1.parameters } }
  var multiplyAdds: Int { layers.reduce(0) { $0 + $1.multiplyAdds } }

  var text: String {
    var table = TextTable(
      ["layer", "kind", "output", "parameters", "multiply-adds"], [.left, .left, .right, .right, .right])
    for layer in layers {
      table.add([
        layer.name, layer.kind, layer.outputShape.dimensions.map(String.init).joined(separator: "×"),
        layer.parameters > 0 ? grouped(layer.parameters) : "",
        layer.multiplyAdds > 0 ? grouped(layer.multiplyAdds) : "",
      ])
    }
    table.add(["total", "", "", grouped(parameters), grouped(multiplyAdds)])
    return table.text
  }

  var json: JSONText {
    .object([
      (
        "layers",
        .array(
          layers.map {
            .object([
              ("name", .string($0.name)), ("kind", .string($0.kind)),
              ("output", .array($0.outputShape.dimensions.map { .int($0) })),
              ("parameters", .int($0.parameters)),
              ("multiply_adds", .int($0.multiplyAdds)),
            ])
          })
      ), ("parameters", .int(parameters)), ("multiply_adds", .int(multiplyAdds)),
    ])
  }
}
