import FoveaData
extension ConfigurationKey {
  /// Every key, section by section, in the order of the documentation and of the resolved dump.
  public static let all: [ConfigurationKey] =
    data + input + augment + model + attention + train + optimizer + schedule + engine + output

  private static let data: [ConfigurationKey] = [
    Self(
      "data.path", \.data.path, .optional(.text("a path")),
      """
      The data set: a folder with train/ and val/ or test/, each with a folder per class; a folder with a folder per \
      class; or a folder with the files of MNIST and its kin or of CIFAR-10's binary version.
      """),
    Self(
      "data.format", \.data.format, .choice,
      "How it is stored. 'auto' looks; 'folders', 'idx' (MNIST and its kin, also .gz) and 'cifar' insist."),
    Self(
      "data.validation", \.data.validation, .choice,
      """
      What validates: 'val' or 'test' of the data set, or 'split', a share of the training images. 'auto' takes the \
      first of these that is there.
      """),
    Self(
      "data.validation_share", \.data.validationShare, .number(0.001...0.9),
      "The share that 'split' sets aside, of each class. Which images these are depends on their names alone."
    ),
    Self("data.split_seed", \.data.splitSeed, .seed, "Another number sets other images aside."),
    Self(
      "data.class_names", \.data.classNames, .optional(.list(of: .text("a name"), count: 2...100_000)),
      "The names of labels 0, 1, … where the data set has numbers only (IDX)."),
    Self(
      "data.max_bad", \.data.maxBad, .share,
      "The share of files that may be unreadable. Each is named and passed by; past this share training stops."
    ),
    Self(
      "data.allow_truncated", \.data.allowTruncated, .boolean,
      "Accept what can be read of damaged image files."),
    Self(
      "data.cache", \.data.cache, .bytes,
      "Memory for decoded images. Those that fit are decoded once, not in every epoch."),
    Self("data.workers", \.data.workers, .integer(0...256), "Threads that prepare batches ahead; 0 chooses."),
  ]

  private static let input: [ConfigurationKey] = [
    Self(
      "input.width", \.input.width, .integer(1...Preparation.largestSide), "The network's input, in pixels."),
    Self(
      "input.height", \.input.height, .integer(1...Preparation.largestSide), "The network's input, in pixels."
    ),
    Self(
      "input.resize", \.input.resize, .choice,
      """
      How an image of another shape gets there: 'crop' keeps the largest centred part of the input's shape, 'pad' \
      shows all of it on the background, 'squash' stretches it.
      """),
    Self(
      "input.crop_fraction", \.input.cropFraction, .number(0.01...1),
      "With 'crop': the share of that part's sides that is kept. 0.875 is the customary 'resize to 256, crop 224'."
    ),
    Self("input.filter", \.input.filter, .choice, "How pixels are resampled; shrinking is antialiased."),
    Self(
      "input.decode_scale", \.input.decodeScale, .number(0.5...16),
      """
      JPEGs are decoded at 1/2, 1/4 or 1/8 of their size as long as so many times the input's size is left. Less than 2 is \
      faster and not quite as sharp or as smooth.
      """),
    Self(
      "input.mean", \.input.mean, .optional(.list(of: .number(-1000...1000), count: 3...3), word: "auto"),
      """
      Subtracted from red, green and blue, which range from 0 to 1. 'auto' measures the training images and writes \
      what it found into the run's config.yaml.
      """),
    Self(
      "input.std", \.input.std, .optional(.list(of: .number(1e-6...1000), count: 3...3), word: "auto"),
      "What they are divided by then. 'auto' as for the mean."),
    Self(
      "input.background", \.input.background, .color,
      "What shows through transparent parts and beside padded images."),
  ]

  private static let augment: [ConfigurationKey] = [
    Self(
      "augment.pad_and_crop", \.augment.padAndCrop, .integer(0...1024),
      "Shifts the image at random: a margin of so many pixels all around, then a crop of the input's size. 0 is off."
    ),
    Self("augment.flip", \.augment.flip, .number(0...1), "How likely left and right are exchanged."),
    Self(
      "augment.rotation", \.augment.rotation, .number(0...180), "Turns by up to so many degrees either way."),
    Self(
      "augment.random_resized_crop", \.augment.randomResizedCrop, .boolean,
      "Takes a part of random size and shape in place of input.resize."),
    Self(
      "augment.crop_scale", \.augment.cropScale, .range(1e-4...1),
      "That part's share of the area: least, most."),
    Self(
      "augment.crop_ratio", \.augment.cropRatio, .range(0.01...100),
      "That part's width to height: least, most."),
    Self("augment.brightness", \.augment.brightness, .number(0...10), "Scales values by 1 ± up to this."),
    Self(
      "augment.contrast", \.augment.contrast, .number(0...10),
      "Scales distances from the mean gray by 1 ± up to this."),
    Self(
      "augment.saturation", \.augment.saturation, .number(0...10), "Scales colourfulness by 1 ± up to this."),
    Self(
      "augment.hue", \.augment.hue, .number(0...0.5),
      "Turns the hue by up to this share of the colour circle."),
    Self(
      "augment.erasing", \.augment.erasing, .number(0...1), "How likely a random rectangle is painted over."),
    Self("augment.erasing_fill", \.augment.erasingFill, .choice, "With what: the mean colour, or noise."),
    Self("augment.border", \.augment.border, .choice, "What fills the margins of pad_and_crop and rotation."),
  ]

  private static let train: [ConfigurationKey] = [
    Self("train.epochs", \.train.epochs, .integer(1...1_000_000), "How often every training image is seen."),
    Self(
      "train.steps", \.train.steps, .optional(.integer(1...1_000_000_000)),
      "Optimiser steps in place of epochs; the last epoch may then be cut short."),
    Self("train.batch_size", \.train.batchSize, .integer(1...65_536), "Images a step."),
    Self(
      "train.seed", \.train.seed, .seed,
      "Decides the first weights, the order of images and every random change. The same seed gives the same bits."
    ),
    Self(
      "train.label_smoothing", \.train.labelSmoothing, .number(0...0.99),
      "The share of each label that is spread over all classes; 0.1 is common."),
    Self(
      "train.class_weights", \.train.classWeights, .choice,
      "'balanced' weighs each class's loss by the inverse of its number of images."),
    Self(
      "train.mixup", \.train.mixup, .number(0...100),
      """
      Blends pairs of images and labels; this is alpha of the Beta distribution of the blend (Zhang et al., 2018; \
      0.2 is common). 0 is off.
      """),
    Self(
      "train.cutmix", \.train.cutmix, .number(0...100),
      """
      Pastes a rectangle of another image and mixes labels by area; alpha of the Beta distribution (Yun et al., 2019; \
      1 is common). 0 is off. With mixup too, each batch takes one of the two by chance.
      """),
    Self(
      "train.clip_norm", \.train.clipNorm, .optional(.number(0...1_000_000, openBelow: true)),
      "Scales gradients down whose norm over all parameters is above this."),
    Self(
      "train.ema", \.train.ema, .optional(.number(0...0.999_999_9)),
      """
      The decay of an exponential moving average of the weights (0.999, say), which is then what is evaluated and \
      exported. In the first steps it is lower: at most (1 + step) / (10 + step).
      """),
    Self(
      "train.early_stopping", \.train.earlyStopping, .optional(.integer(1...1_000_000)),
      "Ends the run after so many epochs without a new best."),
    Self("train.best_by", \.train.bestBy, .choice, "Which validation figure makes an epoch the best."),
    Self(
      "train.evaluation_batch_size", \.train.evaluationBatchSize, .optional(.integer(1...65_536)),
      "Images at a time in validation, by default batch_size; changes no result."),
  ]

  private static let optimizer: [ConfigurationKey] = [
    Self("optimizer.name", \.optimizer.name, .choice, "The rule, as in PyTorch's class of that name."),
    Self(
      "optimizer.learning_rate", \.optimizer.learningRate, .number(0...1000, openBelow: true),
      "The highest learning rate; the schedule lowers it."),
    Self(
      "optimizer.momentum", \.optimizer.momentum, .number(0...0.999_999),
      "SGD: the share of the last step that is kept."),
    Self("optimizer.nesterov", \.optimizer.nesterov, .boolean, "SGD: look ahead along the momentum."),
    Self(
      "optimizer.beta1", \.optimizer.beta1, .number(0...0.999_999_9), "AdamW: decay of the mean of gradients."
    ),
    Self(
      "optimizer.beta2", \.optimizer.beta2, .number(0...0.999_999_9),
      "AdamW: decay of the mean of their squares."),
    Self(
      "optimizer.epsilon", \.optimizer.epsilon, .number(0...1, openBelow: true),
      "AdamW: added to the denominator."),
    Self(
      "optimizer.weight_decay", \.optimizer.weightDecay, .number(0...10),
      "Pull of the weights towards 0: added to SGD's gradient, apart from it in AdamW."),
    Self(
      "optimizer.decay_all", \.optimizer.decayAll, .boolean,
      "Decay biases and normalisation parameters too; otherwise only the weights of convolutions and linear layers."
    ),
  ]

  private static let schedule: [ConfigurationKey] = [
    Self(
      "schedule.name", \.schedule.name, .choice,
      "How the learning rate changes from step to step: not at all, along half a cosine, at milestones, or up and down."
    ),
    Self(
      "schedule.warmup_epochs", \.schedule.warmupEpochs, .number(0...1_000_000),
      "Epochs, also parts of one, of linear rise first."),
    Self(
      "schedule.warmup_start", \.schedule.warmupStart, .number(0...1),
      "Where that rise begins, as a share of where it ends."),
    Self(
      "schedule.final_fraction", \.schedule.finalFraction, .number(0...1),
      "cosine: the last rate as a share of the highest."),
    Self(
      "schedule.milestones", \.schedule.milestones, .list(of: .number(0...1), count: 0...1000),
      "step: where the rate falls, as shares of the run; ascending."),
    Self("schedule.gamma", \.schedule.gamma, .number(0...1), "step: the factor by which it falls."),
    Self(
      "schedule.rise_fraction", \.schedule.riseFraction, .number(0...1),
      "onecycle: the share of the run in which the rate rises."),
    Self(
      "schedule.start_divisor", \.schedule.startDivisor, .number(1...1_000_000_000),
      "onecycle: the highest rate over the first."),
    Self(
      "schedule.final_divisor", \.schedule.finalDivisor, .number(1...1_000_000_000),
      "onecycle: the first rate over the last."),
  ]

  private static let engine: [ConfigurationKey] = [
    Self(
      "engine.winograd", \.engine.winograd, .choice,
      """
      Winograd's algorithm for 3×3 convolutions: 'auto' takes it where it is faster, 'off' never; 'f2' and 'f4' insist on \
      tiles of 2×2 or 4×4 outputs wherever it applies. The larger the tile, the fewer multiplications and the more rounding.
      """),
    Self(
      "engine.precision", \.engine.precision, .choice,
      """
      'bf16' lets the factors of convolutions be rounded to bfloat16 and keeps sums, weights and everything between \
      convolutions in 32-bit floats; convolutions that are faster with 32-bit factors stay so. It needs a CPU with \
      AVX-512 BF16 and is an error elsewhere.
      """),
    Self(
      "engine.memory", \.engine.memory, .choice,
      """
      'recompute' keeps each block's output alone for the way back and runs its convolutions a second time: less memory, \
      more time, the same weights to the bit.
      """),
  ]

  private static let output: [ConfigurationKey] = [
    Self(
      "output.runs", \.output.runs, .text("a path"),
      "The folder of run folders. By default runs/ in the current folder."),
    Self(
      "output.name", \.output.name, .optional(.text("a name")),
      """
      The run's folder in it. A name given here must be new; without one the configuration file's name is taken, with \
      -2, -3, … added where a run of that name exists.
      """),
    Self(
      "output.checkpoint_minutes", \.output.checkpointMinutes, .number(0...100_000),
      "How often the state is saved within an epoch; 0 saves at the ends of epochs only."),
    Self(
      "output.checkpoint_steps", \.output.checkpointSteps, .optional(.integer(1...1_000_000_000)),
      "The same, counted in steps."),
  ]
}
