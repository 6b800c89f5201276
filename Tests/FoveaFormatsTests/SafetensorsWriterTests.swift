import FoveaFormats
import FoveaTensor
import FoveaTestSupport
import Testing

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

@Suite struct SafetensorsWriterTests {
  let scratch = Scratch()

  private var contents: [(name: String, content: TensorContent)] {
    [
      ("w", .floats(.random([3, 2, 5], seed: 1))),
      ("odd \"name\"\n\u{1}é😀", .bytes([7, 8, 9], shape: [3])),
      ("steps", .integer(-5)),
      ("table", .integers([1, 2, .max, .min], shape: [2, 2])),
      ("b", .floats(Tensor([.nan, -0, .infinity, 0x1p-149], shape: [4]))),
      ("none", .floats(Tensor(zeros: [0, 3]))),
    ]
  }

  @Test(arguments: [false, true])
  func whatIsWrittenIsReadBitForBit(_ checksums: Bool) throws {
    let metadata = [
      "format": "pt", "tab\t\r\u{8}\u{C}": "\t\r\n", "q\"\\\u{7}": "é\n{\"fovea\":\"\\u00e9\"}",
    ]
    let path = scratch.path("a.safetensors")
    try SafetensorsWriter.write(contents, metadata: metadata, checksums: checksums, to: path)
    let file = try SafetensorsFile(contentsOf: path)
    #expect(file.metadata == metadata && file.hasChecksums == checksums)
    #expect(file.tensors.map(\.name) == ["steps", "table", "w", "b", "none", "odd \"name\"\n\u{1}é😀"])
    for (name, content) in contents {
      switch content {
      case .floats(let tensor):
        #expect(try file.tensor(name).scalars.map(\.bitPattern) == tensor.scalars.map(\.bitPattern))
        #expect(try file.tensor(name).shape == tensor.shape)
      case .integers(let values, let shape):
        #expect(try file.integers(name) == values)
        #expect(file[name]?.shape == shape.dimensions)
      case .bytes(let values, _): #expect(try file.bytes(name) == values)
      }
    }
    #expect(scratch.names() == ["a.safetensors"])
  }

  @Test func theSameContentsGiveTheSameBytesAndAnAlignedStart() throws {
    let metadata = Dictionary(uniqueKeysWithValues: (0..<20).map { ("key\($0)", "value") })
    for name in ["a", "b"] {
      try SafetensorsWriter.write(contents, metadata: metadata, checksums: true, to: scratch.path(name))
    }
    #expect(scratch.bytes("a") == scratch.bytes("b"))
    #expect(scratch.bytes("a")[0] % 8 == 0)
    let file = try SafetensorsFile(contentsOf: scratch.path("a"))
    for tensor in file.tensors { #expect(tensor.range.lowerBound % tensor.elementType.byteCount == 0) }
  }

  @Test func everyFlippedBitIsFoundAndNamed() throws {
    let path = scratch.path("a")
    let tensors: [(name: String, content: TensorContent)] = [
      ("weight", .floats(.random([2, 3], seed: 2))), ("count", .integer(3)),
    ]
    try SafetensorsWriter.write(tensors, metadata: ["classes": "cat,dog"], checksums: true, to: path)
    let whole = scratch.bytes("a")
    func readAll(_ path: String) throws {
      let file = try SafetensorsFile(contentsOf: path)
      for entry in file.tensors { _ = try file.bytes(entry.name) }
    }
    try readAll(path)
    for byte in whole.indices {
      var damaged = whole
      damaged[byte] ^= 1 << UInt8(byte % 8)
      let error = #expect(throws: FormatError.self, "byte \(byte)") {
        try readAll(scratch.file("damaged\(byte)", damaged))
      }
      if byte >= whole.count - 24 { #expect(error?.description.contains("tensor 'weight'") == true) }
    }
    for length in whole.indices {
      #expect(throws: FormatError.self) { try readAll(scratch.file("cut\(length)", Array(whole[..<length]))) }
    }
  }

  @Test func failuresLeaveTheOldFileAndNoOther() throws {
    let path = scratch.path("a")
    try SafetensorsWriter.write(contents, to: path)
    let before = scratch.bytes("a")
    let error = #expect(throws: FormatError.self) {
      try DurableFile.write(to: path) { (file) throws(FormatError) in
        try file.append([1, 2, 3])
        throw FormatError(path: path, problem: "stop", remedy: "")
      }
    }
    #expect(error?.problem == "stop")
    #expect(scratch.bytes("a") == before && scratch.names() == ["a"])
    for bad in [scratch.folder, scratch.path("no/such/folder"), "/dev/null"] {
      let error = #expect(throws: FormatError.self) { try SafetensorsWriter.write(contents, to: bad) }
      #expect(error?.path == bad)
    }
    #expect(scratch.names() == ["a"])
  }

  @Test func aFullDiskIsAnErrorThatLeavesTheOldFile() async {
    await #expect(processExitsWith: .success) {
      let scratch = Scratch()
      let path = scratch.path("a")
      try DurableFile.write([1, 2, 3], to: path)
      signal(SIGXFSZ, SIG_IGN)
      var limit = rlimit()
      getrlimit(__rlimit_resource_t(1 /* RLIMIT_FSIZE */), &limit)
      var small = rlimit(rlim_cur: 1000, rlim_max: limit.rlim_max)
      setrlimit(__rlimit_resource_t(1 /* RLIMIT_FSIZE */), &small)
      let error = #expect(throws: FormatError.self) {
        try SafetensorsWriter.write([(name: "w", tensor: Tensor(zeros: [1000]))], to: path)
      }
      // Whatever the process writes at its end, a profile for instance, must find room.
      setrlimit(__rlimit_resource_t(1 /* RLIMIT_FSIZE */), &limit)
      #expect(error?.systemError == EFBIG)
      #expect(scratch.bytes("a") == [1, 2, 3] && scratch.names() == ["a"])
    }
  }

  @Test func aHeaderLargerThanTheFormatAllowsIsRefusedBeforeAnythingIsWritten() {
    let path = scratch.path("a")
    let error = #expect(throws: FormatError.self) {
      try SafetensorsWriter.write(
        contents, metadata: ["k": String(repeating: "a", count: 100_000_000)], to: path)
    }
    #expect(error?.path == path && error?.problem.contains("more than safetensors allows") == true)
    #expect(scratch.names().isEmpty)
  }

  @Test func leftoversOfDeadProcessesAreRemoved() {
    // Process numbers end at 2²², so 2³⁰ is nobody's.
    for name in [
      ".a.1073741824-1.partial", ".a.\(getpid())-1.partial", ".b.1073741824-1.partial", ".a.partial",
    ] {
      scratch.file(name, [1])
    }
    #expect(DurableFile.removeLeftovers(of: scratch.path("a")) == [scratch.path(".a.1073741824-1.partial")])
    #expect(scratch.names() == [".a.\(getpid())-1.partial", ".a.partial", ".b.1073741824-1.partial"])
    // Of any file in the folder.
    #expect(DurableFile.removeLeftovers(in: scratch.path("b").dropLast(2).description).count == 1)
    #expect(scratch.names() == [".a.\(getpid())-1.partial", ".a.partial"])
    // Under a lock the process does not matter: its number may be in use again. Other names stay.
    for name in ["..-1.partial", ".a.x-1.partial", ".a.1-1-1.partial", "a.1-1.partial"] {
      scratch.file(name, [1])
    }
    #expect(DurableFile.removeLeftovers(of: scratch.path("a"), isLocked: true).count == 1)
    #expect(scratch.names().count == 5)
  }

  /// The old file can get another name once the new one is whole, and not before.
  @Test func theOldFileIsThereUntilTheNewOneIsWhole() throws {
    let path = scratch.path("a")
    try DurableFile.write([1], to: path)
    try DurableFile.write(
      to: path, beforeReplacing: { #expect(scratch.bytes("a") == [1] && scratch.names().count == 2) }
    ) { (file) throws(FormatError) in
      // Around the size from which bytes are written at once.
      try file.append([UInt8](repeating: 2, count: 5))
      try file.append([UInt8](repeating: 3, count: 20_000))
      try file.append([4])
    }
    #expect(scratch.bytes("a") == [2, 2, 2, 2, 2] + [UInt8](repeating: 3, count: 20_000) + [4])
    #expect(scratch.names() == ["a"])
  }
}
