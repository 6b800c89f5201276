// swift-tools-version: 6.2
import PackageDescription

// Measurements, apart from the product: nothing here is built with it.

func fovea(_ name: String) -> Target.Dependency { .product(name: name, package: "Fovea") }

func program(_ name: String, _ dependencies: Target.Dependency...) -> Target {
  .executableTarget(
    name: name, dependencies: dependencies + [fovea("FoveaTensor")],
    swiftSettings: [.enableUpcomingFeature("MemberImportVisibility")])
}

let package = Package(
  name: "Benchmarks",
  dependencies: [.package(name: "Fovea", path: "..")],
  targets: [
    // Pure multiply-adds: what the core gives at best, in the same seconds as the sample.
    .target(name: "CProbe"),
    program("kernels", "CProbe", fovea("FoveaOps")),
    // The cost model's coefficients, from measured layers.
    program("fit", fovea("FoveaOps")),
    // The fused CBAM gates of ResNet-20.
    program("gates", fovea("FoveaOps")),
    // Photographs decoded and resized on demand, on one thread, for compare.
    program("prepare", fovea("FoveaData"), fovea("FoveaImage")),
    // A training step, layer by layer.
    program("layers", fovea("FoveaAutodiff"), fovea("FoveaNN"), fovea("FoveaOps"), fovea("FoveaTrain")),
    // Whole steps on demand, for compare.
    program("step", fovea("FoveaAutodiff"), fovea("FoveaNN"), fovea("FoveaOps"), fovea("FoveaTrain")),
  ],
  swiftLanguageModes: [.v6]
)
