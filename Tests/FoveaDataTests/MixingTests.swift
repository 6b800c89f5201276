import FoveaTensor
import Testing

@testable import FoveaData

@Suite struct MixingTests {
  /// Eight images of which each is filled with its own class's number.
  private func batch(epoch: Int = 0, position: Int = 0) -> Batch {
    let side = 16
    let values = (0..<8).flatMap { [Float](repeating: Float($0), count: side * side * 3) }
    return Batch(
      epoch: epoch, position: position, images: Tensor(values, shape: [8, side, side, 3]),
      labels: (0..<8).map { Int32($0) }, indices: Array(0..<8))
  }

  private func expectedLevel(_ targets: Tensor, row: Int) -> Float {
    (0..<8).reduce(Float(0)) { $0 + Float($1) * targets[row * 8 + $1] }
  }

  @Test(arguments: [
    MixingConfiguration(mixup: 0.4), MixingConfiguration(cutmix: 1),
    MixingConfiguration(mixup: 0.2, cutmix: 1),
  ])
  func targetsSayWhatIsInTheImages(mixing: MixingConfiguration) {
    var kinds: Set<Bool> = []
    for position in 0..<40 {
      let mixed = batch(position: position).mixed(mixing, classes: 8, seed: 5)
      let row = 16 * 16 * 3
      for image in 0..<8 {
        let sum = (0..<8).reduce(Float(0)) { $0 + mixed.targets[image * 8 + $1] }
        #expect(abs(sum - 1) < 1e-5)
        let values = mixed.images.scalars[image * row..<(image + 1) * row]
        let level = values.reduce(0, +) / Float(row)
        #expect(abs(level - expectedLevel(mixed.targets, row: image)) < 1e-3)
        let own = mixed.targets[image * 8 + image]
        if own < 0.999, own > 0.001 { kinds.insert(Set(values).count == 1) }
      }
    }
    // Blended images have one level, pasted ones two.
    #expect(kinds == Set([mixing.mixup > 0 ? true : nil, mixing.cutmix > 0 ? false : nil].compactMap { $0 }))
  }

  @Test func randomnessIsAFunctionOfSeedEpochAndBatch() {
    let mixing = MixingConfiguration(mixup: 1)
    func targets(_ epoch: Int, _ position: Int, _ seed: UInt64) -> [Float] {
      batch(epoch: epoch, position: position).mixed(mixing, classes: 8, seed: seed).targets.scalars
    }
    #expect(targets(1, 2, 3) == targets(1, 2, 3))
    #expect(Set([targets(1, 2, 3), targets(2, 2, 3), targets(1, 3, 3), targets(1, 2, 4)]).count == 4)
  }

  @Test func withoutMixingTargetsAreTheLabels() {
    for mixing in [MixingConfiguration(), MixingConfiguration(mixup: 1, probability: 0)] {
      let batch = batch()
      let mixed = batch.mixed(mixing, classes: 9, seed: 1)
      #expect(mixed.images.scalars == batch.images.scalars)
      #expect(mixed.targets.shape == [8, 9])
      #expect((0..<72).allSatisfy { mixed.targets[$0] == ($0 / 9 == $0 % 9 ? 1 : 0) })
    }
  }

  @Test func theProbabilityHolds() {
    let mixing = MixingConfiguration(mixup: 1, probability: 0.25)
    let mixedCount = (0..<1000).count { position in
      batch(position: position).mixed(mixing, classes: 8, seed: 1).targets.scalars.contains {
        $0 > 0 && $0 < 1
      }
    }
    #expect(abs(mixedCount - 250) < 60)
  }

  /// Beta(a, a) has mean 1/2 and variance 1/(4(2a + 1)).
  @Test(arguments: [0.1, 0.2, 1, 4]) func sharesAreBetaDistributed(alpha: Double) {
    var random = CounterRandom(seed: 8, purpose: .test)
    let n = 20_000
    let values = (0..<n).map { _ in random.symmetricBeta(alpha) }
    #expect(values.allSatisfy { $0 >= 0 && $0 <= 1 })
    let mean = values.reduce(0, +) / Double(n)
    let variance = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(n)
    #expect(abs(mean - 0.5) < 0.012)
    #expect(abs(variance - 0.25 / (2 * alpha + 1)) < 0.006)
  }

  @Test func settingsOutOfRangeAreErrors() {
    #expect(dataError { try MixingConfiguration(mixup: -1).validate() }?.subject == "mixing mixup")
    #expect(dataError { try MixingConfiguration(cutmix: .nan).validate() }?.subject == "mixing cutmix")
    #expect(dataError { try MixingConfiguration(probability: 1.5).validate() }?.kind == .invalidSetting)
  }
}
