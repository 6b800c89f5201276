/// What a user chooses about how the engine computes. Everything else follows from geometry and instruction set.
public struct EngineOptions: Hashable, Sendable {
  /// The numbers that products are made of.
  public enum Precision: String, CaseIterable, Codable, Hashable, Sendable {
    /// 32-bit floats throughout.
    case fp32
    /// Factors rounded to bfloat16 (8 bits of precision), sums in 32-bit floats. Weights, activations and gradients
    /// stay 32-bit floats between the products.
    case bf16
  }

  public var winograd: WinogradPolicy
  public var precision: Precision

  public init(winograd: WinogradPolicy = .auto, precision: Precision = .fp32) {
    self.winograd = winograd
    self.precision = precision
  }

  /// Direct products alone, in 32-bit floats: the reference for all others.
  public static let direct = EngineOptions(winograd: .off)
}
