// The form that model files store: JSON with the keys of the YAML configuration. Keys that are absent take their
// defaults; keys that are not known are errors, since a network built without them would be another one.

/// Any key at all, to see those that are not known.
private struct AnyKey: CodingKey {
  let stringValue: String
  var intValue: Int? { nil }

  init?(stringValue: String) { self.stringValue = stringValue }
  init?(intValue: Int) { nil }
}

extension Decoder {
  /// The keyed container, once it is known to hold no other keys than `Key`'s.
  fileprivate func container<Key: CodingKey & CaseIterable & RawRepresentable<String>>(
    of _: Key.Type
  ) throws -> KeyedDecodingContainer<Key> {
    let known = Key.allCases.map(\.rawValue)
    for key in try container(keyedBy: AnyKey.self).allKeys where !known.contains(key.stringValue) {
      let hint = NearestName.hint(key.stringValue, in: known)
      throw DecodingError.dataCorrupted(
        .init(
          codingPath: codingPath,
          debugDescription: "unknown key '\(key.stringValue.prefix(80))'.\(hint) "
            + "Known: \(known.joined(separator: ", "))"))
    }
    return try container(keyedBy: Key.self)
  }
}

extension KeyedDecodingContainer {
  fileprivate func read<Value: Decodable>(_ key: Key, into value: inout Value) throws {
    if let found = try decodeIfPresent(Value.self, forKey: key) { value = found }
  }
}

extension CBAMConfiguration: Codable {
  private enum Keys: String, CodingKey, CaseIterable {
    case variant, reduction, order, gates
    case channelPools = "channel_pools"
    case spatialKernel = "spatial_kernel"
    case spatialPools = "spatial_pools"
    case spatialGammaStart = "spatial_gamma_start"
  }

  public init(from decoder: any Decoder) throws {
    self.init()
    let container = try decoder.container(of: Keys.self)
    try container.read(.variant, into: &variant)
    try container.read(.channelPools, into: &channelPools)
    try container.read(.reduction, into: &reduction)
    try container.read(.spatialKernel, into: &spatialKernel)
    try container.read(.spatialPools, into: &spatialPools)
    try container.read(.order, into: &order)
    try container.read(.gates, into: &gates)
    spatialGammaStart = try container.decodeIfPresent(Float.self, forKey: .spatialGammaStart)
    // Model files made while it was passed over in silence stay readable.
    if !hasSpatialNormalization { spatialGammaStart = nil }
  }

  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: Keys.self)
    try container.encode(variant, forKey: .variant)
    try container.encode(channelPools, forKey: .channelPools)
    try container.encode(reduction, forKey: .reduction)
    try container.encode(spatialKernel, forKey: .spatialKernel)
    try container.encode(spatialPools, forKey: .spatialPools)
    try container.encode(order, forKey: .order)
    try container.encode(gates, forKey: .gates)
    try container.encodeIfPresent(spatialGammaStart, forKey: .spatialGammaStart)
  }
}

extension NetworkConfiguration: Codable {
  private enum Keys: String, CodingKey, CaseIterable {
    case architecture, block, blocks, widths, stem, shortcut, groups, attention, classes, dropout
    case stemWidth = "stem_width"
    case widthPerGroup = "width_per_group"
    case attentionStages = "attention_stages"
    case inputChannels = "input_channels"
    case zeroInitLastGamma = "zero_init_last_gamma"
  }

  /// What stands for no attention: an absent key is the default, which has it.
  private static let noAttention = "none"

  public init(from decoder: any Decoder) throws {
    self.init()
    let container = try decoder.container(of: Keys.self)
    try container.read(.architecture, into: &architecture)
    block = try container.decodeIfPresent(BlockKind.self, forKey: .block)
    blocks = try container.decodeIfPresent([Int].self, forKey: .blocks)
    widths = try container.decodeIfPresent([Int].self, forKey: .widths)
    stem = try container.decodeIfPresent(StemKind.self, forKey: .stem)
    stemWidth = try container.decodeIfPresent(Int.self, forKey: .stemWidth)
    shortcut = try container.decodeIfPresent(ShortcutKind.self, forKey: .shortcut)
    groups = try container.decodeIfPresent(Int.self, forKey: .groups)
    widthPerGroup = try container.decodeIfPresent(Int.self, forKey: .widthPerGroup)
    attentionStages = try container.decodeIfPresent([Int].self, forKey: .attentionStages)
    try container.read(.classes, into: &classes)
    try container.read(.inputChannels, into: &inputChannels)
    try container.read(.zeroInitLastGamma, into: &zeroInitLastGamma)
    try container.read(.dropout, into: &dropout)
    if container.contains(.attention) {
      if let word = try? container.decode(String.self, forKey: .attention) {
        guard word == Self.noAttention else {
          throw DecodingError.dataCorruptedError(
            forKey: .attention, in: container,
            debugDescription: "'\(word.prefix(80))' is neither '\(Self.noAttention)' nor a section of keys")
        }
        attention = nil
      } else {
        attention = try container.decode(CBAMConfiguration.self, forKey: .attention)
      }
    }
  }

  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: Keys.self)
    try container.encode(architecture, forKey: .architecture)
    try container.encodeIfPresent(block, forKey: .block)
    try container.encodeIfPresent(blocks, forKey: .blocks)
    try container.encodeIfPresent(widths, forKey: .widths)
    try container.encodeIfPresent(stem, forKey: .stem)
    try container.encodeIfPresent(stemWidth, forKey: .stemWidth)
    try container.encodeIfPresent(shortcut, forKey: .shortcut)
    try container.encodeIfPresent(groups, forKey: .groups)
    try container.encodeIfPresent(widthPerGroup, forKey: .widthPerGroup)
    try container.encodeIfPresent(attentionStages, forKey: .attentionStages)
    try container.encode(classes, forKey: .classes)
    try container.encode(inputChannels, forKey: .inputChannels)
    try container.encode(zeroInitLastGamma, forKey: .zeroInitLastGamma)
    try container.encode(dropout, forKey: .dropout)
    if let attention {
      try container.encode(attention, forKey: .attention)
    } else {
      try container.encode(Self.noAttention, forKey: .attention)
    }
  }
}
