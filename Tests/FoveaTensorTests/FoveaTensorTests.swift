import FoveaTestSupport
import Synchronization
import Testing

@testable import FoveaTensor

@Suite struct TensorTests {
  @Test func copiesAreIndependent() {
    let a = Tensor([1, 2, 3, 4], shape: [2, 2])
    var b = a
    b[0] = 9
    #expect(a.scalars == [1, 2, 3, 4])
    #expect(b.scalars == [9, 2, 3, 4])
  }

  @Test func transposeRoundTrips() {
    let x = Tensor.random([2, 3, 4, 5], seed: 1)
    let y = x.nchwToNHWC
    #expect(y.shape == [2, 4, 5, 3])
    #expect(y[((1 * 4 + 2) * 5 + 3) * 3 + 1] == x[((1 * 3 + 1) * 4 + 2) * 5 + 3])
    #expect(y.nhwcToNCHW.scalars == x.scalars)
  }

  @Test func sliceTakesRows() {
    #expect(Tensor([1, 2, 3, 4, 5, 6], shape: [3, 2]).slice(1..<3).scalars == [3, 4, 5, 6])
  }

  @Test func hugeCountsAreRefusedNotTrapped() {
    #expect(Shape.checkedCount([1 << 40, 1 << 40]) == nil)
    #expect(Shape.checkedCount([-1]) == nil)
    #expect(Shape.checkedCount([2, 3]) == 6)
  }

  @Test func poolHandsMemoryOutAgain() {
    let bytes = 12_345 * 4
    let first = BufferPool.shared.take(bytes: bytes)
    BufferPool.shared.give(first, bytes: bytes)
    for size in [1, 256, 257, 1_000, 65_537] {
      #expect(BufferPool.blockSize(for: size) >= size)
      #expect(BufferPool.blockSize(for: size) <= max(256, size + size / 4 + 64))
    }
  }
}

@Suite struct ScratchTests {
  /// What is taken within another's time lies elsewhere, small enough for the thread's own block or not.
  @Test func nestedScratchDoesNotOverlap() {
    let sizes = [1, 1_000, 40_000, 3, 60_000, 200_000, 7]
    func fill(_ depth: Int) {
      guard depth < sizes.count else { return }
      BufferPool.shared.withScratch(sizes[depth]) { place in
        place.update(repeating: Float(depth), count: sizes[depth])
        fill(depth + 1)
        #expect((0..<sizes[depth]).allSatisfy { place[$0] == Float(depth) }, "depth \(depth)")
        #expect(UInt(bitPattern: place).isMultiple(of: UInt(BufferPool.alignment)))
      }
    }
    fill(0)
    fill(0)
  }
}

@Suite struct BlockHomeTests {
  /// Though another thread gave one back later; that one is taken next, before memory is fresh.
  @Test func aThreadGetsItsOwnBlockBack() {
    let pool = BufferPool()
    let bytes = 100_000
    let blocks = (0..<2).map { _ in pool.take(bytes: bytes) }
    pool.give(blocks[0], bytes: bytes)
    let (own, other) = (UInt(bitPattern: blocks[0]), UInt(bitPattern: blocks[1]))
    // A thread's number comes round again after many threads: of two workers one has another number than this thread.
    var isGiven = false
    while !isGiven {
      let isDone = Atomic<Bool>(false)
      let caller = Home.index
      let given = Atomic<Bool>(false)
      WorkerPool(threadCount: 2).forEach(2) { piece in
        // The caller's piece waits, so that the other is the worker's.
        while piece == 0, !isDone.load(ordering: .acquiring) {}
        guard piece == 1 else { return }
        if Home.index != caller {
          pool.give(UnsafeMutableRawPointer(bitPattern: other)!, bytes: bytes)
          given.store(true, ordering: .relaxed)
        }
        isDone.store(true, ordering: .releasing)
      }
      isGiven = given.load(ordering: .relaxed)
    }
    #expect(UInt(bitPattern: pool.take(bytes: bytes)) == own)
    #expect(UInt(bitPattern: pool.take(bytes: bytes)) == other)
  }
}

@Suite struct CounterRandomTests {
  /// Known answers of the Random123 distribution (kat_vectors, philox4x32 10).
  @Test func philoxMatchesKnownAnswers() {
    #expect(
      CounterRandom.philox((0, 0, 0, 0), (0, 0)) == (0x6627_e8d5, 0xe169_c58d, 0xbc57_ac4c, 0x9b00_dbd8))
    let ones = UInt32.max
    #expect(
      CounterRandom.philox((ones, ones, ones, ones), (ones, ones)) == (
        0x408f_276d, 0x41c8_3b0e, 0xa20b_c7c6, 0x6d54_51fd
      ))
  }

  @Test func coordinatesSeparateStreams() {
    func first(_ seed: UInt64, _ purpose: CounterRandom.Purpose, _ epoch: Int, _ sample: Int) -> UInt32 {
      var random = CounterRandom(seed: seed, purpose: purpose, epoch: epoch, sample: sample)
      return random.nextWord()
    }
    let values = Set([
      first(1, .shuffle, 0, 0), first(2, .shuffle, 0, 0), first(1, .dropout, 0, 0), first(1, .shuffle, 1, 0),
      first(1, .shuffle, 0, 1),
    ])
    #expect(values.count == 5)
    #expect(first(1, .shuffle, 3, 4) == first(1, .shuffle, 3, 4))
  }

  @Test func momentsAreRight() {
    var random = CounterRandom(seed: 5, purpose: .test)
    let n = 100_000
    var uniform = 0.0
    var sum = 0.0
    var squares = 0.0
    for _ in 0..<n {
      uniform += Double(random.uniform())
      let z = Double(random.normal())
      sum += z
      squares += z * z
    }
    #expect(abs(uniform / Double(n) - 0.5) < 0.005)
    #expect(abs(sum / Double(n)) < 0.02)
    #expect(abs(squares / Double(n) - 1) < 0.02)
    #expect(random.permutation(1_000).sorted() == Array(0..<1_000))
  }
}

@Suite struct WorkerPoolTests {
  @Test(arguments: [1, 2, 7]) func everyPieceRunsOnce(threads: Int) {
    let pool = WorkerPool(threadCount: threads)
    for round in 0..<2_000 {
      let count = round % 37
      for backwards in [false, true] {
        let total = Atomic<Int>(0)
        pool.forEach(count, backwards: backwards) { index in total.add(index + 1, ordering: .relaxed) }
        #expect(total.load(ordering: .relaxed) == count * (count + 1) / 2)
      }
    }
  }

  @Test func oneThreadRunsTheLastPieceFirstWhereAsked() {
    let pool = WorkerPool(threadCount: 1)
    var order: [Int] = []
    pool.forEach(4, backwards: true) { order.append($0) }
    #expect(order == [3, 2, 1, 0])
  }

  @Test func resultsStandInTheirOrder() {
    let pool = WorkerPool(threadCount: 3)
    #expect(pool.map(100) { $0 * $0 } == (0..<100).map { $0 * $0 })
    #expect(pool.map(0) { $0 }.isEmpty)
  }

  @Test func nestedLoopsRunInPlace() {
    let pool = WorkerPool(threadCount: 2)
    let total = Atomic<Int>(0)
    pool.forEach(4) { _ in pool.forEach(5) { _ in total.add(1, ordering: .relaxed) } }
    #expect(total.load(ordering: .relaxed) == 20)
  }
}

@Suite struct InstructionSetTests {
  @Test func baselineIsAlwaysThere() {
    #expect(InstructionSet.baseline.isAvailable)
    #expect(InstructionSet.selected.isAvailable)
  }
}
