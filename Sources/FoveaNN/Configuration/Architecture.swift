/// A configuration with every choice made: the named architecture's, or the configuration's own.
///
/// The families: `resnet20` … `resnet110` are He et al.'s CIFAR networks (16, 32 and 64 channels, padding shortcuts);
/// `resnet18` … `resnet152` their ImageNet networks; `wrn-D-K` is a CIFAR network of depth D = 6n + 4 whose stages are K
/// times as wide; `wide_resnetD_2` widens the bottlenecks' 3×3 convolutions; `resnextD_GxW` groups them (G groups of
/// width W). All blocks are post-activation, convolution before normalisation before ReLU, as in the wide networks of
/// the CBAM paper, not in the pre-activation order of Zagoruyko and Komodakis.
public struct Architecture: Hashable, Sendable {
  public typealias Failure = NetworkConfigurationError

  public var block = NetworkConfiguration.BlockKind.basic
  /// Blocks in each stage, and each stage's width.
  public var blocks: [Int] = []
  public var widths: [Int] = []
  public var stem = NetworkConfiguration.StemKind.cifar
  public var stemWidth = 16
  public var shortcut = NetworkConfiguration.ShortcutKind.projection
  public var groups = 1
  public var widthPerGroup = 64

  /// The named architectures, wide CIFAR networks and `custom` aside.
  public static let names =
    cifarDepths.map { "resnet\($0)" } + imagenet.map(\.name)

  private static let cifarDepths = [20, 32, 44, 56, 110]
  private static let imagenet: [(name: String, bottleneck: Bool, blocks: [Int], groups: Int, width: Int)] = [
    ("resnet18", false, [2, 2, 2, 2], 1, 64),
    ("resnet34", false, [3, 4, 6, 3], 1, 64),
    ("resnet50", true, [3, 4, 6, 3], 1, 64),
    ("resnet101", true, [3, 4, 23, 3], 1, 64),
    ("resnet152", true, [3, 8, 36, 3], 1, 64),
    ("wide_resnet50_2", true, [3, 4, 6, 3], 1, 128),
    ("wide_resnet101_2", true, [3, 4, 23, 3], 1, 128),
    ("resnext50_32x4d", true, [3, 4, 6, 3], 32, 4),
    ("resnext101_32x4d", true, [3, 4, 23, 3], 32, 4),
    ("resnext101_32x8d", true, [3, 4, 23, 3], 32, 8),
    ("resnext101_64x4d", true, [3, 4, 23, 3], 64, 4),
    ("resnext152_32x4d", true, [3, 8, 36, 3], 32, 4),
  ]

  /// Resolves and checks a configuration.
  public init(_ configuration: NetworkConfiguration) throws(Failure) {
    try setNamed(configuration)
    block = configuration.block ?? block
    blocks = configuration.blocks ?? blocks
    widths = configuration.widths ?? widths
    stem = configuration.stem ?? stem
    stemWidth = configuration.stemWidth ?? stemWidth
    shortcut = configuration.shortcut ?? shortcut
    groups = configuration.groups ?? groups
    widthPerGroup = configuration.widthPerGroup ?? widthPerGroup
    try validate()
  }

  /// Channels that come out of a block of a stage of this width.
  public func outChannels(width: Int) -> Int { block == .bottleneck ? 4 * width : width }

  /// Channels inside a bottleneck of a stage of this width.
  public func innerChannels(width: Int) -> Int { width * widthPerGroup / 64 * groups }

  /// Channels that go into the classifier.
  public var featureCount: Int { outChannels(width: widths.last!) }

  private mutating func setNamed(_ configuration: NetworkConfiguration) throws(Failure) {
    let name = configuration.architecture
    if name == "custom" {
      guard configuration.blocks != nil, let widths = configuration.widths else {
        throw Failure(
          key: "architecture", problem: "'custom' needs 'blocks' and 'widths'",
          remedy: "Give both, as in blocks: [2, 2, 2] and widths: [16, 32, 64].")
      }
      stemWidth = widths.first ?? 1
    } else if let depth = Self.cifarDepths.first(where: { "resnet\($0)" == name }) {
      blocks = [Int](repeating: (depth - 2) / 6, count: 3)
      widths = [16, 32, 64]
      shortcut = .padding
    } else if let preset = Self.imagenet.first(where: { $0.name == name }) {
      block = preset.bottleneck ? .bottleneck : .basic
      blocks = preset.blocks
      widths = [64, 128, 256, 512]
      stem = .imagenet
      stemWidth = 64
      groups = preset.groups
      widthPerGroup = preset.width
    } else if let (depth, factor) = try Self.wide(name) {
      blocks = [Int](repeating: (depth - 4) / 6, count: 3)
      widths = [16 * factor, 32 * factor, 64 * factor]
    } else {
      throw Self.unknown(name)
    }
  }

  /// Depth and widening factor of `wrn-DEPTH-FACTOR`; nil for other names.
  private static func wide(_ name: String) throws(Failure) -> (depth: Int, factor: Int)? {
    let parts = name.split(separator: "-", omittingEmptySubsequences: false)
    guard parts.count == 3, parts[0] == "wrn" else { return nil }
    guard let depth = Int(parts[1]), let factor = Int(parts[2]), (10...1000).contains(depth),
      depth % 6 == 4, (1...64).contains(factor)
    else {
      throw Failure(
        key: "architecture", problem: "'\(name.prefix(80))' is no wide network",
        remedy: "The depth is 6n + 4 (16, 22, 28, 40) and the factor 1 to 64, as in wrn-16-4.")
    }
    return (depth, factor)
  }

  private static func unknown(_ name: String) -> Failure {
    let known = names + ["wrn-16-4", "wrn-28-10", "wrn-40-2", "custom"]
    let nearest = NearestName.of(name, in: known)
    return Failure(
      key: "architecture", problem: "unknown architecture '\(name.prefix(80))'",
      remedy: nearest.map { "Did you mean '\($0)'?" }
        ?? "Known: \(names.joined(separator: ", ")), wrn-DEPTH-FACTOR and custom.")
  }

  private func validate() throws(Failure) {
    func fail(_ key: String, _ problem: String, _ remedy: String) -> Failure {
      Failure(key: key, problem: problem, remedy: remedy)
    }
    if blocks.isEmpty || blocks.count > 16 || !blocks.allSatisfy((1...1000).contains) {
      throw fail("blocks", "\(blocks) is out of range", "Give 1 to 16 stages of 1 to 1000 blocks.")
    }
    if widths.count != blocks.count {
      throw fail(
        "widths", "\(widths.count) widths for \(blocks.count) stages of blocks",
        "Give as many widths as entries of blocks: \(blocks.count).")
    }
    let range = 1...65_536
    if let width = widths.first(where: { !range.contains($0) }) {
      throw fail("widths", "\(width) is out of range", "Give 1 to 65536 channels.")
    }
    if !range.contains(stemWidth) {
      throw fail("stem_width", "\(stemWidth) is out of range", "Give 1 to 65536 channels.")
    }
    if !range.contains(groups) || !range.contains(widthPerGroup) {
      throw fail(
        "groups", "\(groups) groups of width \(widthPerGroup) are out of range", "Give 1 to 65536 each.")
    }
    if block == .basic, groups != 1 || widthPerGroup != 64 {
      throw fail(
        "groups", "basic blocks have neither groups nor width_per_group",
        "Set block: bottleneck, or leave both away.")
    }
    if block == .bottleneck, let width = widths.first(where: { $0 * widthPerGroup < 64 }) {
      throw fail(
        "width_per_group", "\(widthPerGroup) leaves no channel in a stage of width \(width)",
        "Give at least \((64 + width - 1) / width).")
    }
    if block == .bottleneck, let width = widths.first(where: { innerChannels(width: $0) > 65_536 }) {
      throw fail(
        "groups", "\(groups) groups of width \(widthPerGroup) make a stage of width \(width) too wide",
        "Give fewer or narrower groups.")
    }
    if shortcut == .padding {
      var channels = stemWidth
      for width in widths {
        guard outChannels(width: width) >= channels else {
          throw fail(
            "shortcut", "padding cannot go from \(channels) channels to \(outChannels(width: width))",
            "Set shortcut: projection, or let widths not shrink.")
        }
        channels = outChannels(width: width)
      }
    }
  }
}
