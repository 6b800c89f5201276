import FoveaTensor

/// The two-dimensional convolution (cross-correlation, as in every framework of the field).
///
/// Activations are [N, H, W, C]; weights are [kh, kw, C/groups, O]. Every output element is one chain of multiply-adds in
/// the order (row, column, channel) of its patch, whatever tile or batch it is in.
public enum Conv2D {
  /// output[n, h, w, o] = Σ input[n, h·stride + i·dilation − padding, …, c] · weight[i, j, c, o]
  ///
  /// - Returns: [N, H', W', O].
  public static func forward(
    _ x: Tensor, weight: Tensor, geometry: Conv2DGeometry, engine: EngineOptions = EngineOptions()
  ) -> Tensor {
    forward(Activations(x), weight: weight, geometry: geometry, engine: engine, storing: .fp32).tensor
  }

  /// The same for activations.
  ///
  /// - Parameter precision: that the output is stored in.
  public static func forward(
    _ x: Activations, weight: Tensor, geometry: Conv2DGeometry, engine: EngineOptions,
    storing precision: EngineOptions.Precision
  ) -> Activations {
    product(x, weight, geometry, engine, precision, wantsStatistics: false).output
  }

  /// The forward product, with the output's mean and biased variance over N, H' and W', gathered while each piece of it
  /// is in cache. They come from every spatial piece's own mean and squared deviations, combined in double precision, and
  /// keep their digits where the mean is large against the deviation.
  public static func forwardWithStatistics(
    _ x: Tensor, weight: Tensor, geometry: Conv2DGeometry, engine: EngineOptions = EngineOptions()
  ) -> (output: Tensor, statistics: ChannelStatistics) {
    let (output, statistics) = forwardWithStatistics(
      Activations(x), weight: weight, geometry: geometry, engine: engine, storing: .fp32)
    return (output.tensor, statistics)
  }

  /// The same for activations. The statistics are those of the output as it is stored.
  ///
  /// - Parameter precision: that the output is stored in.
  public static func forwardWithStatistics(
    _ x: Activations, weight: Tensor, geometry: Conv2DGeometry, engine: EngineOptions,
    storing precision: EngineOptions.Precision
  ) -> (output: Activations, statistics: ChannelStatistics) {
    let (output, statistics) = product(x, weight, geometry, engine, precision, wantsStatistics: true)
    return (output, statistics!)
  }

  private static func product(
    _ x: Activations, _ weight: Tensor, _ geometry: Conv2DGeometry, _ engine: EngineOptions,
    _ precision: EngineOptions.Precision, wantsStatistics: Bool
  ) -> (output: Activations, statistics: ChannelStatistics?) {
    check(x.shape, weight, geometry)
    let shape = geometry.outputShape
    let (x, geometry) = gathered(x, geometry)
    return product(
      Correlation(forward: geometry), of: x, weight: weight, shape: shape, engine: engine, storing: precision,
      wantsStatistics: wantsStatistics)
  }

  /// The gradient of the input: a convolution of the output's gradient with the turned weight.
  ///
  /// - Parameter dOutput: [N, H', W', O].
  /// - Returns: [N, H, W, C].
  public static func backwardInput(
    _ dOutput: Tensor, weight: Tensor, geometry: Conv2DGeometry, engine: EngineOptions = EngineOptions()
  ) -> Tensor {
    precondition(
      dOutput.shape == geometry.outputShape, "dOutput \(dOutput.shape), expected \(geometry.outputShape)")
    precondition(
      weight.shape == geometry.weightShape, "weight \(weight.shape), expected \(geometry.weightShape)")
    return product(
      Correlation(inputGradient: geometry), of: Activations(dOutput), weight: weight,
      shape: geometry.inputShape, engine: engine
    ).output.tensor
  }

  /// The gradient of the weight, summed over the batch.
  ///
  /// - Parameters:
  ///   - dOutput: [N, H', W', O].
  ///   - input: [N, H, W, C].
  /// - Returns: [kh, kw, C/groups, O].
  public static func backwardWeight(
    _ dOutput: Tensor, input: Tensor, geometry: Conv2DGeometry, engine: EngineOptions = EngineOptions()
  ) -> Tensor {
    backwardWeight(dOutput, input: Activations(input), geometry: geometry, engine: engine)
  }

  /// The same for activations.
  public static func backwardWeight(
    _ dOutput: Tensor, input: Activations, geometry: Conv2DGeometry, engine: EngineOptions
  ) -> Tensor {
    precondition(
      dOutput.shape == geometry.outputShape, "dOutput \(dOutput.shape), expected \(geometry.outputShape)")
    precondition(input.shape == geometry.inputShape, "input \(input.shape), expected \(geometry.inputShape)")
    precondition(engine.precision.isAvailable, "\(engine.precision) is not available; see checkAvailable()")
    let (input, geometry) = gathered(input, geometry)
    let floats = Correlation(forward: geometry)
    let plan = ConvolutionPlan(weightGradient: floats, precision: engine.precision)
    let outputs = floats.winogradOutputs(engine, for: .weightGradient, isa: plan.panels.isa)
    let source = outputs == nil && plan.precision == .fp32 ? input.stored(in: .fp32) : input
    let correlation = floats.narrowed(source: source.precision == .bf16, target: false)
    return Tensor(geometry.weightShape, lifetime: .lasting) { dWeight in
      withFloats(source.values, dOutput) { source, dOutput in
        let dWeight = dWeight.baseAddress!
        guard let outputs else {
          return WeightGradient(correlation, plan: plan, source: source, dOutput: dOutput, dWeight: dWeight)
            .run()
        }
        if WinogradPanelGradient.pays(correlation, outputs: outputs) {
          WinogradPanelGradient(
            correlation, outputs: outputs, panels: plan.panels, source: source, dOutput: dOutput,
            dWeight: dWeight
          ).run()
        } else {
          WinogradWeightGradient(
            correlation, outputs: outputs, panels: plan.panels, source: source, dOutput: dOutput,
            dWeight: dWeight
          ).run()
        }
      }
    }
  }

  /// A strided 1×1 convolution's input and geometry as those of a plain product; others as they are.
  private static func gathered(
    _ x: Activations, _ geometry: Conv2DGeometry
  ) -> (Activations, Conv2DGeometry) {
    guard let pixels = StridedPixels(geometry) else { return (x, geometry) }
    let values = pixels.gather(x.values)
    return (x.precision == .fp32 ? Activations(values) : Activations(units: values), pixels.geometry)
  }

  private static func check(_ x: Shape, _ weight: Tensor, _ geometry: Conv2DGeometry) {
    precondition(x == geometry.inputShape, "input \(x), expected \(geometry.inputShape)")
    precondition(
      weight.shape == geometry.weightShape, "weight \(weight.shape), expected \(geometry.weightShape)")
  }

  /// Runs a correlation.
  ///
  /// - Parameters:
  ///   - bias: [target channels], added to every sum.
  ///   - precision: that the output is stored in.
  static func product(
    _ correlation: Correlation, of source: Activations, weight: Tensor, bias: Tensor? = nil, shape: Shape,
    engine: EngineOptions = .direct, storing precision: EngineOptions.Precision = .fp32,
    wantsStatistics: Bool = false
  ) -> (output: Activations, statistics: ChannelStatistics?) {
    precondition(engine.precision.isAvailable, "\(engine.precision) is not available; see checkAvailable()")
    let plan = ConvolutionPlan(correlation, precision: engine.precision)
    let use: Correlation.WinogradUse = wantsStatistics || correlation.isTurned ? .training : .inference
    let outputs = correlation.winogradOutputs(engine, for: use, isa: plan.panels.isa)
    // Direct products of 32-bit factors read and write floats alone.
    guard outputs != nil || plan.precision == .bf16 || (source.precision == .fp32 && precision == .fp32)
    else {
      let (output, statistics) = product(
        correlation, of: source.stored(in: .fp32), weight: weight, bias: bias, shape: shape, engine: engine,
        wantsStatistics: wantsStatistics)
      let stored = output.stored(in: precision)
      return (
        stored, wantsStatistics && precision == .bf16 ? BatchNorm.statistics(stored.tensor) : statistics
      )
    }
    let correlation = correlation.narrowed(source: source.precision == .bf16, target: precision == .bf16)
    var statistics: ChannelStatistics?
    let output = Activations(shape, precision) { target in
      source.values.withFloats { source in
        let run = Run(
          correlation: correlation, panels: plan.panels, source: source, target: target,
          wantsStatistics: wantsStatistics)
        if let outputs {
          precondition(bias == nil, "a linear layer is no 3×3 convolution")
          statistics = run.winograd(weight, outputs: outputs, for: use)
        } else {
          statistics = run.direct(weight, bias: bias, plan)
        }
      }
    }
    return (output, statistics)
  }

  /// A correlation, where it reads and where it writes.
  private struct Run {
    let correlation: Correlation
    let panels: Panels
    let source: Floats
    let target: MutableFloats
    let wantsStatistics: Bool

    func direct(_ weight: Tensor, bias: Tensor?, _ plan: ConvolutionPlan) -> ChannelStatistics? {
      let packed =
        plan.algorithm == .depthwise
        ? PackedWeight(unpacked: weight)
        : PackedWeight(weight, for: correlation, plan.panels, precision: plan.precision)
      return bias.withFloats { bias in
        let products = BandProducts(
          correlation, plan: plan, weight: packed, epilogue: Epilogue(bias: bias), source: source,
          target: target)
        return statistics(products.spatialPieces, products.pixelCounts) { products.run(moments: $0) }
      }
    }

    func winograd(
      _ weight: Tensor, outputs: Int, for use: Correlation.WinogradUse
    ) -> ChannelStatistics? {
      guard WinogradPanelProducts.pays(correlation, outputs: outputs, for: use) else {
        let transformed = WinogradWeight(weight, for: correlation, outputs: outputs, panels)
        let products = WinogradProducts(
          correlation, for: use, panels: panels, weight: transformed, source: source, target: target)
        return statistics(products.spatialPieces, products.pixelCounts) { products.run(moments: $0) }
      }
      return weight.withFloats { weight in
        let products = WinogradPanelProducts(
          correlation, outputs: outputs, panels: panels, weight: .natural(weight), source: source,
          target: target)
        return statistics(products.spatialPieces, products.pixelCounts) { products.run(moments: $0) }
      }
    }

    /// Has products computed, and what statistics of their outputs are wanted.
    private func statistics(
      _ pieces: Int, _ pixelCounts: @autoclosure () -> [Int], _ products: (Moments?) -> Void
    ) -> ChannelStatistics? {
      guard wantsStatistics else {
        products(nil)
        return nil
      }
      return Moments.with(pieces: pieces, channels: correlation.target.channels, isa: panels.isa) {
        products($0)
        return $0.combined(counts: pixelCounts())
      }
    }
  }
}
