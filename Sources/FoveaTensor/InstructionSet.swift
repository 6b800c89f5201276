import CFoveaKernels

/// An instruction set that the kernels are compiled for.
public enum InstructionSet: String, CaseIterable, Sendable {
  #if arch(arm64)
    case baseline = "neon"
  #else
    /// SSE2 on x86-64.
    case baseline
  #endif
  case avx2
  case avx512

  private var code: fk_isa {
    switch self {
    case .baseline: FK_ISA_BASELINE
    case .avx2: FK_ISA_AVX2
    case .avx512: FK_ISA_AVX512
    }
  }

  /// Whether this CPU has it.
  public var isAvailable: Bool { fk_available(code) }

  /// The one in use: the widest that the CPU has, or the environment's FOVEA_KERNELS.
  public static var selected: InstructionSet {
    allCases.first { $0.code == fk_selected() } ?? .baseline
  }

  /// Uses this one from now on, in the whole process. False where the CPU lacks it.
  @discardableResult
  public func select() -> Bool { fk_select(code) }

  /// Whether products with bf16 factors are emulated where there is no AVX-512 BF16, in the whole process: as the
  /// environment's FOVEA_BF16=emulate asks for, or as set here.
  ///
  /// The rounding is the same, and the speed below that of 32-bit factors: for tests, and for finding out what bf16 does to
  /// a network's accuracy on any CPU.
  public static var emulatesBF16: Bool {
    get { fk_emulates_bf16() }
    set { fk_emulate_bf16(newValue) }
  }
}
