import CFoveaKernels
import FoveaTensor

extension CBAMGate {
  /// The features that a pass looks at, image by image: normalised on the way, where they are to be.
  struct Features {
    let transform: BatchNorm.Transform?
    let shape: Shape
    let precision: EngineOptions.Precision
    private let image: ImageExtent
    private let isa = fk_selected()
    /// Floats or units.
    private let x: Source
    private let mean, gain, beta: Source?

    init(_ x: Activations, _ transform: BatchNorm.Transform?) {
      self.transform = transform
      shape = x.shape
      precision = x.precision
      image = ImageExtent(x.shape)
      self.x = Source(x.values)
      mean = transform.map { Source($0.mean) }
      gain = transform.map { Source($0.gain) }
      beta = transform.map { Source($0.beta) }
    }

    /// Image `n`, as it is stored.
    private func raw(_ n: Int) -> Floats {
      x.floats + n * (precision == .bf16 ? image.floats / 2 : image.floats)
    }

    /// Image `n` normalised, [H, W, C] in floats, for the time of `body`.
    func withNormalized(_ n: Int, _ body: (Floats) -> Void) {
      guard transform != nil || precision == .bf16 else { return body(raw(n)) }
      withScratch(image.floats) { body(normalized(n, in: $0)) }
    }

    /// Image `n` normalised, in floats, in `place`; or where it is, if it is floats that there is nothing to do to.
    func normalized(_ n: Int, in place: MutableFloats) -> Floats {
      guard let mean, let gain, let beta else {
        guard precision == .bf16 else { return raw(n) }
        fk_bf16_widen(isa, place, raw(n), image.floats)
        return Floats(place)
      }
      switch precision {
      case .fp32:
        fk_normalize(
          place, raw(n), mean.floats, gain.floats, beta.floats, image.pixels, image.channels, false)
      case .bf16:
        fk_bf16_normalize(
          isa, place, true, raw(n), mean.floats, gain.floats, beta.floats, image.pixels, image.channels, false
        )
      }
      return Floats(place)
    }

    /// What the normalisation's gradient needs of image `n`.
    ///
    /// - Parameters:
    ///   - dNormalized: the gradient of the normalised image.
    ///   - sums: gets [2][C].
    func gradientSums(_ n: Int, _ dNormalized: Floats, _ sums: UnsafeMutablePointer<Double>) {
      guard let mean, let gain, let beta else { return }
      switch precision {
      case .fp32:
        fk_normalize_sums(
          dNormalized, raw(n), mean.floats, gain.floats, beta.floats, image.pixels, image.channels, false,
          sums, sums + image.channels)
      case .bf16:
        fk_bf16_normalize_sums(
          isa, dNormalized, raw(n), mean.floats, gain.floats, beta.floats, image.pixels, image.channels,
          false, sums, sums + image.channels)
      }
    }
  }
}
