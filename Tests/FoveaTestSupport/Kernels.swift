import FoveaTensor
import Synchronization

/// Which kernels and how many threads are in use is a setting of the whole process, and tests run side by side.
/// Whoever changes it, or compares bits and needs it not to change, does so in here.
private let kernelSettings = Mutex(())

/// Runs `body` once for every instruction set that this machine has, and then goes back to the one in use before.
/// Tests that compare bits or change these settings elsewhere wait.
public func withEachInstructionSet(_ body: (InstructionSet) throws -> Void) rethrows {
  try kernelSettings.withLock { _ in
    let before = InstructionSet.selected
    defer { before.select() }
    for set in InstructionSet.allCases where set.select() { try body(set) }
  }
}

/// The same with products of bf16 factors, which are emulated where this machine lacks them.
public func withEachInstructionSetInBF16(_ body: (InstructionSet) throws -> Void) rethrows {
  try withEachInstructionSet {
    let before = InstructionSet.emulatesBF16
    InstructionSet.emulatesBF16 = true
    defer { InstructionSet.emulatesBF16 = before }
    try body($0)
  }
}

/// Runs `body` while no other test changes kernels or threads: for comparisons of bits.
public func withKernelsHeld<Result>(_ body: () throws -> Result) rethrows -> Result {
  try kernelSettings.withLock { _ in try body() }
}

/// The results of `compute` on one thread and on all of the shared pool's threads: to be compared bit for bit.
public func onOneAndAllThreads<Result>(_ compute: () throws -> Result) rethrows -> (one: Result, all: Result)
{
  try kernelSettings.withLock { _ in
    let threads = WorkerPool.shared.threadCount
    WorkerPool.shared.limitThreads(to: 1)
    defer { WorkerPool.shared.limitThreads(to: threads) }
    let one = try compute()
    WorkerPool.shared.limitThreads(to: threads)
    return (one, try compute())
  }
}
