import FoveaTensor
import Foundation
import Testing

@testable import FoveaTrain

@Suite struct MemoryTests {
  /// In a process of its own, since the pool counts what all tests together take.
  @Test func theEstimateIsNearToWhatARunTakes() async {
    await #expect(processExitsWith: .success) {
      for batchSize in [32, 64] {
        try withScratchFolder { root in
          let tiny = try TinyRun(root, images: 200)
          let plan = try TrainingPlan(
            try tiny.configuration(
              runs: "runs",
              [
                "train.epochs=1", "train.batch_size=\(batchSize)", "input.width=32", "input.height=32",
                "model.widths=[16, 32]", "train.mixup=0", "train.cutmix=0",
              ]))
          let estimate = try plan.memoryEstimate()
          let pool = BufferPool.shared
          let before = pool.usage.live
          pool.resetPeak()
          let trainer = try Trainer.start(plan)
          _ = try trainer.run()
          // What the pool does not hold: the network's own weights, made with the plan, and decoded images.
          let measured = pool.usage.peak - before
          let expected = estimate.total - estimate.images - estimate.weights / 2
          let ratio = Double(expected) / Double(measured)
          #expect((0.85...1.15).contains(ratio), "batch \(batchSize): foretold \(expected), took \(measured)")
        }
      }
    }
  }
}
