import FoveaOps
import FoveaTensor

// Convolutions and linear layers.
extension Tape {
  /// `Conv2D.forward`: x [N, H, W, C], weight [kh, kw, C/groups, O] → [N, H', W', O].
  public func convolution(
    _ x: Variable, weight: Variable, geometry: Conv2DGeometry, engine: EngineOptions = EngineOptions()
  ) -> Variable {
    let output = Conv2D.forward(
      x.activations, weight: weight.value, geometry: geometry, engine: engine,
      storing: engine.storage(channels: geometry.outChannels))
    return record(convolution: x, weight, geometry, engine, output)
  }

  /// `convolution`, with the mean and variance of each output channel for the batch normalisation that follows.
  ///
  /// Gradients do not go through the statistics here: `batchNorm` takes them as those of its own input.
  public func convolutionWithStatistics(
    _ x: Variable, weight: Variable, geometry: Conv2DGeometry, engine: EngineOptions = EngineOptions()
  ) -> (output: Variable, statistics: ChannelStatistics) {
    let (output, statistics) = Conv2D.forwardWithStatistics(
      x.activations, weight: weight.value, geometry: geometry, engine: engine,
      storing: engine.storage(channels: geometry.outChannels))
    return (record(convolution: x, weight, geometry, engine, output), statistics)
  }

  private func record(
    convolution x: Variable, _ weight: Variable, _ geometry: Conv2DGeometry, _ engine: EngineOptions,
    _ output: Activations
  ) -> Variable {
    let (input, kernel) = (x.saved, weight.value)
    let saved =
      engine.memory == .keep
      ? nil
      : SavedValue {
        Conv2D.forwardWithStatistics(
          input.activations, weight: kernel, geometry: geometry, engine: engine,
          storing: engine.storage(channels: geometry.outChannels)
        ).output
      }
    return record(output, inputs: [x, weight], saved: saved) { dOutput, needs in
      // The weight's first: its scratch memory is the larger, and the input's gradient need not wait beside it.
      let dWeight =
        needs[1]
        ? Conv2D.backwardWeight(dOutput, input: input.activations, geometry: geometry, engine: engine) : nil
      let dInput =
        needs[0] ? Conv2D.backwardInput(dOutput, weight: kernel, geometry: geometry, engine: engine) : nil
      return [dInput, dWeight]
    }
  }

  /// `Linear.forward`: x [N, I], weight [I, O], bias [O] → [N, O].
  public func linear(_ x: Variable, weight: Variable, bias: Variable?) -> Variable {
    let (input, matrix) = (x.value, weight.value)
    let output = Linear.forward(input, weight: matrix, bias: bias?.value)
    return record(output, inputs: [x, weight] + (bias.map { [$0] } ?? [])) { dOutput, needs in
      var wanted: Linear.Needs = []
      if needs[0] { wanted.insert(.input) }
      if needs[1] { wanted.insert(.weight) }
      if bias != nil && needs[2] { wanted.insert(.bias) }
      let gradients = Linear.backward(dOutput, x: input, weight: matrix, needs: wanted)
      let all = [gradients.dInput, gradients.dWeight, gradients.dBias]
      return Array(all.prefix(bias == nil ? 2 : 3))
    }
  }
}
