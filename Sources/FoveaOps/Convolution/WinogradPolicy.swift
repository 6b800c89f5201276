import CFoveaKernels

/// Which 3×3 convolutions of stride 1 take Winograd's algorithm.
///
/// It needs 2.25 (F(2×2)) to 4 (F(4×4)) times fewer multiplications than the direct product and rounds a little more: by
/// at most 1e-6 and 2e-5 of the largest output. Like everything in a plan the choice is a function of the geometry and the
/// instruction set; that of an inference pass does not depend on the batch either.
public enum WinogradPolicy: String, CaseIterable, Codable, Hashable, Sendable {
  /// What the cost model finds the fastest: direct, F(2×2) or F(4×4).
  case auto
  /// Direct products only.
  case off
  /// F(2×2) wherever it applies.
  case f2
  /// F(4×4) wherever it applies.
  case f4
}

extension Correlation {
  /// The products of which `winogradOutputs` speaks.
  enum WinogradUse {
    /// The forward product or the input gradient of a training pass, whose weight is new in each step.
    case training
    /// The weight gradient.
    case weightGradient
    /// A forward product of inference. The choice does not depend on the batch, so that an image's bits do not.
    case inference
  }

  /// m of the F(m×m, 3×3) to use, or nil for the direct product.
  ///
  /// - Parameter engine: its precision is that of the direct product; Winograd's algorithm has 32-bit factors in any case.
  func winogradOutputs(_ engine: EngineOptions, for use: WinogradUse, isa: fk_isa) -> Int? {
    let vectorWidth = Int(fk_vector_width(isa))
    guard
      engine.winograd != .off, isWinogradShaped, source.channels.isMultiple(of: vectorWidth),
      target.channels.isMultiple(of: vectorWidth), !isEmpty
    else { return nil }
    switch engine.winograd {
    case .off: return nil
    case .f2: return 2
    case .f4: return 4
    case .auto:
      let model = CostModel.model(for: isa)
      switch use {
      case .training: return model.correlation.cheapest(self, precision: engine.precision)
      case .weightGradient: return model.weightGradient.cheapest(self, precision: engine.precision)
      case .inference:
        let (channels, weights) = (source.channels, source.channels * target.channels)
        guard target.height >= 4, target.width >= 4 else { return nil }
        // Direct products with bf16 factors are twice as fast, and their weights a quarter of what a single image must fetch
        // otherwise.
        let pays =
          engine.precision == .bf16
          ? min(channels, target.channels) >= 32 && weights <= 1 << 16 : channels >= 16
        return pays ? 4 : nil
      }
    }
  }

  private var isEmpty: Bool { images == 0 || target.height == 0 || target.width == 0 }
}
