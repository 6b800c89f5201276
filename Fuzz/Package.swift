// swift-tools-version: 6.2
import PackageDescription

// Targets for libFuzzer, apart from the product: they link only with its sanitizers. Scripts/fuzz builds and runs them.

let strict: [SwiftSetting] = [.enableUpcomingFeature("MemberImportVisibility")]

func fuzzer(_ name: String, _ dependencies: Target.Dependency...) -> Target {
  .executableTarget(name: name, dependencies: dependencies, swiftSettings: strict)
}

func fovea(_ name: String) -> Target.Dependency { .product(name: name, package: "Fovea") }

let package = Package(
  name: "Fuzz",
  dependencies: [.package(name: "Fovea", path: "..")],
  targets: [
    .target(name: "FuzzSupport", dependencies: [fovea("FoveaImage")], swiftSettings: strict),
    // The declaration of a function that is the image shim's own.
    .target(name: "CExif", dependencies: [fovea("FoveaImage")]),
    fuzzer("png", "FuzzSupport"),
    fuzzer("jpeg", "FuzzSupport"),
    fuzzer("exif", "CExif"),
    fuzzer("safetensors", "FuzzSupport", fovea("FoveaData"), fovea("FoveaFormats"), fovea("FoveaTrain")),
    fuzzer("idx", "FuzzSupport", fovea("FoveaData")),
    fuzzer("cifar", "FuzzSupport", fovea("FoveaData")),
    fuzzer("config", fovea("FoveaTrain")),
  ],
  swiftLanguageModes: [.v6]
)
