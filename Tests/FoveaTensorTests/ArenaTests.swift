import Testing

@testable import FoveaTensor

@Suite struct ArenaTests {
  private static let block = 1 << 20

  private func take(_ size: Int, from arena: inout Arena) throws -> UInt {
    let start = arena.take(size)
    return try #require(start)
  }

  /// As `#expect` cannot change what it looks at.
  private func expect(_ arena: inout Arena, gives expected: UInt?, for size: Int) {
    let start = arena.take(size)
    #expect(start == expected)
  }

  @Test func freeNeighboursBecomeOne() throws {
    var arena = Arena()
    let blocks = try (0..<4).map { _ in try take(Self.block, from: &arena) }
    #expect(zip(blocks, blocks.dropFirst()).allSatisfy { $0 + UInt(Self.block) == $1 })
    for index in [0, 2, 1, 3] { arena.give(blocks[index], Self.block) }
    expect(&arena, gives: blocks[0], for: 4 * Self.block)
  }

  @Test func theSmallestHoleThatFitsIsUsed() throws {
    var arena = Arena()
    let large = try take(3 * Self.block, from: &arena)
    _ = arena.take(Self.block)
    let small = try take(2 * Self.block, from: &arena)
    _ = arena.take(Self.block)
    arena.give(large, 3 * Self.block)
    arena.give(small, 2 * Self.block)
    expect(&arena, gives: small, for: 2 * Self.block)
    expect(&arena, gives: large, for: 2 * Self.block)
    expect(&arena, gives: large + UInt(2 * Self.block), for: Self.block)
  }

  /// A step like the one before it touches no memory that the one before it has not.
  @Test func addressesRepeatFromStepToStep() throws {
    var arena = Arena()
    func step() throws -> [UInt] {
      var taken: [(UInt, Int)] = []
      for size in [5, 70, 1, 9, 130, 2] {
        taken.append((try take(size * Self.block, from: &arena), size * Self.block))
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
    let start = try take(2 * Self.block, from: &arena)
    let bytes = UnsafeMutablePointer<UInt8>(bitPattern: start)!
    bytes[0] = 1
    bytes[2 * Self.block - 1] = 2
    arena.give(start, 2 * Self.block)
    arena.trim()
    expect(&arena, gives: nil, for: 1 << 50)
    _ = try take(Self.block, from: &arena)
  }
}
