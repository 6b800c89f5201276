import Testing

@testable import FoveaTensor

@Suite struct ArenaTests {
  private static let block = 1 << 20

  @Test func freeNeighboursBecomeOne() throws {
    var arena = Arena()
    let blocks = try (0..<4).map { _ in try #require(arena.take(Self.block)) }
    #expect(zip(blocks, blocks.dropFirst()).allSatisfy { $0 + UInt(Self.block) == $1 })
    for index in [0, 2, 1, 3] { arena.give(blocks[index], Self.block) }
    #expect(arena.take(4 * Self.block) == blocks[0])
  }

  @Test func theSmallestHoleThatFitsIsUsed() throws {
    var arena = Arena()
    let large = try #require(arena.take(3 * Self.block))
    _ = arena.take(Self.block)
    let small = try #require(arena.take(2 * Self.block))
    _ = arena.take(Self.block)
    arena.give(large, 3 * Self.block)
    arena.give(small, 2 * Self.block)
    #expect(arena.take(2 * Self.block) == small)
    #expect(arena.take(2 * Self.block) == large)
    #expect(arena.take(Self.block) == large + UInt(2 * Self.block))
  }

  /// A step like the one before it touches no memory that the one before it has not.
  @Test func addressesRepeatFromStepToStep() throws {
    var arena = Arena()
    func step() throws -> [UInt] {
      var taken: [(UInt, Int)] = []
      for size in [5, 70, 1, 9, 130, 2] {
        taken.append((try #require(arena.take(size * Self.block)), size * Self.block))
        if taken.count == 4 { arena.give(taken[1].0, taken[1].1) }
      }
      let addresses = taken.map(\.0)
      taken.remove(at: 1)
      for (start, size) in taken { arena.give(start, size) }
      return addresses
    }
    _ = try step()
    let second = try step()
    #expect(try step() == second)
  }

  @Test func memoryIsWritableAndAnImpossibleRequestIsNil() throws {
    var arena = Arena()
    let start = try #require(arena.take(2 * Self.block))
    let bytes = UnsafeMutablePointer<UInt8>(bitPattern: start)!
    bytes[0] = 1
    bytes[2 * Self.block - 1] = 2
    arena.give(start, 2 * Self.block)
    arena.trim()
    #expect(arena.take(1 << 50) == nil)
    #expect(arena.take(Self.block) != nil)
  }
}
