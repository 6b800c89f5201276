import FoveaOps
import FoveaTensor

extension Tape {
  /// `Pool2D.maximum`: x [N, H, W, C] → [N, H', W', C].
  public func maxPool(_ x: Variable, _ window: Pool2D.Window) -> Variable {
    let (output, saved) = Pool2D.maximum(x.activations, window)
    return record(output, inputs: [x]) { dOutput, _ in [Pool2D.maximumBackward(dOutput, saved)] }
  }

  /// `Pool2D.average`: x [N, H, W, C] → [N, H', W', C].
  public func averagePool(_ x: Variable, _ window: Pool2D.Window) -> Variable {
    let shape = x.shape
    return record(Pool2D.average(x.value, window), inputs: [x]) { dOutput, _ in
      [Pool2D.averageBackward(dOutput, window, inputShape: shape)]
    }
  }

  /// The mean over H and W: x [N, H, W, C] → [N, C].
  public func globalAveragePool(_ x: Variable) -> Variable {
    let shape = x.shape
    return record(GlobalPool.average(x.value), inputs: [x]) { dOutput, _ in
      [GlobalPool.averageBackward(dOutput, inputShape: shape)]
    }
  }

  /// The maximum over H and W: x [N, H, W, C] → [N, C].
  public func globalMaxPool(_ x: Variable) -> Variable {
    let (output, saved) = GlobalPool.maximum(x.value)
    return record(output, inputs: [x]) { dOutput, _ in [GlobalPool.maximumBackward(dOutput, saved)] }
  }

  /// Maximum and mean over the channels: x [N, H, W, C] → [N, H, W, 2].
  public func poolChannels(_ x: Variable) -> Variable {
    let (output, saved) = ChannelPool.forward(x.value)
    return record(output, inputs: [x]) { dOutput, _ in [ChannelPool.backward(dOutput, saved)] }
  }

  /// `PaddingShortcut.forward`: x [N, H, W, C] → [N, ⌈H/stride⌉, ⌈W/stride⌉, outChannels].
  public func paddingShortcut(_ x: Variable, stride: Int, outChannels: Int) -> Variable {
    let shape = x.shape
    let input = x.saved
    let output = PaddingShortcut.forward(x.activations, stride: stride, outChannels: outChannels)
    let saved = SavedValue {
      PaddingShortcut.forward(input.activations, stride: stride, outChannels: outChannels)
    }
    return record(output, inputs: [x], saved: saved) { dOutput, _ in
      [PaddingShortcut.backward(dOutput, input: shape, stride: stride)]
    }
  }
}
