import FoveaOps
import FoveaTensor

extension Tape {
  public func relu(_ x: Variable) -> Variable {
    let output = Activation.relu(x.value)
    return record(output, inputs: [x]) { dOutput, _ in
      [Activation.reluBackward(dOutput, output: output)]
    }
  }

  public func sigmoid(_ x: Variable) -> Variable {
    let output = Activation.sigmoid(x.value)
    return record(output, inputs: [x]) { dOutput, _ in
      [Activation.sigmoidBackward(dOutput, output: output)]
    }
  }

  /// a + b, of one shape; with `relu`, max(0, a + b).
  public func add(_ a: Variable, _ b: Variable, relu: Bool = false) -> Variable {
    let output = Elementwise.add(a.value, b.value, relu: relu)
    return record(output, inputs: [a, b]) { dOutput, _ in
      let gradient = relu ? Activation.reluBackward(dOutput, output: output) : dOutput
      return [gradient, gradient]
    }
  }

  /// Each channel of each image times its own number: x [N, H, W, C], scale [N, C].
  public func scaleChannels(_ x: Variable, by scale: Variable) -> Variable {
    let (input, factors) = (x.saved, scale.value)
    return record(ChannelScale.forward(x.value, scale: factors), inputs: [x, scale]) { dOutput, _ in
      let gradients = ChannelScale.backward(dOutput, input.value, scale: factors)
      return [gradients.dInput, gradients.dScale]
    }
  }

  /// Each pixel times its own number: x [N, H, W, C], map [N, H, W, 1].
  public func scalePixels(_ x: Variable, by map: Variable) -> Variable {
    let (input, factors) = (x.saved, map.value)
    return record(SpatialScale.forward(x.value, map: factors), inputs: [x, map]) { dOutput, _ in
      let gradients = SpatialScale.backward(dOutput, input.value, map: factors)
      return [gradients.dInput, gradients.dMap]
    }
  }

  /// Joins along the last axis.
  public func concatenate(_ inputs: [Variable]) -> Variable {
    let channels = inputs.map { $0.shape[$0.shape.rank - 1] }
    return record(Concat.forward(inputs.map(\.value)), inputs: inputs) { dOutput, _ in
      Concat.backward(dOutput, channels: channels)
    }
  }
}
