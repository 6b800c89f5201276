import CFoveaKernels

/// What a 3×3 product of stride 1 costs by each algorithm, in nanoseconds of one core.
///
/// Linear in the work that each algorithm does, with coefficients that `Benchmarks/fit` gets from measured layers. Only
/// the ratios count, and they hold for any number of threads, since every algorithm spreads its work over all of them.
struct CostModel: Hashable {
  /// The coefficients of a direct product.
  struct Direct: Hashable {
    /// For each multiplication.
    var product: Double
    /// For each value of the weight: packing and fetching it, which counts where pixels are few.
    var weight: Double

    func cost(_ c: Correlation) -> Double {
      let work = DirectWork(c)
      return product * work.products + weight * work.weightValues
    }
  }

  /// The coefficients of Winograd's algorithm, for both sizes of tile.
  struct Winograd: Hashable {
    /// For each multiplication of a tile's point.
    var product: Double
    /// For each value of a transformed tile, both sides.
    var tile: Double
    /// For each value of the transformed weight.
    var weight: Double

    func cost(_ c: Correlation, outputs: Int) -> Double {
      let work = WinogradWork(c, outputs: outputs)
      return product * work.products + tile * work.tileValues + weight * work.weightValues
    }
  }

  struct Product: Hashable {
    var direct: Direct
    /// With factors in bf16, where there are instructions for them. Where they are emulated nobody waits for the fastest way.
    var directBF16: Direct?
    /// With 32-bit factors in any case.
    var winograd: Winograd

    /// m of the cheapest F(m×m, 3×3), or nil where the direct product is cheaper.
    ///
    /// - Parameter precision: of the direct product.
    func cheapest(_ c: Correlation, precision: EngineOptions.Precision) -> Int? {
      let costs = [2, 4].map { (outputs: $0, cost: winograd.cost(c, outputs: $0)) }
      let best = costs.min { $0.cost < $1.cost }!
      let direct = precision == .bf16 ? directBF16 ?? direct : direct
      return best.cost < direct.cost(c) ? best.outputs : nil
    }
  }

  /// The forward product and the input gradient.
  var correlation: Product
  var weightGradient: Product

  static func model(for isa: fk_isa) -> CostModel {
    switch isa {
    case FK_ISA_AVX512: avx512
    case FK_ISA_AVX2: avx2
    default: baseline
    }
  }
}

/// What a direct product does.
struct DirectWork {
  let products, weightValues: Double

  init(_ c: Correlation) {
    products = Double(c.multiplyAddsPerRow * c.rows * c.images)
    weightValues = Double(9 * c.source.channels * c.target.channels)
  }
}

/// What F(m×m, 3×3) does.
struct WinogradWork {
  let products, tileValues, weightValues: Double

  init(_ c: Correlation, outputs: Int) {
    let tiling = WinogradTiling(c, outputs: outputs, tilesPerBlock: 1)
    let values = Double(tiling.points * tiling.tileCount)
    let pairs = Double(c.source.channels * c.target.channels)
    products = values * pairs
    tileValues = values * Double(c.source.channels + c.target.channels)
    weightValues = Double(tiling.points) * pairs
  }
}

extension CostModel {
  // AMD EPYC 7003 (Zen 3), one thread, as `Benchmarks/fit` prints them; off by 5 to 12 % on average.

  private static let avx2 = CostModel(
    correlation: Product(
      direct: Direct(product: 0.0224, weight: 0.771),
      winograd: Winograd(product: 0.0227, tile: 0.298, weight: 0.391)),
    weightGradient: Product(
      direct: Direct(product: 0.0263, weight: 0.364),
      winograd: Winograd(product: 0.0276, tile: 0.232, weight: 0.404)))

  private static let baseline = CostModel(
    correlation: Product(
      direct: Direct(product: 0.0701, weight: 1.134),
      winograd: Winograd(product: 0.0722, tile: 0.496, weight: 0.737)),
    weightGradient: Product(
      direct: Direct(product: 0.0826, weight: 0.333),
      winograd: Winograd(product: 0.0799, tile: 0.305, weight: 0.807)))

  // AMD EPYC 9005 (Zen 5), one thread, as `Benchmarks/fit` prints them: medians of three runs; off by 3 to 12 % on average.
  private static let avx512 = CostModel(
    correlation: Product(
      direct: Direct(product: 0.0082, weight: 0.305),
      directBF16: Direct(product: 0.0043, weight: 0.179),
      winograd: Winograd(product: 0.0084, tile: 0.084, weight: 0.121)),
    weightGradient: Product(
      direct: Direct(product: 0.0086, weight: 0.104),
      directBF16: Direct(product: 0.0047, weight: 0.113),
      winograd: Winograd(product: 0.0091, tile: 0.08, weight: 0.073)))
}
