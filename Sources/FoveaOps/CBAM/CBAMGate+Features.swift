import CFoveaKernels
import FoveaTensor

extension CBAMGate {
  /// The features that a pass looks at, image by image: normalised on the way, where they are to be.
  ///
  /// A class, as the passes and their gates are: a piece counts one reference, and not one for each tensor that it looks at.
  final class Features {
    let transform: BatchNorm.Transform?
    let shape: Shape
    let precision: EngineOptions.Precision
    private let image: ImageExtent
    private let isa = fk_selected()
    /// Floats or units.
    private let x: Source
    private let mean, gain, beta: Source?
    /// How an image is to be normalised, and no image.
    private let reading: fk_features

    init(_ x: Activations, _ transform: BatchNorm.Transform?) {
      self.transform = transform
      shape = x.shape
      precision = x.precision
      image = ImageExtent(x.shape)
      self.x = Source(x.values)
      mean = transform.map { Source($0.mean) }
      gain = transform.map { Source($0.gain) }
      beta = transform.map { Source($0.beta) }
      reading = fk_features(values: nil, mean: mean?.floats, gain: gain?.floats, offset: beta?.floats)
    }

    /// Image `n` as it is stored, to be normalised where it is read.
    func image(_ n: Int) -> fk_features {
      var features = reading
      features.values = raw(n)
      return features
    }

    /// The same for kernels that read floats, for the time of `body`: what is stored in bf16 is normalised beforehand.
    func withFloats(of n: Int, _ body: (fk_features) -> Void) {
      guard precision == .bf16 else { return body(image(n)) }
      withScratch(image.floats) { place in
        let own = image(n)
        if own.mean == nil {
          fk_bf16_widen(isa, place, own.values, image.floats)
        } else {
          fk_bf16_normalize(
            isa, place, true, own.values, own.mean, own.gain, own.offset, image.pixels, image.channels, false)
        }
        body(fk_features(values: place))
      }
    }

    private func raw(_ n: Int) -> Floats {
      x.floats + n * (precision == .bf16 ? image.floats / 2 : image.floats)
    }

    /// What the normalisation's gradient needs of image `n`.
    ///
    /// - Parameters:
    ///   - dNormalized: the gradient of the normalised image.
    ///   - sums: gets [2][C].
    func gradientSums(_ n: Int, _ dNormalized: Floats, _ sums: UnsafeMutablePointer<Double>) {
      let own = image(n)
      guard own.mean != nil else { return }
      switch precision {
      case .fp32:
        fk_normalize_sums(
          dNormalized, own.values, own.mean, own.gain, own.offset, image.pixels, image.channels, false, sums,
          sums + image.channels)
      case .bf16:
        fk_bf16_normalize_sums(
          isa, dNormalized, own.values, own.mean, own.gain, own.offset, image.pixels, image.channels, false,
          sums, sums + image.channels)
      }
    }
  }
}
