import FoveaOps
import FoveaTensor

/// A convolution of a real network.
struct Layer {
  let network, name: String
  let geometry: Conv2DGeometry

  init(
    _ network: String, batch: Int, _ inChannels: Int, _ outChannels: Int, at size: Int, kernel: Int = 3,
    stride: Int = 1
  ) throws {
    self.network = "\(network), batch \(batch)"
    let extent = kernel == 1 ? "1×1" : "\(kernel)×\(kernel)"
    name = "\(inChannels)→\(outChannels) \(extent)\(stride > 1 ? " s\(stride)" : "") at \(size)"
    geometry = try Conv2DGeometry(
      input: [batch, size, size, inChannels], outChannels: outChannels, kernel: Size2D(kernel),
      stride: Size2D(stride), padding: Size2D(kernel / 2))
  }

  static func all() throws -> [Layer] {
    let small = "ResNet-20"
    let wide = "ResNet-18 (CIFAR stem)"
    let large = "ResNet-18"
    let deep = "ResNet-50"
    return try [
      Layer(small, batch: 128, 3, 16, at: 32), Layer(small, batch: 128, 16, 16, at: 32),
      Layer(small, batch: 128, 16, 32, at: 32, stride: 2),
      Layer(small, batch: 128, 16, 32, at: 32, kernel: 1, stride: 2),
      Layer(small, batch: 128, 32, 32, at: 16), Layer(small, batch: 128, 32, 64, at: 16, stride: 2),
      Layer(small, batch: 128, 64, 64, at: 8),

      Layer(wide, batch: 32, 3, 64, at: 32), Layer(wide, batch: 32, 64, 64, at: 32),
      Layer(wide, batch: 32, 64, 128, at: 32, stride: 2), Layer(wide, batch: 32, 128, 128, at: 16),
      Layer(wide, batch: 32, 128, 256, at: 16, stride: 2), Layer(wide, batch: 32, 256, 256, at: 8),
      Layer(wide, batch: 32, 256, 512, at: 8, stride: 2), Layer(wide, batch: 32, 512, 512, at: 4),

      Layer(large, batch: 16, 3, 64, at: 224, kernel: 7, stride: 2), Layer(large, batch: 16, 64, 64, at: 56),
      Layer(large, batch: 16, 64, 128, at: 56, stride: 2),
      Layer(large, batch: 16, 64, 128, at: 56, kernel: 1, stride: 2),
      Layer(large, batch: 16, 128, 128, at: 28),
      Layer(large, batch: 16, 128, 256, at: 28, stride: 2), Layer(large, batch: 16, 256, 256, at: 14),
      Layer(large, batch: 16, 256, 512, at: 14, stride: 2), Layer(large, batch: 16, 512, 512, at: 7),

      Layer(deep, batch: 8, 64, 256, at: 56, kernel: 1), Layer(deep, batch: 8, 256, 64, at: 56, kernel: 1),
      Layer(deep, batch: 8, 512, 128, at: 28, kernel: 1),
      Layer(deep, batch: 8, 256, 1_024, at: 14, kernel: 1),
      Layer(deep, batch: 8, 1_024, 256, at: 14, kernel: 1),
      Layer(deep, batch: 8, 2_048, 512, at: 7, kernel: 1),
      // Gathered first.
      Layer(deep, batch: 8, 256, 512, at: 56, kernel: 1, stride: 2),
      Layer(deep, batch: 8, 1_024, 2_048, at: 14, kernel: 1, stride: 2),
      Layer(deep, batch: 8, 128, 128, at: 56, stride: 2), Layer(deep, batch: 8, 512, 512, at: 14, stride: 2),
    ]
  }
}
