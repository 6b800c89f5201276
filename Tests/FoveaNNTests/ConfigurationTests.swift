import FoveaNN
import Foundation
import Testing

@Suite struct ConfigurationTests {
  private func named(_ name: String, classes: Int = 1000, attention: CBAMConfiguration? = nil)
    -> NetworkConfiguration
  {
    var configuration = NetworkConfiguration()
    configuration.architecture = name
    configuration.classes = classes
    configuration.attention = attention
    return configuration
  }

  /// What torchvision's models of these names have, and the CIFAR networks of the residual network paper.
  static let published: [(String, Int, Int)] = [
    ("resnet18", 1000, 11_689_512), ("resnet34", 1000, 21_797_672), ("resnet50", 1000, 25_557_032),
    ("resnet101", 1000, 44_549_160), ("resnet152", 1000, 60_192_808),
    ("wide_resnet50_2", 1000, 68_883_240), ("wide_resnet101_2", 1000, 126_886_696),
    ("resnext50_32x4d", 1000, 25_028_904), ("resnext101_32x8d", 1000, 88_791_336),
    ("resnext101_64x4d", 1000, 83_455_272), ("resnet20", 10, 269_722), ("resnet32", 10, 464_154),
    ("resnet44", 10, 658_586), ("resnet56", 10, 853_018), ("resnet110", 10, 1_727_962),
  ]

  @Test(arguments: published)
  func namedArchitecturesHaveTheirPublishedSize(_ name: String, _ classes: Int, _ count: Int) throws {
    #expect(try named(name, classes: classes).parameterCount() == count)
  }

  @Test func everyNamedArchitectureIsValidWithAttention() throws {
    for name in Architecture.names + ["wrn-16-4", "wrn-28-10", "wrn-40-2"] {
      #expect(try named(name, attention: CBAMConfiguration()).parameterCount() > 0)
    }
  }

  @Test func wideNetworksWidenTheCIFARFamily() throws {
    let architecture = try Architecture(named("wrn-28-10"))
    #expect(architecture.blocks == [4, 4, 4] && architecture.widths == [160, 320, 640])
    #expect(architecture.stemWidth == 16 && architecture.shortcut == .projection)
  }

  @Test func whatIsSetTakesThePlaceOfTheNamedArchitectures() throws {
    var configuration = named("resnet18")
    configuration.stem = .cifar
    configuration.widths = [8, 16, 24, 32]
    configuration.stemWidth = 12
    let architecture = try Architecture(configuration)
    #expect(architecture.stem == .cifar && architecture.widths == [8, 16, 24, 32])
    #expect(architecture.blocks == [2, 2, 2, 2] && architecture.stemWidth == 12)
  }

  /// A change, and the key and words that the refusal must have.
  static let mistakes: [(String, [String], @Sendable (inout NetworkConfiguration) -> Void)] = [
    ("architecture", ["restnet101", "'resnet101'"], { $0.architecture = "restnet101" }),
    ("architecture", ["6n + 4"], { $0.architecture = "wrn-17-2" }),
    ("architecture", ["6n + 4"], { $0.architecture = "wrn-16-99999999999999999999" }),
    ("architecture", ["'blocks' and 'widths'"], { $0.architecture = "custom" }),
    ("architecture", ["Known: resnet20"], { $0.architecture = "" }),
    ("blocks", ["out of range"], { $0.blocks = [] }),
    ("blocks", ["out of range"], { $0.blocks = [1, 0, 1] }),
    ("widths", ["2 widths for 3 stages"], { $0.widths = [8, 16] }),
    ("widths", ["-1"], { $0.widths = [8, -1, 8] }),
    (
      "widths", ["parameters"],
      {
        $0.widths = [65_536, 65_536, 65_536]
        $0.blocks = [1000, 1000, 1000]
        $0.shortcut = .projection
      }
    ),
    ("stem_width", ["0"], { $0.stemWidth = 0 }),
    ("shortcut", ["64 channels to 16"], { $0.stemWidth = 64 }),
    ("groups", ["basic"], { $0.groups = 4 }),
    (
      "groups", ["too wide"],
      {
        $0.block = .bottleneck
        $0.groups = 65_536
        $0.widthPerGroup = 65_536
      }
    ),
    (
      "width_per_group", ["at least 4"],
      {
        $0.block = .bottleneck
        $0.widthPerGroup = 1
      }
    ),
    ("classes", ["0"], { $0.classes = 0 }),
    ("classes", ["out of range"], { $0.classes = .max }),
    ("input_channels", ["-3"], { $0.inputChannels = -3 }),
    ("dropout", ["1.0"], { $0.dropout = 1 }),
    ("dropout", ["nan"], { $0.dropout = .nan }),
    ("attention.stages", ["stages 1 to 3"], { $0.attentionStages = [4] }),
    ("attention.stages", ["twice"], { $0.attentionStages = [1, 1] }),
    ("attention.reduction", ["0"], { $0.attention?.reduction = 0 }),
    ("attention.spatial_kernel", ["3 or 7"], { $0.attention?.spatialKernel = 5 }),
    ("attention.channel_pools", ["avg, max"], { $0.attention?.channelPools = [] }),
    ("attention.channel_pools", ["twice"], { $0.attention?.channelPools = [.avg, .avg] }),
    ("attention.spatial_gamma_start", ["nan"], { $0.attention?.spatialGammaStart = .nan }),
    (
      "attention.spatial_gamma_start", ["has no effect", "'official' or 'timm'"],
      {
        $0.attention?.variant = .paper
        $0.attention?.spatialGammaStart = 0
      }
    ),
  ]

  @Test func mistakesAreNamedWithTheirRemedy() throws {
    for (key, words, change) in Self.mistakes {
      var configuration = NetworkConfiguration()
      change(&configuration)
      let error = #expect(throws: NetworkConfigurationError.self, "\(words)") { try configuration.validate() }
      #expect(error?.key == key)
      for word in words {
        #expect(error?.description.contains(word) == true, "\(error?.description ?? "")")
      }
      #expect(throws: NetworkConfigurationError.self) { try Network(configuration, seed: 0) }
    }
  }

  @Test func nothingDecodesToTheDefaults() throws {
    let decoder = JSONDecoder()
    let empty = Data("{}".utf8)
    #expect(try decoder.decode(NetworkConfiguration.self, from: empty) == NetworkConfiguration())
    #expect(try decoder.decode(CBAMConfiguration.self, from: empty) == CBAMConfiguration())
    try NetworkConfiguration().validate()
  }

  /// Once it was passed over in silence.
  @Test func aStoredStartWithoutEffectIsLeftOut() throws {
    let stored = Data(#"{"variant": "paper", "spatial_gamma_start": 1}"#.utf8)
    let attention = try JSONDecoder().decode(CBAMConfiguration.self, from: stored)
    #expect(attention.variant == .paper && attention.spatialGammaStart == nil)
    try attention.validate()
  }

  @Test func whatIsEncodedDecodesToTheSame() throws {
    var full = named("custom", classes: 7)
    full.block = .bottleneck
    full.blocks = [1, 2]
    full.widths = [16, 32]
    full.stem = .imagenet
    full.stemWidth = 8
    full.shortcut = .padding
    full.groups = 2
    full.widthPerGroup = 32
    full.attentionStages = [2]
    full.inputChannels = 1
    full.zeroInitLastGamma = true
    full.dropout = 0.25
    var attention = CBAMConfiguration()
    attention.variant = .timm
    attention.channelPools = [.max]
    attention.reduction = 8
    attention.spatialKernel = 3
    attention.spatialPools = .learned
    attention.order = .spatialFirst
    attention.gates = .channel
    attention.spatialGammaStart = 0.5
    for configuration in [NetworkConfiguration(), full, named("resnet18", attention: attention)] {
      let data = try JSONEncoder().encode(configuration)
      #expect(try JSONDecoder().decode(NetworkConfiguration.self, from: data) == configuration)
    }
    let text = String(decoding: try JSONEncoder().encode(full), as: UTF8.self)
    #expect(text.contains("\"width_per_group\":32") && text.contains("\"attention\":\"none\""))
  }

  @Test(arguments: [
    #"{"architectur":"resnet18"}"#, #"{"attention":{"reductoin":8}}"#, #"{"attention":"cbamm"}"#,
    #"{"block":"preactivation"}"#, #"{"classes":"ten"}"#, #"{"classes":1e30}"#, "[]",
  ])
  func unknownKeysAndValuesAreRefused(_ text: String) {
    #expect(throws: DecodingError.self) {
      try JSONDecoder().decode(NetworkConfiguration.self, from: Data(text.utf8))
    }
  }

  @Test func hiddenWidthsFollowTheirVariants() {
    var configuration = CBAMConfiguration()
    #expect([8, 16, 24, 40, 256].map(configuration.hiddenWidth) == [1, 1, 1, 2, 16])
    configuration.variant = .timm
    #expect([4, 8, 16, 24, 40, 256].map(configuration.hiddenWidth) == [1, 1, 1, 2, 3, 16])
  }
}
