// swift-tools-version: 6.2
import PackageDescription

// Measurements, apart from the product: nothing here is built with it.
let package = Package(
  name: "Benchmarks",
  dependencies: [
    .package(name: "Fovea", path: "..")
  ],
  targets: [
    // Pure multiply-adds: what the core gives at best, in the same seconds as the sample.
    .target(name: "CProbe"),
    .executableTarget(
      name: "kernels",
      dependencies: [
        "CProbe",
        .product(name: "FoveaOps", package: "Fovea"),
        .product(name: "FoveaTensor", package: "Fovea"),
      ],
      swiftSettings: [.enableUpcomingFeature("MemberImportVisibility")]),
    // The cost model's coefficients, from measured layers.
    .executableTarget(
      name: "fit",
      dependencies: [
        .product(name: "FoveaOps", package: "Fovea"),
        .product(name: "FoveaTensor", package: "Fovea"),
      ],
      swiftSettings: [.enableUpcomingFeature("MemberImportVisibility")]),
    // The fused CBAM gates of ResNet-20.
    .executableTarget(
      name: "gates",
      dependencies: [
        .product(name: "FoveaOps", package: "Fovea"),
        .product(name: "FoveaTensor", package: "Fovea"),
      ],
      swiftSettings: [.enableUpcomingFeature("MemberImportVisibility")]),
    // Photographs decoded and resized on demand, on one thread, for compare.
    .executableTarget(
      name: "prepare",
      dependencies: [
        .product(name: "FoveaData", package: "Fovea"),
        .product(name: "FoveaImage", package: "Fovea"),
        .product(name: "FoveaTensor", package: "Fovea"),
      ],
      swiftSettings: [.enableUpcomingFeature("MemberImportVisibility")]),
    // A training step, layer by layer.
    .executableTarget(
      name: "layers",
      dependencies: [
        .product(name: "FoveaAutodiff", package: "Fovea"),
        .product(name: "FoveaNN", package: "Fovea"),
        .product(name: "FoveaOps", package: "Fovea"),
        .product(name: "FoveaTensor", package: "Fovea"),
        .product(name: "FoveaTrain", package: "Fovea"),
      ],
      swiftSettings: [.enableUpcomingFeature("MemberImportVisibility")]),
    // Whole steps on demand, for compare.
    .executableTarget(
      name: "step",
      dependencies: [
        .product(name: "FoveaAutodiff", package: "Fovea"),
        .product(name: "FoveaNN", package: "Fovea"),
        .product(name: "FoveaOps", package: "Fovea"),
        .product(name: "FoveaTensor", package: "Fovea"),
        .product(name: "FoveaTrain", package: "Fovea"),
      ],
      swiftSettings: [.enableUpcomingFeature("MemberImportVisibility")]),
  ],
  swiftLanguageModes: [.v6]
)
