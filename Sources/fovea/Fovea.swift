import FoveaCLI
import FoveaImage

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

@main
enum Fovea {
  static func main() {
    Allocator.keepFreedMemory()
    exit(runFovea(Array(CommandLine.arguments.dropFirst())))
  }
}
