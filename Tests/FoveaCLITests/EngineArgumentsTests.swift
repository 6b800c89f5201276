import ArgumentParser
@testable import FoveaCLI
import FoveaOps
import FoveaTensor
import FoveaTestSupport
import Testing

@Suite struct EngineArgumentsTests {
  @Test func theDefaultsAreTheEngines() throws {
    #expect(try EngineArguments.parse([]).options() == EngineOptions())
    #expect(try EngineArguments.parse(["--winograd", "f2"]).options() == EngineOptions(winograd: .f2))
  }

  /// Exit code 2 and what to do about it; not 32-bit floats in silence.
  @Test func aPrecisionThatIsMissingIsAUsageError() throws {
    let arguments = try EngineArguments.parse(["--precision", "bf16"])
    try withEachInstructionSet { set in
      let emulates = InstructionSet.emulatesBF16
      defer { InstructionSet.emulatesBF16 = emulates }
      InstructionSet.emulatesBF16 = false
      if set != .avx512 {
        let error = try #require(throws: PrecisionError.self) { try arguments.options() }
        let failure = commandFailure(for: error)
        #expect(failure.status == .usage)
        #expect(failure.description.hasPrefix("--precision: bf16 products need AVX-512 BF16"))
        #expect(failure.description.hasSuffix("Use --precision fp32"))
      }
      InstructionSet.emulatesBF16 = true
      #expect(try arguments.options().precision == .bf16)
    }
  }
}
