import FoveaAutodiff
import FoveaFormats
import FoveaNN
import FoveaTensor
import FoveaTestSupport
import Foundation
import Testing

/// A network that others trained: Y. Idelbayev's ResNet-20 for CIFAR-10 must give its published logits.
///
/// Its weights and images are not in the repository; Goldens/README.md says how to get them to a folder, which the
/// environment's FOVEA_RESNET20_GOLDEN then names.
@Suite struct PublishedNetworkTests {
  static let folder = ProcessInfo.processInfo.environment["FOVEA_RESNET20_GOLDEN"]

  @Test(.enabled(if: folder != nil, "set FOVEA_RESNET20_GOLDEN to run"))
  func resnet20GivesItsPublishedLogits() throws {
    let folder = try #require(Self.folder)
    let weights = try SafetensorsFile(contentsOf: "\(folder)/weights.safetensors")
    let data = try SafetensorsFile(contentsOf: "\(folder)/images.safetensors")
    var configuration = NetworkConfiguration()
    configuration.attention = nil
    let network = try Network(configuration, seed: nil)
    try network.load(entries: weights.tensors.map { (name: $0.name, shape: Shape($0.shape)) }) {
      .tensor(try weights.tensor($0))
    }
    let images = try prepared(data.bytes("images"))
    let expected = try data.tensor("logits")
    let logits = network(images, Context(.inference)).value
    expectClose(logits, expected, relative: 2e-6)
    let (found, published) = (logits.scalars, expected.scalars)
    for row in 0..<expected.shape[0] {
      let classes = row * 10..<row * 10 + 10
      #expect(classes.max { found[$0] < found[$1] } == classes.max { published[$0] < published[$1] })
    }
  }

  /// (x / 255 − mean) / std of bytes [N, 32, 32, 3].
  private func prepared(_ bytes: [UInt8]) throws -> Tensor {
    let mean: [Float] = [0.485, 0.456, 0.406]
    let std: [Float] = [0.229, 0.224, 0.225]
    let values = bytes.enumerated().map { (Float($1) / 255 - mean[$0 % 3]) / std[$0 % 3] }
    return Tensor(values, shape: [bytes.count / (32 * 32 * 3), 32, 32, 3])
  }
}
