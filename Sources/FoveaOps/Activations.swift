import CFoveaKernels
import FoveaTensor

/// Activations [N, H, W, C] between layers: in 32-bit floats or, for half the memory, in bfloat16.
public struct Activations: Sendable {
  public let shape: Shape
  public let precision: EngineOptions.Precision
  /// The floats; or units, [N, H, W, C/2]: pairs of neighbouring channels in bf16, which share a float's place.
  private(set) var values: Tensor

  /// In 32-bit floats.
  public init(_ tensor: Tensor) {
    shape = tensor.shape
    precision = .fp32
    values = tensor
  }

  init(units: Tensor) {
    shape = Shape(units.shape.dimensions.dropLast() + [2 * units.lastExtent])
    precision = .bf16
    values = units
  }

  /// Activations that `body` fills, through a pointer to the first float or unit.
  init(_ shape: Shape, _ precision: EngineOptions.Precision, filledBy body: (MutableFloats) throws -> Void)
    rethrows
  {
    self.shape = shape
    self.precision = precision
    values = try Tensor(filling: Self.valuesShape(shape, precision), by: body)
  }

  /// Write access to the values, after a copy if they are shared.
  mutating func withMutableValues<Result>(_ body: (inout Tensor) -> Result) -> Result { body(&values) }

  /// Whether so many channels can be stored in bf16.
  static func areNarrow(channels: Int) -> Bool { channels.isMultiple(of: 2) }

  private static func valuesShape(_ shape: Shape, _ precision: EngineOptions.Precision) -> Shape {
    guard precision == .bf16 else { return shape }
    let channels = shape[shape.rank - 1]
    precondition(areNarrow(channels: channels), "an odd number of channels in \(shape)")
    return Shape(shape.dimensions.dropLast() + [channels / 2])
  }

  /// In 32-bit floats.
  public var tensor: Tensor { stored(in: .fp32).values }

  /// As floats, or rounded to bf16.
  public func stored(in precision: EngineOptions.Precision) -> Activations {
    if precision == self.precision { return self }
    let isa = fk_selected()
    return Activations(shape, precision) { target in
      values.withFloats { source in
        // 128 kB of floats a piece.
        RowPieces(rows: (shape.count - 1) / 1024 + 1, floatsPerRow: 1024).forEach { _, rows in
          let first = rows.lowerBound * 1024
          let count = min(shape.count, rows.upperBound * 1024) - first
          switch precision {
          case .fp32: fk_bf16_widen(isa, target + first, source + first / 2, count)
          case .bf16: fk_bf16_round(isa, target + first / 2, source + first, count)
          }
        }
      }
    }
  }

  /// Some of the images, copied.
  public func slice(_ images: Range<Int>) -> Activations {
    let some = values.slice(images)
    return precision == .fp32 ? Activations(some) : Activations(units: some)
  }

  /// Joined from groups of images, on any threads.
  ///
  /// - Parameter body: is given a function that takes in a group, and calls it once for each, so that no image is missing.
  public static func joining(
    _ shape: Shape, _ precision: EngineOptions.Precision,
    _ body: ((_ images: Range<Int>, _ part: Activations) -> Void) -> Void
  ) -> Activations {
    Activations(shape, precision) { target in
      body { images, part in
        precondition(
          part.precision == precision && part.shape[0] == images.count, "\(part.shape) of \(shape)")
        let row = part.values.count / images.count
        part.values.withFloats {
          (target + images.lowerBound * row).update(from: $0, count: part.values.count)
        }
      }
    }
  }
}
