import FoveaNN

extension ConfigurationKey {
  private static let side = 1...65_536

  static let model: [ConfigurationKey] = [
    Self(
      "model.architecture", \.model.network.architecture, .text("a name"),
      """
      resnet20, 32, 44, 56 or 110 (for small images), resnet18, 34, 50, 101 or 152 (for photographs), wrn-16-4 and \
      its kin, resnext50_32x4d and its kin, or custom with blocks and widths. The keys below change one detail each; \
      auto is the architecture's own.
      """),
    Self(
      "model.block", \.model.network.block, .optional(.choice, word: "auto"),
      "Two 3×3 convolutions, or 1×1, 3×3 and 1×1."),
    Self(
      "model.blocks", \.model.network.blocks,
      .optional(.list(of: .integer(1...1000), count: 1...16), word: "auto"),
      "Blocks in each stage."),
    Self(
      "model.widths", \.model.network.widths,
      .optional(.list(of: .integer(side), count: 1...16), word: "auto"),
      "Channels of each stage; every stage but the first halves the map."),
    Self(
      "model.stem", \.model.network.stem, .optional(.choice, word: "auto"),
      "cifar: a 3×3 convolution. imagenet: a 7×7 convolution and a max pool, which make the map four times smaller."
    ),
    Self(
      "model.stem_width", \.model.network.stemWidth, .optional(.integer(side), word: "auto"),
      "Channels of the stem."),
    Self(
      "model.shortcut", \.model.network.shortcut, .optional(.choice, word: "auto"),
      "How a shortcut changes size: by a 1×1 convolution, or by leaving out pixels and adding channels of zeros."
    ),
    Self(
      "model.groups", \.model.network.groups, .optional(.integer(side), word: "auto"),
      "Groups of the 3×3 convolutions in bottlenecks."),
    Self(
      "model.width_per_group", \.model.network.widthPerGroup, .optional(.integer(side), word: "auto"),
      "Channels in each group where the stage's width is 64, and in proportion elsewhere."),
    Self(
      "model.zero_init_last_gamma", \.model.network.zeroInitLastGamma, .boolean,
      "Start each block as its shortcut: gamma 0 in its last batch normalisation."),
    Self(
      "model.dropout", \.model.network.dropout, .number(0...0.99),
      "The share of features dropped before the classifier."),
    Self(
      "model.weights", \.model.weights, .optional(.text("a path")),
      """
      A safetensors file with PyTorch names whose weights the training starts from. The classifier is left out where \
      it has another number of classes.
      """),
  ]

  static let attention: [ConfigurationKey] = [
    Self(
      "model.attention.kind", \.model.attention, .choice, "CBAM at the end of each block, or no attention."),
    Self(
      "model.attention.stages", \.model.network.attentionStages,
      .optional(.list(of: .integer(1...16), count: 1...16), word: "all"), "The stages that have it, from 1."),
    Self(
      "model.attention.variant", \.model.cbam.variant, .choice,
      """
      Whose details: the authors' code (spatial gamma starts at 0, so early maps are flat), the paper's text (no \
      normalisation after the spatial convolution), or timm's.
      """),
    Self(
      "model.attention.channel_pools", \.model.cbam.channelPools, .list(of: .choice, count: 1...2),
      "What feeds the channel gate: averages, maxima, or both."),
    Self(
      "model.attention.reduction", \.model.cbam.reduction, .integer(side),
      "Channels over the channel gate's hidden width."),
    Self(
      "model.attention.spatial_kernel", \.model.cbam.spatialKernel, .integer(3...7),
      "The spatial gate's convolution: 3 or 7."),
    Self(
      "model.attention.spatial_pools", \.model.cbam.spatialPools, .choice,
      "What feeds it: maximum and mean over channels, or a learned 1×1 convolution."),
    Self(
      "model.attention.order", \.model.cbam.order, .choice,
      "Which gate comes first, or both from the same input."),
    Self("model.attention.gates", \.model.cbam.gates, .choice, "Both gates, or one of them alone."),
    Self(
      "model.attention.spatial_gamma_start", \.model.cbam.spatialGammaStart,
      .optional(.number(-100...100), word: "auto"),
      "Where gamma of the spatial gate's normalisation starts; 1 lets maps show something from the first epoch."
    ),
  ]
}
