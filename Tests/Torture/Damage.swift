import FoveaFormats
import FoveaTensor
import FoveaTrain
import Foundation
import Synchronization

/// Damages a file in many ways, one at a time, and tries to load it each time.
struct Damage {
  let path: String
  /// "checkpoint" loads as a resumed run does, "model" as `fovea classify` does.
  let kind: String
  let headerStep: Int
  let samples: Int

  private struct Counts {
    var headerBits = 0
    var payloadBits = 0
    var lengths = 0
    var loaded: [String] = []
  }

  func run() throws {
    let original = Array(try Data(contentsOf: URL(fileURLWithPath: path)))
    guard original.count > 8 else { throw Failure("\(path): too short") }
    try load(path)
    let header = 8 + original[..<8].reversed().reduce(0) { $0 << 8 | Int($1) }
    var random = CounterRandom(seed: 17, purpose: .test)
    var bits = Array(stride(from: 0, to: 8 * header, by: headerStep))
    let headerBits = bits.count
    for _ in 0..<samples { bits.append(8 * header + random.integer(below: 8 * (original.count - header))) }
    let lengths = Array(stride(from: 0, to: original.count, by: 512)) + [original.count - 1]
    let counts = Mutex(Counts())
    // In pieces, each with a copy of its own.
    let pieces = 64
    WorkerPool.shared.forEach(pieces) { piece in
      let copy = "\(path).damaged-\(piece)"
      defer { unlink(copy) }
      guard let handle = fopen(copy, "w+") else { return }
      defer { fclose(handle) }
      fwrite(original, 1, original.count, handle)
      fflush(handle)
      let descriptor = fileno(handle)
      for place in stride(from: piece, to: bits.count, by: pieces) {
        let bit = bits[place]
        var byte = original[bit / 8] ^ (1 << (bit % 8))
        pwrite(descriptor, &byte, 1, off_t(bit / 8))
        note(copy, "bit \(bit)", counts) { place < headerBits ? ($0.headerBits += 1) : ($0.payloadBits += 1) }
        byte = original[bit / 8]
        pwrite(descriptor, &byte, 1, off_t(bit / 8))
      }
      for place in stride(from: piece, to: lengths.count, by: pieces) {
        ftruncate(descriptor, off_t(lengths[place]))
        note(copy, "cut after \(lengths[place]) bytes", counts) { $0.lengths += 1 }
        pwrite(descriptor, original, original.count, 0)
      }
    }
    let found = counts.withLock { $0 }
    guard found.headerBits + found.payloadBits == bits.count, found.lengths == lengths.count else {
      throw Failure("\(path): not everything was tried")
    }
    print(
      "\(kind): \(found.headerBits) bits of the header, \(found.payloadBits) of the payload, \(found.lengths) lengths; "
        + "loaded all the same: \(found.loaded.count)")
    guard found.loaded.isEmpty else { throw Failure("\(path): loads with \(found.loaded.prefix(10))") }
  }

  private func note(
    _ copy: String, _ what: String, _ counts: borrowing Mutex<Counts>, _ count: (inout Counts) -> Void
  ) {
    let loads = (try? load(copy)) != nil
    counts.withLock {
      count(&$0)
      if loads { $0.loaded.append(what) }
    }
  }

  private func load(_ path: String) throws {
    if kind == "model" {
      _ = try ModelFile.load(path)
    } else {
      _ = try RunFolder.checkCheckpoint(path)
    }
  }
}
