import FoveaTensor

/// Brings the names that others give to the same parameters to those of the CBAM authors' code.
///
/// - `module.` and `state_dict.` before every name: wrappers of PyTorch training scripts.
/// - `linear.*` for `fc.*`: Y. Idelbayev's CIFAR networks.
/// - `layerL.B.se.*`: the timm library, whose gates have 1×1 convolutions for linear layers, and whose spatial
///   convolution takes [mean, max] where this package takes [max, mean].
enum StateNames {
  /// What must be done to a tensor beside renaming it.
  enum Conversion {
    case none
    /// [O, I, 1, 1] → [O, I]
    case dropUnitExtents
    /// Exchanges the two input channels of [1, 2, k, k].
    case swapInputChannels
  }

  struct Source {
    /// The name in the state.
    let original: String
    let conversion: Conversion
  }

  private static let prefixes = ["module.", "state_dict.", "model.", "_orig_mod."]

  /// Canonical name → where it comes from. Where two names become one, the later stays under its own.
  static func resolve(_ names: [String]) -> [String: Source] {
    var prefix = 0
    while let next = prefixes.first(where: { word in
      !names.isEmpty && names.allSatisfy { $0.dropFirst(prefix).hasPrefix(word) }
    }) {
      prefix += next.count
    }
    var sources: [String: Source] = [:]
    for original in names {
      let (name, conversion) = canonical(String(original.dropFirst(prefix)))
      let key = sources[name] == nil ? name : original
      sources[key] = Source(original: original, conversion: conversion)
    }
    return sources
  }

  private static let timm: [(suffix: String, canonical: String, conversion: Conversion)] = [
    ("channel.fc1.weight", "ChannelGate.mlp.1.weight", .dropUnitExtents),
    ("channel.fc1.bias", "ChannelGate.mlp.1.bias", .none),
    ("channel.fc2.weight", "ChannelGate.mlp.3.weight", .dropUnitExtents),
    ("channel.fc2.bias", "ChannelGate.mlp.3.bias", .none),
    ("spatial.conv.conv.weight", "SpatialGate.spatial.conv.weight", .swapInputChannels),
    ("spatial.conv.bn.weight", "SpatialGate.spatial.bn.weight", .none),
    ("spatial.conv.bn.bias", "SpatialGate.spatial.bn.bias", .none),
    ("spatial.conv.bn.running_mean", "SpatialGate.spatial.bn.running_mean", .none),
    ("spatial.conv.bn.running_var", "SpatialGate.spatial.bn.running_var", .none),
    ("spatial.conv.bn.num_batches_tracked", "SpatialGate.spatial.bn.num_batches_tracked", .none),
  ]

  private static func canonical(_ name: String) -> (String, Conversion) {
    if name == "linear.weight" { return ("fc.weight", .none) }
    if name == "linear.bias" { return ("fc.bias", .none) }
    let marker = ".se."
    guard let range = name.firstRange(of: marker) else { return (name, .none) }
    let suffix = name[range.upperBound...]
    guard let row = timm.first(where: { $0.suffix == suffix }) else { return (name, .none) }
    return ("\(name[..<range.lowerBound]).cbam.\(row.canonical)", row.conversion)
  }

  /// The shape after conversion; unchanged where the conversion does not apply to it.
  static func shape(_ shape: Shape, after conversion: Conversion) -> Shape {
    guard conversion == .dropUnitExtents, shape.rank == 4, shape[2] == 1, shape[3] == 1 else { return shape }
    return [shape[0], shape[1]]
  }

  /// - Precondition: the tensor has the shape that its parameter has in files.
  static func convert(_ tensor: Tensor, _ conversion: Conversion) -> Tensor {
    switch conversion {
    case .none: return tensor
    case .dropUnitExtents: return tensor.reshaped(shape(tensor.shape, after: conversion))
    case .swapInputChannels:
      guard tensor.shape.rank == 4, tensor.shape[0] == 1, tensor.shape[1] == 2 else { return tensor }
      let values = tensor.scalars
      let half = values.count / 2
      return Tensor(Array(values[half...] + values[..<half]), shape: tensor.shape)
    }
  }
}
