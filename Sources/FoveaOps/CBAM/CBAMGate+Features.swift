import CFoveaKernels
import FoveaTensor

extension CBAMGate {
  /// The features that a pass looks at, image by image: normalised on the way, where they are to be.
  struct Features {
    let transform: BatchNorm.Transform?
    private let image: ImageExtent
    private let x: Source
    private let mean, gain, beta: Source?

    init(_ x: Tensor, _ transform: BatchNorm.Transform?) {
      self.transform = transform
      image = ImageExtent(x)
      self.x = Source(x)
      mean = transform.map { Source($0.mean) }
      gain = transform.map { Source($0.gain) }
      beta = transform.map { Source($0.beta) }
    }

    var shape: Shape { x.tensor.shape }

    /// Image `n` normalised, [H, W, C], for the time of `body`.
    func withNormalized(_ n: Int, _ body: (Floats) -> Void) {
      guard transform != nil else { return body(x.floats + n * image.floats) }
      withScratch(image.floats) { body(normalized(n, in: $0)) }
    }

    /// Image `n` normalised, in `place`; or where it is, if there is no normalisation.
    func normalized(_ n: Int, in place: MutableFloats) -> Floats {
      let raw = x.floats + n * image.floats
      guard let mean, let gain, let beta else { return raw }
      fk_normalize(
        place, raw, mean.floats, gain.floats, beta.floats, image.pixels, image.channels, false)
      return Floats(place)
    }

    /// What the normalisation's gradient needs of image `n`.
    ///
    /// - Parameters:
    ///   - dNormalized: the gradient of the normalised image.
    ///   - sums: gets [2][C].
    func gradientSums(_ n: Int, _ dNormalized: Floats, _ sums: UnsafeMutablePointer<Double>) {
      guard let mean, let gain, let beta else { return }
      fk_normalize_sums(
        dNormalized, x.floats + n * image.floats, mean.floats, gain.floats, beta.floats, image.pixels,
        image.channels, false, sums, sums + image.channels)
    }
  }
}
