import FoveaData
import FoveaImage
import FoveaNN
import FoveaOps

/// Everything that a training run is told: what `configs/*.yaml` hold.
///
/// The initial values of the properties are the defaults, and the only place where defaults are. The keys, with
/// their documentation, are in `ConfigurationKey.all`.
public struct TrainingConfiguration: Hashable, Sendable {
  public var data = Data()
  public var input = Input()
  public var augment = Augment()
  public var model = Model()
  public var train = Train()
  public var optimizer = Optimizer()
  public var schedule = Schedule()
  public var engine = Engine()
  public var output = Output()

  /// The run's name where the configuration gives none: that of its file.
  var defaultName = "run"

  public init() {}

  /// What the run folder is called before a number is added to it.
  public var runName: String { output.name ?? defaultName }
}

extension TrainingConfiguration {
  public struct Data: Hashable, Sendable {
    public var path: String?
    public var format = DataFormat.auto
    public var validation = DataPart.auto
    public var validationShare = 0.2
    public var splitSeed: UInt64 = 0
    public var classNames: [String]?
    public var maxBad = 0.01
    public var allowTruncated = false
    public var cache = 2 << 30
    public var workers = 0
  }

  /// How images become the network's input, in training and ever after: stored in the model.
  public struct Input: Hashable, Sendable {
    public var width = 32
    public var height = 32
    public var resize = ResizeRule.crop
    public var cropFraction = 1.0
    public var filter = ResizeFilter.bilinear
    public var decodeScale = 2.0
    /// Nil: measured on the training images.
    public var mean: [Float]?
    public var std: [Float]?
    public var background: RGB = .white
  }

  /// `AugmentationConfiguration` with its optional part written flat.
  public struct Augment: Hashable, Sendable {
    public var padAndCrop = 0
    public var flip: Float = 0
    public var rotation: Float = 0
    public var randomResizedCrop = false
    public var cropScale: [Float] = [0.08, 1]
    public var cropRatio: [Float] = [0.75, 1.333_333_4]
    public var brightness: Float = 0
    public var contrast: Float = 0
    public var saturation: Float = 0
    public var hue: Float = 0
    public var erasing: Float = 0
    public var erasingFill = AugmentationConfiguration.RandomErasing.Fill.mean
    public var border = AugmentationConfiguration.Border.mean
  }

  public struct Model: Hashable, Sendable {
    public enum Attention: String, CaseIterable, Sendable {
      case cbam, none
    }

    /// The network without its attention and its number of classes, which the data decide.
    public var network = NetworkConfiguration()
    public var attention = Attention.cbam
    /// The gates where `attention` is `cbam`.
    public var cbam = CBAMConfiguration()
    /// A model file or safetensors file whose weights the training starts from.
    public var weights: String?
  }

  public struct Train: Hashable, Sendable {
    public enum ClassWeights: String, CaseIterable, Sendable {
      case none, balanced
    }
    public enum BestBy: String, CaseIterable, Sendable {
      case top1, loss
    }

    public var epochs = 30
    public var steps: Int?
    public var batchSize = 128
    public var seed: UInt64 = 0
    public var labelSmoothing: Float = 0
    public var classWeights = ClassWeights.none
    public var mixup: Float = 0
    public var cutmix: Float = 0
    public var clipNorm: Double?
    public var ema: Double?
    public var earlyStopping: Int?
    public var bestBy = BestBy.top1
    public var evaluationBatchSize: Int?
  }

  public struct Optimizer: Hashable, Sendable {
    public enum Name: String, CaseIterable, Sendable {
      case sgd, adamw
    }

    public var name = Name.sgd
    public var learningRate = 0.1
    public var momentum = 0.9
    public var nesterov = true
    public var beta1 = 0.9
    public var beta2 = 0.999
    public var epsilon = 1e-8
    public var weightDecay = 5e-4
    public var decayAll = false
  }

  public struct Schedule: Hashable, Sendable {
    public var name = FoveaTrain.Schedule.Kind.cosine
    public var warmupEpochs = 0.0
    public var warmupStart = 0.0
    public var finalFraction = 0.0
    public var milestones: [Double] = [0.5, 0.75]
    public var gamma = 0.1
    public var riseFraction = 0.3
    public var startDivisor = 25.0
    public var finalDivisor = 1e4
  }

  /// How the arithmetic is done.
  public struct Engine: Hashable, Sendable {
    public var winograd = WinogradPolicy.auto
    public var precision = EngineOptions.Precision.fp32
    public var memory = EngineOptions.Memory.keep
  }

  public struct Output: Hashable, Sendable {
    public var runs = "runs"
    public var name: String?
    public var checkpointMinutes = 5.0
    public var checkpointSteps: Int?
  }
}
