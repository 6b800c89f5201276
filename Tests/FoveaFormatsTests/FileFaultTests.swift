import CFoveaFaults
import FoveaTensor
import FoveaTestSupport
import Testing

@testable import FoveaFormats

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

/// What writing and reading does where the disk fails it.
@Suite(.enabled(if: faultsArePossible)) struct FileFaultTests {
  let scratch = Scratch()

  private func failure(
    _ call: fovea_call, _ error: Int32, at: Int = 1, sourceLocation: SourceLocation = #_sourceLocation,
    _ body: () throws -> Void
  ) throws -> FormatError {
    try #require(
      #expect(throws: FormatError.self, sourceLocation: sourceLocation) {
        try withFault(call, error, at: at, sourceLocation: sourceLocation, body)
      }, sourceLocation: sourceLocation)
  }

  /// More than one write's worth, then a little.
  private func write(_ value: UInt8, to path: String) throws {
    try DurableFile.write(to: path) { (file) throws(FormatError) in
      try file.append([UInt8](repeating: value, count: 20_000))
      try file.append([value])
      try file.append([UInt8](repeating: value, count: 20_000))
    }
  }

  @Test func aFailedStepLeavesTheOldFileAlone() throws {
    let path = scratch.path("a")
    try DurableFile.write([1, 2, 3], to: path)
    let steps: [(fovea_call, Int, Int32, String)] = [
      (FOVEA_WRITE, 1, ENOSPC, "cannot be written: No space left on device"),
      (FOVEA_WRITE, 2, EIO, "cannot be written: Input/output error"),
      (FOVEA_FSYNC, 1, EIO, "cannot be written to the disk: Input/output error"),
      (FOVEA_CLOSE, 1, EDQUOT, "cannot be written: "),
      (FOVEA_RENAME, 1, EROFS, "cannot be replaced: Read-only file system"),
    ]
    for (call, at, code, problem) in steps {
      let error = try failure(call, code, at: at) { try write(9, to: path) }
      #expect(error.path == path && error.problem.hasPrefix(problem) && error.systemError == code, "\(error)")
      #expect(error.remedy.contains("free space"))
      #expect(scratch.bytes("a") == [1, 2, 3] && scratch.names() == ["a"], "\(problem)")
    }
  }

  @Test func anUnsyncedFolderIsSaidOfAFileThatIsThere() throws {
    let path = scratch.path("a")
    let error = try failure(FOVEA_FSYNC, EIO, at: 2) { try write(9, to: path) }
    #expect(error.path == path && error.problem.contains("may not outlast a power cut"))
    #expect(scratch.bytes("a").count == 40_001 && scratch.names() == ["a"])
    // Some file systems cannot sync a folder, which is no fault of the file.
    try withFault(FOVEA_FSYNC, EINVAL, at: 2) { try write(8, to: path) }
    #expect(scratch.bytes("a").first == 8)
  }

  @Test func anInterruptedWriteOrReadGoesOn() throws {
    let path = scratch.path("a")
    try withFault(FOVEA_WRITE, EINTR) { try write(9, to: path) }
    #expect(scratch.bytes("a") == [UInt8](repeating: 9, count: 40_001))
    #expect(
      try withFault(FOVEA_PREAD, EINTR) { try WholeFile.bytes(of: path, limit: 1 << 20) }
        == scratch.bytes("a"))
  }

  @Test func whatTheDiskDoesNotGiveIsNamed() throws {
    let path = scratch.path("a")
    try SafetensorsWriter.write(
      [("w", .floats(.random([3], seed: 1))), ("n", .integer(3))], checksums: true, to: path)
    for at in 1...2 {
      let error = try failure(FOVEA_PREAD, EIO, at: at) { _ = try SafetensorsFile(contentsOf: path) }
      #expect(error.path == path && error.problem == "cannot be read: Input/output error")
      #expect(error.systemError == EIO && error.remedy.contains("another copy"))
    }
    let file = try SafetensorsFile(contentsOf: path)
    let error = try failure(FOVEA_PREAD, EIO) { _ = try file.bytes("n") }
    #expect(error.path == path && error.systemError == EIO)
    let status = try failure(FOVEA_FSTAT, EIO) { _ = try SafetensorsFile(contentsOf: path) }
    #expect(status.path == path && status.problem == "not a regular file")
  }
}

/// Files that are not what they should be, or do not stay so.
@Suite struct ChangingFileTests {
  let scratch = Scratch()

  @Test func aFileThatShrinksWhileItIsReadIsNamed() throws {
    // More than one part, which the threads share.
    let path = scratch.path("a")
    try SafetensorsWriter.write(
      [("w", .floats(Tensor(zeros: [600_000]))), ("n", .integer(3))], checksums: true, to: path)
    let file = try SafetensorsFile(contentsOf: path)
    #expect(try file.tensor("w").scalars.count == 600_000)
    #expect(truncate(path, 1_500_000) == 0)
    let error = #expect(throws: FormatError.self) { try file.tensor("w") }
    #expect(error?.path == path)
    #expect(error?.problem == "became shorter while it was read, it ends at byte 1500000")
    #expect(throws: FormatError.self) { try file.bytes("w") }
    #expect(try file.integers("n") == [3])
  }

  @Test func damageInLargeTensorsIsFoundWhereverItIs() throws {
    let path = scratch.path("a")
    let tensor = Tensor.random([600_000], seed: 3)
    try SafetensorsWriter.write([("w", .floats(tensor))], checksums: true, to: path)
    #expect(try SafetensorsFile(contentsOf: path).tensor("w").scalars == tensor.scalars)
    let whole = scratch.bytes("a")
    for place in [whole.count - 1, whole.count - 1_100_000, whole.count - 2_399_000] {
      var damaged = whole
      damaged[place] ^= 4
      let file = try SafetensorsFile(contentsOf: scratch.file("b", damaged))
      let error = #expect(throws: FormatError.self) { try file.tensor("w") }
      #expect(error?.path == scratch.path("b") && error?.problem.hasPrefix("tensor 'w' is damaged") == true)
    }
  }

  @Test func aTensorLargerThanTheMachineIsRefused() throws {
    let memory = sysconf(Int32(_SC_PHYS_PAGES)) * sysconf(Int32(_SC_PAGESIZE))
    let count = memory / 4 + 4
    let header = #"{"w":{"dtype":"F32","shape":[\#(count / 4)],"data_offsets":[0,\#(count / 4 * 4)]}}"#
    let path = scratch.safetensors(header)
    // A hole: it takes no room on the disk.
    try #require(truncate(path, off_t(8 + header.utf8.count + count / 4 * 4)) == 0)
    let file = try SafetensorsFile(contentsOf: path)
    for read in [{ _ = try file.tensor("w") }, { _ = try file.bytes("w") }] as [() throws -> Void] {
      let error = #expect(throws: FormatError.self) { try read() }
      #expect(
        error?.path == path
          && error?.problem.contains("tensor 'w' of \(count / 4 * 4) bytes does not fit") == true)
    }
  }

  @Test func wholeFilesHaveALimitAndAreText() throws {
    let path = scratch.file("a", [0x61, 0xFF])
    #expect(try WholeFile.bytes(of: path, limit: 2) == [0x61, 0xFF])
    let long = #expect(throws: FormatError.self) { try WholeFile.bytes(of: path, limit: 1) }
    #expect(long?.path == path && long?.problem.contains("has 2 bytes, more than the 1") == true)
    let text = #expect(throws: FormatError.self) { try WholeFile.text(of: path, limit: 2) }
    #expect(text?.path == path && text?.problem == "is not text in UTF-8")
    #expect(try WholeFile.text(of: scratch.file("b", Array("é".utf8)), limit: 2) == "é")
  }

  @Test func filesAreWrittenIntoTheFolderOfThisProcessToo() async {
    await #expect(processExitsWith: .success) {
      let scratch = Scratch()
      chdir(scratch.folder)
      try DurableFile.write([1], to: "a")
      #expect(scratch.bytes("a") == [1] && scratch.names() == ["a"])
      let error = #expect(throws: FormatError.self) {
        try DurableFile.write([1], to: "/no-such-file-system/a")
      }
      #expect(error?.systemError == ENOENT)
      let root = #expect(throws: FormatError.self) { try DurableFile.write([1], to: "/") }
      #expect(root?.path == "/" && root?.problem.contains("not a regular file") == true)
    }
  }

  /// As another user, whom permissions bind: they do not bind root.
  @Test func aFolderThatMayBeWrittenButNotReadIsWrittenTo() async {
    await #expect(processExitsWith: .success) {
      let scratch = Scratch()
      chmod(scratch.folder, 0o733)
      // Its owner comes back to remove it.
      defer { withExtendedLifetime(scratch) { _ = seteuid(getuid()) } }
      if getuid() == 0 { try #require(setegid(65_534) == 0 && seteuid(65_534) == 0) }
      try DurableFile.write([1], to: scratch.path("a"))
      #expect(scratch.bytes("a") == [1])
      let error = #expect(throws: FormatError.self) { try DurableFile.write([1], to: "/usr/a") }
      #expect(error?.path == "/usr/a" && error?.systemError == EACCES)
    }
  }
}
