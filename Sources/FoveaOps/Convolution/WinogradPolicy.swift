/// Which 3×3 convolutions of stride 1 take Winograd's algorithm.
///
/// It needs 2.25 (F(2×2)) to 4 (F(4×4)) times fewer multiplications than the direct product and rounds a little more: by
/// at most 1e-6 and 2e-5 of the largest output. Like everything in a plan it is a function of the geometry, so the same
/// layer takes the same path in any batch.
public enum WinogradPolicy: String, CaseIterable, Codable, Hashable, Sendable {
  /// F(4×4) where it was measured to be faster than the direct product in the precision that was asked for, direct
  /// elsewhere.
  case auto
  /// Direct products only.
  case off
  /// F(2×2) wherever it applies.
  case f2
  /// F(4×4) wherever it applies.
  case f4
}

extension Correlation {
  /// m of the F(m×m, 3×3) to use, or nil for the direct product.
  ///
  /// - Parameters:
  ///   - precision: of the direct product; Winograd's algorithm has 32-bit factors in any case.
  ///   - isPrepared: whether the weight was transformed beforehand. The choice then does not depend on the batch.
  func winogradOutputs(
    _ policy: WinogradPolicy, vectorWidth: Int, precision: EngineOptions.Precision = .fp32,
    isPrepared: Bool = false
  ) -> Int? {
    guard
      policy != .off, isWinogradShaped, source.channels.isMultiple(of: vectorWidth),
      target.channels.isMultiple(of: vectorWidth), !isEmpty
    else { return nil }
    switch policy {
    case .off: return nil
    case .f2: return 2
    case .f4: return 4
    case .auto:
      let isSmall = source.channels * target.channels <= 1 << 16
      guard source.channels >= 16, target.height >= 4, target.width >= 4 else { return nil }
      if precision == .bf16 {
        // Direct products with bf16 factors reach some 425 GFLOP/s on two cores of Zen 4. Winograd's algorithm with
        // 32-bit factors does the work of 425 to 590 from 64 to 256 channels, and of 200 to 350 below and above.
        return min(source.channels, target.channels) >= 64 && isSmall ? 4 : nil
      }
      // F(4×4) pays at all sizes where the weight is transformed within the product. Where it was transformed beforehand, a
      // single image must still fetch it, 4 times the kernel with F(4×4): where it does not stay in cache, F(2×2)'s 1.8
      // times are the better bargain.
      return isSmall || !isPrepared ? 4 : 2
    }
  }

  private var isEmpty: Bool { images == 0 || target.height == 0 || target.width == 0 }
}
