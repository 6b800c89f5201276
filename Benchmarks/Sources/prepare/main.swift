// Times the way of a photograph from its file to the network's size, on demand and on one thread: says `built`, waits
// for a line, goes through the folder once, says `ready`, then answers every line with the images per second of one
// more pass.
//
// usage: prepare FOLDER SIZE [DECODE_SCALE]
//
// The peer of peers/prepare.py; compare drives both.

import Foundation
import FoveaData
import FoveaImage
import FoveaTensor

let arguments = CommandLine.arguments
guard (3...4).contains(arguments.count), let size = Int(arguments[2]),
  let decodeScale = arguments.count == 4 ? Double(arguments[3]) : 2
else {
  print("usage: prepare FOLDER SIZE [DECODE_SCALE]")
  exit(2)
}

let endings = [".jpg", ".jpeg", ".png"]
let paths = (FileManager.default.enumerator(atPath: arguments[1])?.compactMap { $0 as? String } ?? [])
  .filter { path in endings.contains { path.lowercased().hasSuffix($0) } }
  .sorted()
  .map { RawPath("\(arguments[1])/\($0)") }
let preparation = Preparation(width: size, height: size, decodeScale: decodeScale)
WorkerPool.shared.limitThreads(to: 1)
// As the command does.
Allocator.keepFreedMemory()

/// Keeps the results alive, so that no work can be left out.
var checksum = 0

@MainActor func pass() throws {
  for path in paths {
    let image = preparation.resized(try ImageFiles.load(path, preparation.request()))
    checksum &+= Int(image.pixels[0])
  }
}

print("built")
fflush(nil)
guard readLine() != nil else { exit(0) }
try pass()
print("ready", InstructionSet.selected.rawValue, "fp32")
fflush(nil)
while readLine() != nil {
  let clock = ContinuousClock()
  let elapsed = try clock.measure { try pass() }
  let seconds = Double(elapsed.components.seconds) + Double(elapsed.components.attoseconds) * 1e-18
  print(Double(paths.count) / seconds)
  fflush(nil)
}
