import FoveaNN
import FoveaTensor
import FoveaTestSupport
import Testing

@Suite struct MemoryTests {
  /// In a process of its own: the pool's peak counts what all tests take.
  @Test func theEstimateIsNearWhatAStepTakes() async {
    await #expect(processExitsWith: .success) {
      for attention in [CBAMConfiguration(), nil] {
        for name in ["resnet20", "resnet18"] {
          var configuration = NetworkConfiguration()
          configuration.architecture = name
          configuration.attention = attention
          let network = try Network(configuration, seed: 1)
          NetworkTests.trainingPass(network, Tensor(zeros: [8, 32, 32, 3]))
          BufferPool.shared.resetPeak()
          NetworkTests.trainingPass(network, Tensor(zeros: [8, 32, 32, 3]))
          let found = Double(BufferPool.shared.usage.peak)
          let estimate = Double(
            try network.estimatedTrainingBytes(
              batchSize: 8, inputHeight: 32, inputWidth: 32, optimizerSlots: 0))
          #expect(estimate > 0.8 * found && estimate < 1.5 * found, "\(name): \(estimate), took \(found)")
        }
      }
    }
  }
}
