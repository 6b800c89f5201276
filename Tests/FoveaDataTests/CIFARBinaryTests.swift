import FoveaData
import FoveaImage
import Testing

@Suite struct CIFARBinaryTests {
  private static let names = Array("truck\nairplane\r\nship\n\n".utf8)

  /// A record whose planes are told apart by their values.
  private static func record(label: UInt8, start: UInt8 = 0) -> [UInt8] {
    let plane = (0..<1024).map { UInt8(truncatingIfNeeded: $0 / 4) }
    return [label] + plane.map { $0 &+ start } + plane.map { $0 &+ start &+ 100 }
      + plane.map { $0 &+ start &+ 200 }
  }

  private func folder() -> TemporaryFolder {
    let folder = TemporaryFolder()
    folder.write(Self.names, "batches.meta.txt")
    folder.write(Self.record(label: 0) + Self.record(label: 1), "data_batch_1.bin")
    folder.write(Self.record(label: 2, start: 5), "data_batch_2.bin")
    folder.write(Self.record(label: 1, start: 9), "test_batch.bin")
    return folder
  }

  @Test func planesBecomePixelsAndLabelsFollowNames() throws {
    let folder = folder()
    let split = try DataSource(folder.path).split(HashSplit())
    #expect(split.training.classes == ["airplane", "ship", "truck"])
    #expect(split.training.samples.map(\.label) == [2, 0, 1])
    #expect(split.validation.samples.map(\.label) == [0])
    #expect(split.validationOrigin == "test")
    #expect(
      split.training.samples.map(\.name.description)
        == ["data_batch_1.bin#0", "data_batch_1.bin#1", "data_batch_2.bin#0"])
    let image = try split.training.image(at: 2).image
    #expect(image.width == 32 && image.height == 32)
    #expect(image[0, 0] == RGB(5, 105, 205))
    #expect(image[4, 31] == RGB(5 &+ 249, 105 &+ 249, 205 &+ 249))
  }

  @Test func faultsAreNamed() {
    let folder = folder()
    folder.write(Self.record(label: 0).dropLast(), "data_batch_2.bin")
    let short = dataError { _ = try DataSource(folder.path).split(HashSplit()) }
    #expect(short?.kind == .truncated)
    #expect(short?.subject.hasSuffix("data_batch_2.bin") == true)
    folder.write(Self.record(label: 3), "data_batch_2.bin")
    let label = dataError { _ = try DataSource(folder.path).split(HashSplit()) }
    #expect(label?.found == "label 3 in record 0")
    folder.write([], "batches.meta.txt")
    #expect(dataError { _ = try DataSource(folder.path).split(HashSplit()) }?.kind == .malformed)
  }
}
