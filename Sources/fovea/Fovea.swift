import FoveaCLI

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

@main
enum Fovea {
  static func main() {
    exit(runFovea(Array(CommandLine.arguments.dropFirst())))
  }
}
