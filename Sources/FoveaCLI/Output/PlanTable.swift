import FoveaNN
import FoveaOps

/// How the engine computes a network's convolutions, as a table.
struct PlanTable {
  let plans: [LayerPlan]

  init(_ plans: [LayerPlan]) { self.plans = plans }

  var text: String {
    var table = TextTable(["layer", "product", "plan"], [.left, .left, .left])
    for (index, plan) in plans.enumerated() {
      let isFirst = index == 0 || plans[index - 1].layer != plan.layer
      table.add([isFirst ? plan.layer : "", plan.product.title, plan.description])
    }
    return table.text
  }

  var json: JSONText {
    .array(
      plans.map {
        .object([
          ("layer", .string($0.layer)), ("product", .string($0.product.title)),
          ("algorithm", .string($0.algorithm)), ("cut", .string($0.description)),
        ])
      })
  }
}

extension ConvolutionPlan.Product {
  fileprivate var title: String {
    switch self {
    case .forward: "forward"
    case .inputGradient: "input gradient"
    case .weightGradient: "weight gradient"
    }
  }
}
