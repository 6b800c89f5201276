import ArgumentParser
import FoveaData
import FoveaTensor
import FoveaNN
import FoveaTrain

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

/// A command that is told where to write.
protocol ConsoleCommand: ParsableCommand {
  var general: GeneralOptions { get }

  /// Does the work. Throws `CommandFailure` for any end but success.
  func run(_ console: Console) throws
}

extension ConsoleCommand {
  func run() throws { try run(.standard) }
}

/// What every command takes.
struct GeneralOptions: ParsableArguments {
  @Option(help: ArgumentHelp("How many threads to use.", discussion: "", valueName: "count"))
  var threads: Int?

  @Option(
    help: ArgumentHelp(
      "Colours: auto (on a terminal, unless NO_COLOR is set), always or never.", valueName: "when"))
  var color: ColorChoice = .auto

  @Flag(name: .shortAndLong, help: "No progress and no notes: only results, warnings and errors.")
  var quiet = false

  @Flag(name: .shortAndLong, help: "Also say what was chosen, how long it took and how much memory.")
  var verbose = false

  func validate() throws {
    if quiet && verbose { throw ValidationError("--quiet and --verbose: choose one of them.") }
    if let threads, !(1...256).contains(threads) {
      throw ValidationError("--threads \(threads): expected a number from 1 to 256.")
    }
  }
}

/// Runs `fovea` with the arguments after its name, and returns its exit code.
///
/// All that the program does passes through here, so tests can run whole commands within their process.
public func runFovea(_ arguments: [String], console: Console = .standard) -> Int32 {
  // A limit on file sizes is to show as a failed write and not as death.
  signal(SIGXFSZ, SIG_IGN)
  // Until the command line has been understood, and for good where it is not.
  var console = console.with(color: .auto, verbosity: .normal)
  do {
    try checkEnvironment()
    try checkSubcommand(arguments[...])
    let command = try FoveaCommand.parseAsRoot(arguments)
    guard let command = command as? any ConsoleCommand else {
      // A bare `fovea`, or one of ArgumentParser's own, which answer with an error that holds the text.
      var plain: any ParsableCommand = command
      try plain.run()
      return ExitStatus.done.rawValue
    }
    let general = command.general
    console = console.with(
      color: general.color, verbosity: general.quiet ? .quiet : general.verbose ? .verbose : .normal)
    try useThreads(general.threads)
    let work = WorkDetails(console)
    defer { work.finish() }
    try command.run(console)
    return ExitStatus.done.rawValue
  } catch let failure as CommandFailure {
    if !failure.description.isEmpty { console.fail(failure.description) }
    return failure.status.rawValue
  } catch {
    return report(error, arguments, console)
  }
}

/// Reports what ArgumentParser throws: help that was asked for, or a command line that it does not take.
private func report(_ error: any Error, _ arguments: [String], _ console: Console) -> Int32 {
  let isParserError = FoveaCommand.exitCode(for: error) == .validationFailure
  if FoveaCommand.exitCode(for: error) == .success {
    do {
      try console.print(helpText(for: error, console))
      return ExitStatus.done.rawValue
    } catch {
      console.fail("\(error)")
      return ExitStatus.failed.rawValue
    }
  }
  if isParserError {
    let message = helpText(for: error, console)
    console.fail(
      (message.hasPrefix("Error: ") ? String(message.dropFirst(7)) : message) + dashHint(arguments))
    return ExitStatus.usage.rawValue
  }
  let failure = commandFailure(for: error)
  console.fail(failure.description)
  return failure.status.rawValue
}

/// How to write the name of a file that was taken for options because of its leading dash.
private func dashHint(_ arguments: [String]) -> String {
  var information = stat()
  let name = arguments.prefix { $0 != "--" }.first { argument in
    argument.hasPrefix("-") && argument != "-"
      && ProcessArguments.path(argument).withCString { lstat($0, &information) } == 0
  }
  guard let name else { return "" }
  return
    "\n  '\(printable(name))' is a file here: name it './\(printable(name))', or put '--' before all names."
}

/// What `--verbose` says around a command: with what it ran, and what it took.
private struct WorkDetails {
  private let console: Console
  private let start = Progress.monotonicSeconds()

  init(_ console: Console) {
    self.console = console
    guard console.verbosity == .verbose else { return }
    console.detail(
      "fovea \(foveaVersion), \(InstructionSet.selected.rawValue) kernels, "
        + counted(WorkerPool.shared.threadCount, "thread"))
  }

  func finish() {
    guard console.verbosity == .verbose else { return }
    var usage = rusage()
    getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
    console.detail(
      "took \(fixed(Progress.monotonicSeconds() - start, 2)) s, at most \(bytes(usage.ru_maxrss << 10)) of memory"
    )
  }
}

/// In 80 columns where no terminal says otherwise, so that logs and tests see the same text.
private func helpText(for error: any Error, _ console: Console) -> String {
  FoveaCommand.fullMessage(for: error, columns: console.outputIsTerminal ? nil : 80)
}

/// A kernel choice that is silently another one would make every measurement a lie.
private func checkEnvironment() throws {
  if let text = getenv("FOVEA_BF16").map({ String(cString: $0) }), !text.isEmpty, text != "emulate" {
    throw CommandFailure(
      .usage, "FOVEA_BF16 is '\(printable(text))'. It can only be 'emulate', or not be set.")
  }
  guard let text = getenv("FOVEA_KERNELS").map({ String(cString: $0) }), !text.isEmpty else { return }
  let known = InstructionSet.allCases.map(\.rawValue)
  guard let wish = InstructionSet(rawValue: text) else {
    let hint = NearestName.hint(text, in: known)
    throw CommandFailure(
      .usage,
      "FOVEA_KERNELS is '\(printable(text))', which is no instruction set.\(hint) "
        + "Known are \(known.joined(separator: ", ")).")
  }
  guard wish.isAvailable else {
    let available = InstructionSet.allCases.filter(\.isAvailable).map(\.rawValue)
    throw CommandFailure(
      .usage,
      "FOVEA_KERNELS asks for '\(text)', which this CPU does not have. It has "
        + "\(available.joined(separator: ", ")).")
  }
}

/// Must come before anything uses the pool: the pool starts its threads when it is first used.
private func useThreads(_ count: Int?) throws {
  if let count {
    setenv("FOVEA_THREADS", "\(count)", 1)
    WorkerPool.shared.limitThreads(to: count)
  } else if let text = getenv("FOVEA_THREADS").map({ String(cString: $0) }), !text.isEmpty {
    guard let count = Int(text), (1...256).contains(count) else {
      throw CommandFailure(
        .usage, "FOVEA_THREADS is '\(printable(text))'. Expected a number from 1 to 256.")
    }
  }
}

/// ArgumentParser calls a mistyped command an unexpected argument; say what was probably meant instead.
private func checkSubcommand(
  _ arguments: ArraySlice<String>, of command: any ParsableCommand.Type = FoveaCommand.self
) throws {
  let subcommands = command.configuration.subcommands
  guard !subcommands.isEmpty, let name = arguments.first, !name.hasPrefix("-"), name != "help" else { return }
  if let subcommand = subcommands.first(where: { $0.configuration.commandName == name }) {
    return try checkSubcommand(arguments.dropFirst(), of: subcommand)
  }
  let known = subcommands.compactMap { $0.configuration.commandName }
  let title = command == FoveaCommand.self ? "fovea" : "fovea \(command.configuration.commandName ?? "")"
  throw CommandFailure(
    .usage,
    "there is no command '\(printable(name))'.\(NearestName.hint(name, in: known + ["help"]))\n"
      + "Commands: \(known.joined(separator: ", ")). See '\(title) --help'.")
}
