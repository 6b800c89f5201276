import FoveaTensor

/// Where the evidence for one class lies: unlike a gate, which knows no class.
///
/// Selvaraju et al., "Grad-CAM", ICCV 2017, eq. 1 and 2: the features of the last stage, weighted by the mean gradient
/// of the class's logit in each channel, summed, and cut off at 0.
public enum GradCAM {
  /// - Parameters:
  ///   - features: [N, H, W, C], the last ones that have places.
  ///   - gradient: of the sum over images of each image's chosen logit, by the features: of their shape.
  /// - Returns: one map an image, H × W, in the unit of logits: 0 where nothing speaks for the class.
  public static func maps(features: Tensor, gradient: Tensor) -> [AttentionMap] {
    precondition(features.shape.rank == 4 && features.shape == gradient.shape, "\(gradient.shape)")
    let shape = features.shape
    let places = shape[1] * shape[2]
    let channels = shape[3]
    return features.withUnsafeBufferPointer { features in
      gradient.withUnsafeBufferPointer { gradient in
        (0..<shape[0]).map { image in
          let base = image * places * channels
          var weights = [Float](repeating: 0, count: channels)
          for place in 0..<places {
            for channel in 0..<channels { weights[channel] += gradient[base + place * channels + channel] }
          }
          let values = (0..<places).map { place in
            var sum: Float = 0
            for channel in 0..<channels {
              sum += weights[channel] * features[base + place * channels + channel]
            }
            return max(0, sum / Float(places))
          }
          return AttentionMap(width: shape[2], height: shape[1], values: values)
        }
      }
    }
  }
}
