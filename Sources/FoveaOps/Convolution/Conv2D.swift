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
    check(x, weight, geometry)
    let (x, geometry) = gathered(x, geometry)
    return product(
      Correlation(forward: geometry), of: x, weight: weight, shape: geometry.outputShape, engine: engine
    ).output
  }

  /// The forward product, with the output's mean and biased variance over N, H' and W', gathered while each piece of it
  /// is in cache. They come from every spatial piece's own mean and squared deviations, combined in double precision, and
  /// keep their digits where the mean is large against the deviation.
  public static func forwardWithStatistics(
    _ x: Tensor, weight: Tensor, geometry: Conv2DGeometry, engine: EngineOptions = EngineOptions()
  ) -> (output: Tensor, statistics: ChannelStatistics) {
    check(x, weight, geometry)
    let (x, geometry) = gathered(x, geometry)
    let (output, statistics) = product(
      Correlation(forward: geometry), of: x, weight: weight, shape: geometry.outputShape, engine: engine,
      wantsStatistics: true)
    return (output, statistics!)
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
      Correlation(inputGradient: geometry), of: dOutput, weight: weight, shape: geometry.inputShape,
      engine: engine
    ).output
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
    precondition(
      dOutput.shape == geometry.outputShape, "dOutput \(dOutput.shape), expected \(geometry.outputShape)")
    precondition(input.shape == geometry.inputShape, "input \(input.shape), expected \(geometry.inputShape)")
    precondition(engine.precision.isAvailable, "\(engine.precision) is not available; see checkAvailable()")
    let (input, geometry) = gathered(input, geometry)
    let correlation = Correlation(forward: geometry)
    return Tensor(geometry.weightShape, lifetime: .lasting) { dWeight in
      input.withUnsafeBufferPointer { input in
        dOutput.withUnsafeBufferPointer { dOutput in
          let plan = ConvolutionPlan(weightGradient: correlation, precision: engine.precision)
          if let outputs = correlation.winogradOutputs(engine, for: .weightGradient, isa: plan.panels.isa) {
            if WinogradPanelGradient.pays(correlation, outputs: outputs) {
              return WinogradPanelGradient(
                correlation, outputs: outputs, panels: plan.panels, source: input.baseAddress!,
                dOutput: dOutput.baseAddress!, dWeight: dWeight.baseAddress!
              ).run()
            }
            return WinogradWeightGradient(
              correlation, outputs: outputs, panels: plan.panels, source: input.baseAddress!,
              dOutput: dOutput.baseAddress!, dWeight: dWeight.baseAddress!
            ).run()
          }
          WeightGradient(
            correlation, plan: plan, source: input.baseAddress!,
            dOutput: dOutput.baseAddress!, dWeight: dWeight.baseAddress!
          ).run()
        }
      }
    }
  }

  /// A strided 1×1 convolution's input and geometry as those of a plain product; others as they are.
  private static func gathered(_ x: Tensor, _ geometry: Conv2DGeometry) -> (Tensor, Conv2DGeometry) {
    guard let pixels = StridedPixels(geometry) else { return (x, geometry) }
    return (pixels.gather(x), pixels.geometry)
  }

  private static func check(_ x: Tensor, _ weight: Tensor, _ geometry: Conv2DGeometry) {
    precondition(x.shape == geometry.inputShape, "input \(x.shape), expected \(geometry.inputShape)")
    precondition(
      weight.shape == geometry.weightShape, "weight \(weight.shape), expected \(geometry.weightShape)")
  }

  /// Runs a correlation.
  ///
  /// - Parameter bias: [target channels], added to every sum.
  static func product(
    _ correlation: Correlation, of source: Tensor, weight: Tensor, bias: Tensor? = nil, shape: Shape,
    engine: EngineOptions = .direct, wantsStatistics: Bool = false
  ) -> (output: Tensor, statistics: ChannelStatistics?) {
    precondition(engine.precision.isAvailable, "\(engine.precision) is not available; see checkAvailable()")
    let plan = ConvolutionPlan(correlation, precision: engine.precision)
    let use: Correlation.WinogradUse = wantsStatistics || correlation.isTurned ? .training : .inference
    if let outputs = correlation.winogradOutputs(engine, for: use, isa: plan.panels.isa) {
      precondition(bias == nil, "a linear layer is no 3×3 convolution")
      return winogradProduct(
        correlation, plan.panels, outputs: outputs, for: use, of: source, weight: weight, shape: shape,
        wantsStatistics: wantsStatistics)
    }
    let packed =
      plan.algorithm == .depthwise
      ? PackedWeight(unpacked: weight)
      : PackedWeight(weight, for: correlation, plan.panels, precision: plan.precision)
    var statistics: ChannelStatistics?
    let output = Tensor(shape) { target in
      source.withUnsafeBufferPointer { source in
        let products = BandProducts(
          correlation, plan: plan, weight: packed,
          epilogue: Epilogue(bias: bias?.withUnsafeBufferPointer { $0.baseAddress! }),
          source: source.baseAddress!, target: target.baseAddress!)
        guard wantsStatistics else { return products.run() }
        statistics = Moments.with(
          pieces: products.spatialPieces, channels: correlation.target.channels, isa: plan.panels.isa
        ) {
          products.run(moments: $0)
          return $0.combined(counts: products.pixelCounts)
        }
      }
    }
    withExtendedLifetime((packed, bias)) {}
    return (output, statistics)
  }

  private static func winogradProduct(
    _ correlation: Correlation, _ panels: Panels, outputs: Int, for use: Correlation.WinogradUse,
    of source: Tensor, weight: Tensor, shape: Shape, wantsStatistics: Bool
  ) -> (output: Tensor, statistics: ChannelStatistics?) {
    if WinogradPanelProducts.pays(correlation, outputs: outputs, for: use) {
      return winogradPanelProduct(
        correlation, panels, outputs: outputs, of: source, weight: weight, shape: shape,
        wantsStatistics: wantsStatistics)
    }
    var statistics: ChannelStatistics?
    let transformed = WinogradWeight(weight, for: correlation, outputs: outputs, panels)
    let output = Tensor(shape) { target in
      source.withUnsafeBufferPointer { source in
        let products = WinogradProducts(
          correlation, for: use, panels: panels, weight: transformed, source: source.baseAddress!,
          target: target.baseAddress!)
        guard wantsStatistics else { return products.run() }
        statistics = Moments.with(
          pieces: products.spatialPieces, channels: correlation.target.channels, isa: panels.isa
        ) {
          products.run(moments: $0)
          return $0.combined(counts: products.pixelCounts)
        }
      }
    }
    return (output, statistics)
  }

  private static func winogradPanelProduct(
    _ correlation: Correlation, _ panels: Panels, outputs: Int, of source: Tensor, weight: Tensor,
    shape: Shape, wantsStatistics: Bool
  ) -> (output: Tensor, statistics: ChannelStatistics?) {
    var statistics: ChannelStatistics?
    let output = Tensor(filling: shape) { target in
      withFloats(source, weight) { source, weight in
        let products = WinogradPanelProducts(
          correlation, outputs: outputs, panels: panels, weight: .natural(weight), source: source,
          target: target)
        guard wantsStatistics else { return products.run() }
        statistics = Moments.with(
          pieces: products.spatialPieces, channels: correlation.target.channels, isa: panels.isa
        ) {
          products.run(moments: $0)
          return $0.combined(counts: products.pixelCounts)
        }
      }
    }
    return (output, statistics)
  }
}
