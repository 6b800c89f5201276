// swift-tools-version: 6.2
import PackageDescription

// The floors, from the bottom up. A target imports only targets of lower floors.

let strict: [SwiftSetting] = [
  .enableUpcomingFeature("MemberImportVisibility")
]

func floor(_ name: String, _ dependencies: [Target.Dependency], resources: [Resource] = []) -> Target {
  .target(name: name, dependencies: dependencies, resources: resources, swiftSettings: strict)
}

func tests(_ name: String, _ dependencies: [Target.Dependency] = [], resources: [Resource] = []) -> Target {
  .testTarget(
    name: "\(name)Tests",
    dependencies: [.target(name: name), "FoveaTestSupport"] + dependencies,
    resources: resources,
    swiftSettings: strict)
}

let package = Package(
  name: "Fovea",
  products: [
    .executable(name: "fovea", targets: ["fovea"]),
    .library(name: "FoveaTensor", targets: ["FoveaTensor"]),
    .library(name: "FoveaOps", targets: ["FoveaOps"]),
    .library(name: "FoveaImage", targets: ["FoveaImage"]),
    .library(name: "FoveaAutodiff", targets: ["FoveaAutodiff"]),
    .library(name: "FoveaData", targets: ["FoveaData"]),
    .library(name: "FoveaNN", targets: ["FoveaNN"]),
    .library(name: "FoveaFormats", targets: ["FoveaFormats"]),
    .library(name: "FoveaCheck", targets: ["FoveaCheck"]),
    .library(name: "FoveaTrain", targets: ["FoveaTrain"]),
    .library(name: "FoveaExplain", targets: ["FoveaExplain"]),
    .library(name: "FoveaPages", targets: ["FoveaPages"]),
    .library(name: "FoveaReport", targets: ["FoveaReport"]),
  ],
  dependencies: [
    // Commands, flags, help texts and completion: a solved problem.
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
    // YAML with line numbers for error messages.
    .package(url: "https://github.com/jpsim/Yams", from: "6.2.2"),
    // HTTP for `fovea serve`. Its core, sockets and HTTP/1 parser alone: two minutes of one core to build in release, against
    // 40 seconds for FlyingFox, which bounds neither header lines nor the time that a client takes to send them and needs
    // all of Foundation; and against Hummingbird, which brings TLS, HTTP/2, logging and metrics on top of the same core.
    .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
  ],
  targets: [
    // Floor 0: C, only the innermost loops and the shim over libpng and libjpeg.
    .target(name: "CFoveaKernels"),
    .target(
      name: "CFoveaImage",
      linkerSettings: [.linkedLibrary("png"), .linkedLibrary("jpeg"), .linkedLibrary("z")]),
    // Floor 1
    floor("FoveaTensor", ["CFoveaKernels"]),
    // Floor 2
    floor("FoveaOps", ["FoveaTensor", "CFoveaKernels"]),
    floor("FoveaImage", ["CFoveaImage", "CFoveaKernels"]),
    // Floor 3
    floor("FoveaAutodiff", ["FoveaTensor", "FoveaOps"]),
    floor("FoveaData", ["FoveaTensor", "FoveaImage", "CFoveaImage"]),
    // Floor 4
    floor("FoveaNN", ["FoveaTensor", "FoveaOps", "FoveaAutodiff"]),
    floor("FoveaFormats", ["FoveaTensor", "CFoveaKernels"]),
    floor("FoveaCheck", ["FoveaTensor", "FoveaImage", "FoveaData"]),
    // Floor 5
    floor(
      "FoveaTrain",
      [
        "FoveaTensor", "FoveaOps", "FoveaImage", "FoveaAutodiff", "FoveaData", "FoveaNN", "FoveaFormats",
        .product(name: "Yams", package: "Yams"),
      ]),
    floor(
      "FoveaExplain",
      ["FoveaTensor", "FoveaOps", "FoveaImage", "FoveaAutodiff", "FoveaData", "FoveaNN"]),
    // Pages for people: HTML and SVG without anything from outside. Needs pictures only, so that it builds in seconds.
    floor("FoveaPages", ["FoveaImage"]),
    // Floor 6: the only target that knows the network.
    floor(
      "FoveaServe",
      [
        "FoveaTensor", "FoveaImage", "FoveaData", "FoveaNN", "FoveaOps", "FoveaTrain", "FoveaExplain",
        "FoveaPages",
        .product(name: "NIOCore", package: "swift-nio"), .product(name: "NIOPosix", package: "swift-nio"),
        .product(name: "NIOHTTP1", package: "swift-nio"),
      ]),
    floor(
      "FoveaReport",
      [
        "FoveaTensor", "FoveaOps", "FoveaImage", "FoveaData", "FoveaNN", "FoveaFormats", "FoveaTrain",
        "FoveaExplain", "FoveaPages",
      ]),
    // Floor 7
    floor(
      "FoveaCLI",
      [
        "FoveaTensor", "FoveaOps", "FoveaImage", "FoveaData", "FoveaNN", "FoveaFormats", "FoveaTrain",
        "FoveaExplain", "FoveaCheck", "FoveaPages", "FoveaReport", "FoveaServe",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ]),
    // Floor 8
    .executableTarget(name: "fovea", dependencies: ["FoveaCLI", "FoveaImage"], swiftSettings: strict),

    // Tests
    // Damages checkpoints and compares runs, for Scripts/torture.
    .executableTarget(
      name: "torture", dependencies: ["FoveaFormats", "FoveaTensor", "FoveaTrain"], path: "Tests/Torture",
      swiftSettings: strict),
    .target(
      name: "FoveaTestSupport", dependencies: ["FoveaTensor", "CFoveaFaults", "CFoveaSanitizers"],
      path: "Tests/FoveaTestSupport", swiftSettings: strict),
    // Calls of the system and of the allocator that fail at a test's word.
    .target(name: "CFoveaFaults", dependencies: ["CFoveaImage"], path: "Tests/CFoveaFaults"),
    // What ThreadSanitizer would not see otherwise.
    .target(name: "CFoveaSanitizers", path: "Tests/CFoveaSanitizers"),
    tests("FoveaTensor"),
    tests("FoveaOps", ["FoveaTensor"]),
    tests("FoveaImage", ["CFoveaKernels", "CFoveaImage", "CFoveaFaults"], resources: [.copy("Fixtures")]),
    tests("FoveaAutodiff", ["FoveaTensor", "FoveaOps"]),
    tests("FoveaData", ["FoveaTensor", "FoveaImage", "CFoveaFaults"]),
    tests(
      "FoveaNN", ["FoveaTensor", "FoveaOps", "FoveaAutodiff", "FoveaFormats"],
      resources: [.copy("Goldens")]),
    tests("FoveaFormats", ["FoveaTensor", "CFoveaFaults"]),
    tests("FoveaCheck", ["FoveaTensor", "FoveaImage", "FoveaData"]),
    tests(
      "FoveaTrain",
      ["FoveaTensor", "FoveaNN", "FoveaData", "FoveaImage", "FoveaFormats", "FoveaAutodiff", "CFoveaFaults"],
      resources: [.copy("Goldens")]),
    tests("FoveaPages", ["FoveaImage"]),
    tests("FoveaExplain", ["FoveaTensor", "FoveaNN", "FoveaData", "FoveaImage"]),
    tests("FoveaServe", ["FoveaTensor", "FoveaImage", "FoveaData", "FoveaNN", "FoveaTrain"]),
    tests(
      "FoveaReport",
      [
        "FoveaTensor", "FoveaOps", "FoveaImage", "FoveaData", "FoveaNN", "FoveaFormats", "FoveaTrain",
        "FoveaExplain",
        "FoveaPages",
      ]),
    tests(
      "FoveaCLI", ["FoveaTensor", "FoveaOps", "FoveaImage", "FoveaData", "FoveaTrain"],
      resources: [.copy("Help")]),
  ],
  swiftLanguageModes: [.v6]
)
