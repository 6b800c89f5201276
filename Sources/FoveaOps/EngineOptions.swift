import CFoveaKernels

/// What a user chooses about how the engine computes. Everything else follows from geometry and instruction set.
public struct EngineOptions: Hashable, Sendable {
  /// The numbers that products are made of.
  public enum Precision: String, CaseIterable, Codable, Hashable, Sendable {
    /// 32-bit floats throughout.
    case fp32
    /// Factors of convolutions may be rounded to bfloat16 (8 bits of precision), and activations of an even number of channels
    /// are stored so; sums are 32-bit floats, and so are weights and gradients. Needs AVX-512 BF16.
    ///
    /// Products that are faster with 32-bit factors keep them: 3×3 convolutions by Winograd's algorithm. So do convolutions in
    /// groups and fully connected layers. As ever, which is a function of geometry and instruction set.
    case bf16
  }

  /// What training keeps from the forward pass for the way back. Both give the same bits.
  public enum Memory: String, CaseIterable, Codable, Hashable, Sendable {
    /// What a convolution put out and each stage's end; the rest is computed again in single sweeps.
    case keep
    /// Each block's output alone; its convolutions run a second time.
    case recompute
  }

  public var winograd: WinogradPolicy
  public var precision: Precision
  public var memory: Memory

  public init(winograd: WinogradPolicy = .auto, precision: Precision = .fp32, memory: Memory = .keep) {
    self.winograd = winograd
    self.precision = precision
    self.memory = memory
  }

  /// What activations of so many channels are stored in between the layers: they go with the precision, if they pair up.
  public func storage(channels: Int) -> Precision {
    precision == .bf16 && Activations.areNarrow(channels: channels) ? .bf16 : .fp32
  }

  /// Direct products alone, in 32-bit floats: the reference for all others.
  public static let direct = EngineOptions(winograd: .off)
}

extension EngineOptions.Precision {
  /// Whether the kernels in use compute such products on this CPU.
  ///
  /// For `bf16`: whether the instruction set is AVX-512 and the CPU has its BF16 extension, or
  /// `InstructionSet.emulatesBF16`.
  public var isAvailable: Bool { self == .fp32 || fk_has_bf16(fk_selected()) }

  /// - Throws: if `isAvailable` is false. To ask before the first product: a product traps.
  public func checkAvailable() throws(PrecisionError) {
    guard isAvailable else {
      throw PrecisionError(
        precision: self, kernels: String(cString: fk_name(fk_selected())),
        cpuHasIt: fk_bf16_is_native(FK_ISA_AVX512))
    }
  }
}

/// A precision that this CPU, or the kernels in use on it, cannot compute in.
public struct PrecisionError: Error, Hashable, Sendable, CustomStringConvertible {
  public let precision: EngineOptions.Precision
  /// The instruction set in use.
  public let kernels: String
  /// Whether the CPU could, were it not for the choice of kernels.
  public let cpuHasIt: Bool

  public var description: String {
    "\(precision) products need AVX-512 BF16, "
      + (cpuHasIt
        ? "which this CPU has, but not the \(kernels) kernels in use: unset FOVEA_KERNELS"
        : "which this CPU does not have")
  }
}
