import CFoveaKernels
import FoveaTensor

/// A convolution whose weight does not change any more, for inference: its weight is packed (or transformed) once, and
/// what follows the sums, bias, residual and ReLU, happens before they are written.
///
/// An output pixel's bits do not depend on the batch that its image is in. Use it on one thread at a time.
public final class PreparedConvolution {
  public let weightShape: Shape  // [kh, kw, C/groups, O]
  /// Nil once `settle` has packed it for good.
  private var weight: Tensor?
  /// Multiplies each output channel's weights while they are packed, so that no scaled copy stays; nil for 1.
  private let gain: Tensor?  // [1, O]
  private let bias: Tensor  // [O]
  private let stride, padding: Size2D
  private let groups: Int
  private let engine: EngineOptions
  /// Packed for the instruction set and the algorithm of the last call: they change in tests alone.
  private var packed: (key: PackingKey, weight: Packed)?
  /// Where the extents stay the same from call to call, nothing is planned anew.
  private var planned: (input: Shape, isa: fk_isa, plan: Planned)?

  private struct PackingKey: Hashable {
    let panels: Panels
    let winogradOutputs: Int?
  }

  private enum Packed {
    case direct(PackedWeight)
    case winograd(WinogradWeight)
    /// Transformed anew in each call, panel by panel: m of F(m×m, 3×3).
    case winogradPanels(WinogradKernels, outputs: Int)
  }

  private struct Planned {
    /// Nil where the input is read as it is.
    let pixels: StridedPixels?
    let geometry: Conv2DGeometry
    let correlation: Correlation
    let plan: ConvolutionPlan
    let winogradOutputs: Int?

    /// Whether its kernels read and write activations in bf16.
    var takesUnits: Bool { winogradOutputs != nil || plan.precision == .bf16 }
  }

  /// - Parameters:
  ///   - weight: [kh, kw, C/groups, O].
  ///   - bias: [O].
  ///   - padding: zeros on each side.
  public convenience init(
    weight: Tensor, bias: Tensor, stride: Size2D = .one, padding: Size2D = .zero, groups: Int = 1,
    engine: EngineOptions = EngineOptions()
  ) {
    self.init(weight: weight, gain: nil, bias: bias, stride, padding, groups: groups, engine)
  }

  private init(
    weight: Tensor, gain: Tensor?, bias: Tensor, _ stride: Size2D, _ padding: Size2D, groups: Int,
    _ engine: EngineOptions
  ) {
    precondition(
      weight.shape.rank == 4 && bias.shape == [weight.shape[3]],
      "bias \(bias.shape) of weight \(weight.shape)")
    weightShape = weight.shape
    self.weight = weight
    self.gain = gain
    self.bias = bias
    self.stride = stride
    self.padding = padding
    self.groups = groups
    self.engine = engine
  }

  /// Packs a weight in the place of its own, for inputs of this size alone, and keeps no other copy of it.
  ///
  /// - Parameters:
  ///   - weight: of the shape of the one that it was made with.
  ///   - input: [N, H, W, C]; N does not matter.
  public func settle(on weight: Tensor, for input: Shape) {
    precondition(weight.shape == weightShape, "weight \(weight.shape), expected \(weightShape)")
    self.weight = weight
    packed = nil
    prepare(for: input)
    // Depthwise kernels read the weight as it is.
    if packed != nil { self.weight = nil }
  }

  /// Does what the first call for inputs of this shape would do before it computes. After that, and until it gets others,
  /// several threads may use it at a time.
  public func prepare(for input: Shape) {
    let planned = planned(for: input)
    if planned.plan.algorithm != .depthwise { _ = packedWeight(planned) }
  }

  /// Convolution, + bias, + residual, and with `relu` max(0, ·).
  ///
  /// - Parameters:
  ///   - x: [N, H, W, C].
  ///   - residual: [N, H', W', O], or nil.
  /// - Returns: [N, H', W', O].
  public func callAsFunction(_ x: Tensor, residual: Tensor? = nil, relu: Bool) -> Tensor {
    self(Activations(x), residual: residual.map { Activations($0) }, relu: relu).tensor
  }

  /// The packed weight; none before it is packed.
  public var ahead: Ahead {
    switch packed?.weight {
    case nil: .none
    case .direct(let weight): Ahead(weight.scalars)
    case .winogradPanels(let kernels, _): Ahead(kernels.scalars)
    case .winograd(let weight): Ahead(weight.planes)
    }
  }

  /// The same for activations.
  ///
  /// - Parameters:
  ///   - precision: that the output is stored in.
  ///   - later: what is fetched meanwhile.
  public func callAsFunction(
    _ x: Activations, residual: Activations? = nil, relu: Bool,
    storing precision: EngineOptions.Precision = .fp32, fetching later: Ahead = .none
  ) -> Activations {
    let planned = planned(for: x.shape)
    let shape = planned.geometry.outputShape
    precondition(
      residual.map { $0.shape == shape } ?? true, "residual \(residual?.shape ?? []) of \(shape)")
    let areFloats = x.precision == .fp32 && precision == .fp32
    guard areFloats || planned.takesUnits else {
      return self(x.stored(in: .fp32), residual: residual, relu: relu).stored(in: precision)
    }
    let residual = residual?.stored(in: precision).values
    if planned.plan.algorithm == .depthwise {
      return Activations(depthwise(x.values, planned, residual, relu))
    }
    let weight = packedWeight(planned)
    let correlation = planned.correlation.narrowed(source: x.precision == .bf16, target: precision == .bf16)
    let x = planned.pixels?.gather(x.values) ?? x.values
    return Activations(shape, precision) { target in
      x.withFloats { source in
        bias.withFloats { bias in
          func run(_ residual: Floats?) {
            let epilogue = Epilogue(bias: bias, residual: residual, relu: relu, later: later)
            switch weight {
            case .direct(let weight):
              BandProducts(
                correlation, plan: planned.plan, weight: weight, epilogue: epilogue, source: source,
                target: target
              ).run()
            case .winograd(let weight):
              WinogradProducts(
                correlation, for: .inference, panels: planned.plan.panels, weight: weight,
                epilogue: epilogue, source: source, target: target
              ).run()
            case .winogradPanels(let kernels, let outputs):
              WinogradPanelProducts(
                correlation, outputs: outputs, panels: planned.plan.panels, weight: .packed(kernels),
                epilogue: epilogue, source: source, target: target
              ).run()
            }
          }
          residual.withFloats(run)
        }
      }
    }
  }

  public var inChannels: Int { weightShape[2] * groups }
  public var outChannels: Int { weightShape[3] }

  /// [N, H, W, C] → [N, H', W', O]
  public func outputShape(of input: Shape) -> Shape { geometry(of: input).outputShape }

  private func geometry(of input: Shape) -> Conv2DGeometry {
    do {
      return try Conv2DGeometry(
        input: input, outChannels: weightShape[3],
        kernel: Size2D(height: weightShape[0], width: weightShape[1]), stride: stride, padding: padding,
        groups: groups)
    } catch {
      preconditionFailure("\(error)")
    }
  }

  private func planned(for input: Shape) -> Planned {
    let isa = fk_selected()
    if let planned, planned.input == input, planned.isa == isa { return planned.plan }
    let geometry = geometry(of: input)
    precondition(
      weightShape == geometry.weightShape, "weight \(weightShape), expected \(geometry.weightShape)")
    let pixels = StridedPixels(geometry)
    let correlation = Correlation(forward: pixels?.geometry ?? geometry)
    precondition(engine.precision.isAvailable, "\(engine.precision) is not available; see checkAvailable()")
    let plan = ConvolutionPlan(correlation, precision: engine.precision)
    let result = Planned(
      pixels: pixels, geometry: geometry, correlation: correlation, plan: plan,
      winogradOutputs: correlation.winogradOutputs(
        engine, for: .inference, isa: isa))
    planned = (input, isa, result)
    return result
  }

  private func packedWeight(_ planned: Planned) -> Packed {
    let key = PackingKey(panels: planned.plan.panels, winogradOutputs: planned.winogradOutputs)
    if let packed, packed.key == key { return packed.weight }
    let result: Packed =
      if let outputs = planned.winogradOutputs {
        if WinogradPanelProducts.pays(planned.correlation, outputs: outputs, for: .inference) {
          .winogradPanels(
            WinogradKernels(wholeWeight, scaledBy: gain, for: planned.correlation, planned.plan.panels),
            outputs: outputs)
        } else {
          .winograd(
            WinogradWeight(scaledWeight, for: planned.correlation, outputs: outputs, planned.plan.panels))
        }
      } else {
        .direct(packedDirectly(planned))
      }
    packed = (key, result)
    return result
  }

  private func packedDirectly(_ planned: Planned) -> PackedWeight {
    let (correlation, plan) = (planned.correlation, planned.plan)
    // Factors are rounded to bf16 when they are scaled already.
    return plan.precision == .fp32
      ? PackedWeight(wholeWeight, scaledBy: gain, for: correlation, plan.panels)
      : PackedWeight(scaledWeight, for: correlation, plan.panels, precision: plan.precision)
  }

  private var wholeWeight: Tensor {
    guard let weight else { preconditionFailure("settled on inputs of another size") }
    return weight
  }

  private var scaledWeight: Tensor {
    let weight = wholeWeight
    guard let gain else { return weight }
    let channels = gain.count
    return Tensor(filling: weight.shape) { scaled in
      withFloats(weight, gain) { weight, gain in
        RowPieces(rows: weightShape.count / channels, floatsPerRow: channels).forEach { _, rows in
          let first = rows.lowerBound * channels
          fk_scale_columns(scaled + first, weight + first, gain, rows.count, channels)
        }
      }
    }
  }

  /// Depthwise kernels end with their sums; the rest is a pass of its own.
  private func depthwise(_ x: Tensor, _ planned: Planned, _ residual: Tensor?, _ relu: Bool) -> Tensor {
    let sums = Conv2D.forward(x, weight: scaledWeight, geometry: planned.geometry, engine: engine)
    let biased = BatchNorm.forward(
      sums,
      BatchNorm.Transform(
        gamma: Tensor(repeating: 1, shape: bias.shape), beta: bias, mean: Tensor(zeros: bias.shape),
        variance: Tensor(repeating: 1, shape: bias.shape), epsilon: 0, relu: relu && residual == nil))
    return residual.map { Elementwise.add(biased, $0, relu: relu) } ?? biased
  }
}

extension PreparedConvolution {
  /// A batch normalisation with its running statistics: all [O].
  public struct Normalization: Sendable {
    public let gamma, beta, mean, variance: Tensor
    /// Added to the variance.
    public let epsilon: Float

    public init(gamma: Tensor, beta: Tensor, mean: Tensor, variance: Tensor, epsilon: Float) {
      self.gamma = gamma
      self.beta = beta
      self.mean = mean
      self.variance = variance
      self.epsilon = epsilon
    }

    /// gamma / √(variance + epsilon)
    fileprivate var gain: [Double] {
      zip(gamma.scalars, variance.scalars).map { Double($0) / (Double($1) + Double(epsilon)).squareRoot() }
    }
  }

  /// A convolution and the batch normalisation behind it, as one: weight · gain, and beta − mean · gain as the bias, with
  /// gain = gamma / √(variance + epsilon).
  ///
  /// - Parameter weight: [kh, kw, C/groups, O].
  public convenience init(
    folding norm: Normalization, into weight: Tensor, stride: Size2D, padding: Size2D, groups: Int,
    engine: EngineOptions
  ) {
    let gain = norm.gain
    let channels = gain.count
    let bias = zip(gain, zip(norm.beta.scalars, norm.mean.scalars)).map { gain, values in
      Float(Double(values.0) - Double(values.1) * gain)
    }
    let factors = Tensor(gain.map { Float($0) }, shape: [1, channels])
    self.init(
      weight: weight, gain: factors, bias: Tensor(bias, shape: [channels]), stride, padding, groups: groups,
      engine)
  }
}
