import ArgumentParser
import FoveaImage
import FoveaOps
import FoveaTensor

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

struct DoctorCommand: ConsoleCommand {
  static let configuration = CommandConfiguration(
    commandName: "doctor",
    abstract: "Show what the program runs with, and how fast.",
    discussion: """
      Prints the version, the instruction set that was chosen, threads, memory and libraries, and measures for a second \
      how much of the machine's multiply-adds a convolution puts to use.
      """)

  @Flag(help: "Print the result as JSON.")
  var json = false

  @OptionGroup var general: GeneralOptions

  func run(_ console: Console) throws {
    let speed = SpeedTest.run(seconds: 1, clock: Progress.monotonicSeconds)
    let diagnosis = Diagnosis(speed)
    try console.print(json ? diagnosis.json.pretty : diagnosis.text)
  }
}

/// What `fovea doctor` prints.
struct Diagnosis {
  private let speed: SpeedTest

  init(_ speed: SpeedTest) { self.speed = speed }

  var text: String {
    var lines = [
      ("fovea", foveaVersion), ("kernels", kernels), ("bf16", bf16),
      ("threads", "\(speed.threads) of \(counted(processors, "processor"))\(setting("FOVEA_THREADS"))"),
      ("memory", bytes(memory)),
    ]
    lines += ImageLibraries.versions.map { ($0.name, $0.version) }
    lines += [
      ("convolution", "\(gigaflops(speed.convolution)) GFLOP/s (3×3, 64 channels, 56×56)"),
      ("peak", "\(gigaflops(speed.peak)) GFLOP/s of multiply-adds in registers"),
      ("share", "\(fixed(100 * speed.share, 0)) % of the peak"),
    ]
    return lines.map { padded($0.0, to: 12) + $0.1 }.joined(separator: "\n")
  }

  var json: JSONText {
    .object([
      ("version", .string(foveaVersion)), ("kernels", .string(InstructionSet.selected.rawValue)),
      (
        "available_kernels",
        .array(InstructionSet.allCases.filter(\.isAvailable).map { .string($0.rawValue) })
      ),
      ("bf16", .bool(EngineOptions.Precision.bf16.isAvailable)), ("threads", .int(speed.threads)),
      ("processors", .int(processors)), ("memory", .int(memory)),
      ("libraries", .object(ImageLibraries.versions.map { ($0.name, .string($0.version)) })),
      ("convolution_gflops", .double(speed.convolution / 1e9)), ("peak_gflops", .double(speed.peak / 1e9)),
      ("share_of_peak", .double(speed.share)),
    ])
  }

  private var kernels: String {
    let available = InstructionSet.allCases.filter(\.isAvailable).map(\.rawValue).joined(separator: ", ")
    return "\(InstructionSet.selected.rawValue); this CPU has \(available)\(setting("FOVEA_KERNELS"))"
  }

  private var bf16: String {
    guard EngineOptions.Precision.bf16.isAvailable else { return "no" }
    return InstructionSet.emulatesBF16 ? "emulated" : "yes"
  }

  private var processors: Int { sysconf(Int32(_SC_NPROCESSORS_ONLN)) }

  private var memory: Int { sysconf(Int32(_SC_PHYS_PAGES)) * sysconf(Int32(_SC_PAGESIZE)) }

  private func setting(_ name: String) -> String {
    guard let value = getenv(name).map({ String(cString: $0) }), !value.isEmpty else { return "" }
    return " (\(name)=\(printable(value)))"
  }

  private func gigaflops(_ operations: Double) -> String { fixed(operations / 1e9, 1) }
}
