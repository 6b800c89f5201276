import ArgumentParser
import FoveaData
import FoveaServe
import FoveaTrain

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

struct ServeCommand: ConsoleCommand {
  static let configuration = CommandConfiguration(
    commandName: "serve",
    abstract: "Serve a model on a local web page, and to programs.",
    discussion: """
      On the page, drop, paste or choose images, and see class probabilities and each block's attention. Programs POST \
      images to /api/classify; /api/openapi.json describes it. Only this machine is let in, unless --host says otherwise; \
      there is no password and no encryption.

      Ctrl-C answers what was begun, and ends with exit code 0.
      """)

  @Argument(
    help: ArgumentHelp(
      "A model file, or the folder of a run, whose best model is taken.", valueName: "model"),
    completion: .file())
  var model: String

  @Option(help: ArgumentHelp("The address to listen on.", valueName: "address"))
  var host: String = "127.0.0.1"

  @Option(help: ArgumentHelp("The port to listen on; 0 takes any free one.", valueName: "number"))
  var port: Int = 8080

  @Option(
    help: ArgumentHelp("Also show the training runs in this folder, as they go.", valueName: "folder"),
    completion: .directory)
  var runs: String?

  @Option(
    help: ArgumentHelp(
      "A name besides localhost by which the server may be asked for.", valueName: "name"))
  var allowHost: [String] = []

  @Option(help: ArgumentHelp("Most bytes of a request, in MiB.", valueName: "MiB"))
  var maxBody: Int = 32

  @Option(help: ArgumentHelp("Most images of a request.", valueName: "count"))
  var maxImages: Int = 16

  @Option(help: ArgumentHelp("Most images that go through the network together.", valueName: "count"))
  var batch: Int = 8

  @OptionGroup var engine: EngineArguments

  @OptionGroup var general: GeneralOptions

  func validate() throws {
    func check(_ name: String, _ value: Int, _ range: ClosedRange<Int>) throws {
      guard range.contains(value) else {
        throw ValidationError(
          "\(name) \(value): expected a number from \(range.lowerBound) to \(range.upperBound).")
      }
    }
    try check("--port", port, 0...65_535)
    try check("--max-body", maxBody, 1...256)
    try check("--max-images", maxImages, 1...1000)
    try check("--batch", batch, 1...256)
  }

  func run(_ console: Console) throws {
    let argument = ModelArgument(model)
    let model = try argument.load()
    var configuration = ServeConfiguration()
    (configuration.host, configuration.port, configuration.allowedHosts) = (host, port, allowHost)
    configuration.bodyBytes = maxBody << 20
    configuration.totalBodyBytes = max(configuration.totalBodyBytes, 2 * configuration.bodyBytes)
    configuration.imagesPerRequest = maxImages
    configuration.waitingImages = max(configuration.waitingImages, 2 * maxImages)
    configuration.batchSize = batch
    if let runs {
      guard PathKind(of: RawPath(runs)) == .folder else {
        throw CommandFailure(.usage, "--runs \(printable(runs)): no such folder")
      }
      configuration.runs = runs
    }
    let server = ClassifyServer(
      model, name: argument.name, engine: try engine.options(), configuration: configuration)
    let stop = StopSignals.install()
    let address = try server.start()
    try console.print(address)
    console.note("Ctrl-C stops the server")
    if !["127.0.0.1", "::1", "localhost"].contains(host) {
      console.warn(
        "everyone who can reach \(host) may use this server: there is no password and no encryption")
    }
    while !stop.isRequested { usleep(100_000) }
    console.note("stopping: what was begun is answered first")
    server.stop()
    let answers = server.answers.map { "\($0.count) × \($0.status)" }.joined(separator: ", ")
    let (batches, images) = server.statistics
    console.detail(
      "answers: \(answers.isEmpty ? "none" : answers); \(counted(images, "image")) in \(batches) batches")
  }
}
