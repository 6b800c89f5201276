import ArgumentParser
import FoveaOps

/// The options of commands that run a model: how the arithmetic is done.
struct EngineArguments: ParsableArguments {
  @Option(help: "Winograd's algorithm for 3×3 convolutions: auto, off, f2 or f4.")
  var winograd: WinogradPolicy = .auto

  @Option(help: "The factors of products: fp32, or bf16 where the CPU has AVX-512 BF16.")
  var precision: EngineOptions.Precision = .fp32

  /// - Throws: where this CPU lacks what was asked for.
  func options() throws -> EngineOptions {
    try precision.checkAvailable()
    return EngineOptions(winograd: winograd, precision: precision)
  }
}

extension WinogradPolicy: ExpressibleByArgument {}
extension EngineOptions.Precision: ExpressibleByArgument {}
