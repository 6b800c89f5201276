import CFoveaFaults
import CFoveaImage
import FoveaImage
import FoveaTestSupport
import Glibc
import Testing

@testable import FoveaData

/// Files that are none, that are too long, that change, and disks that fail.
@Suite struct FileSystemFaultTests {
  let folder = TemporaryFolder()

  @Test func whatIsNoFileIsNamedAndNeverOpenedForGood() throws {
    #expect(folder["pipe"].withCString { mkfifo($0, 0o600) } == 0)
    for (path, noun) in [
      (folder["pipe"], "a pipe"), (folder.path, "a folder"), (RawPath("/dev/null"), "a device"),
    ] {
      let error = dataError { _ = try ImageFiles.bytes(of: path) }
      #expect(error?.kind == .notARegularFile && error?.subject == path.description && error?.found == noun)
    }
    let missing = dataError { _ = try ImageFiles.bytes(of: folder["none"]) }
    #expect(missing?.kind == .missing && missing?.subject == folder["none"].description)
    let beneath = dataError { _ = try ImageFiles.bytes(of: folder.write([1], "file").appending("x")) }
    #expect(beneath?.kind == .missing && beneath?.found == "not a folder")
    folder.link("loop", to: "loop")
    #expect(
      dataError { _ = try ImageFiles.bytes(of: folder["loop"]) }?.found
        == "a symbolic link that leads to itself")
  }

  @Test func aFileLongerThanAnyImageIsRefusedUnread() throws {
    let path = folder.write([1], "hole.png")
    // A hole takes no room on the disk.
    #expect(path.withCString { truncate($0, off_t(FileSystem.imageFileLimit) + 1) } == 0)
    let error = dataError { _ = try ImageFiles.decode(path) }
    #expect(error?.kind == .tooLarge && error?.subject == path.description)
    #expect(error?.found == "268435457 bytes" && error?.expected == "at most 268435456")
  }

  @Test func socketsAndDevicesAreTold() throws {
    #expect(FileSystem.isFile(RawPath("/dev/null")) == false)
    let status = try FileSystem.status(of: RawPath("/dev/null")).get()
    #expect(status.kind == .special("a device"))
    // A socket in the file system: there as long as its descriptor is bound.
    let descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
    defer { close(descriptor) }
    let path = folder["socket"]
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.bytes) }
    let bound = withUnsafePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
      }
    }
    try #require(bound == 0)
    #expect(try FileSystem.status(of: path).get().kind == .special("a socket"))
    #expect(dataError { _ = try ImageFiles.bytes(of: path) } != nil)
  }

  @Test(.enabled(if: faultsArePossible)) func whatTheDiskDoesNotGiveIsNamed() throws {
    let path = folder.write([1, 2, 3], "a")
    let faults: [(fovea_call, Int32, String)] = [
      (FOVEA_READ, EIO, "Input/output error"), (FOVEA_FSTAT, EACCES, "permission denied"),
    ]
    for (call, code, found) in faults {
      let error = dataError { try withFault(call, code) { _ = try ImageFiles.bytes(of: path) } }
      #expect(error?.kind == .unreadable && error?.subject == path.description && error?.found == found)
    }
    #expect(try withFault(FOVEA_READ, EINTR) { try ImageFiles.bytes(of: path) } == [1, 2, 3])
    // It has become shorter since its size was asked.
    #expect(try withFault(FOVEA_READ, 0) { try ImageFiles.bytes(of: path) } == [])
    let empty = dataError { try withFault(FOVEA_READ, 0) { _ = try ImageFiles.decode(path) } }
    #expect(empty?.kind == .undecodable && empty?.found == "an empty file")
  }

  @Test(.enabled(if: faultsArePossible)) func memoryThatIsNotThereIsAskedForFirst() throws {
    let path = folder.write([1], "large")
    #expect(path.withCString { truncate($0, 20 << 20) } == 0)
    let error = dataError { try withFault(FOVEA_MMAP, ENOMEM) { _ = try ImageFiles.bytes(of: path) } }
    #expect(
      error?.kind == .tooLarge && error?.subject == path.description
        && error?.expected == "as much free memory")
    #expect(FileSystem.hasMemory(for: 20 << 20))
  }

  @Test(.enabled(if: faultsArePossible)) func manySamplesNeedMemoryToo() {
    let images = folder.write(IDXTests.images(100_000, 1, 1), "images")
    let labels = folder.write(IDXTests.labels([UInt8](repeating: 1, count: 100_000)), "labels")
    let error = dataError {
      try withFault(FOVEA_MMAP, ENOMEM) { _ = try IDX.load(images: images, labels: labels) }
    }
    #expect(error?.kind == .tooLarge && error?.found == "100000 images")
  }

  @Test(.enabled(if: faultsArePossible)) func unpackingWithoutMemoryIsAnError() {
    let packed = GzipSamples.hello
    var output = [UInt8](repeating: 0, count: 100)
    var at: Int32 = 0
    var met = true
    while met {
      at += 1
      var written = 0
      let status = fovea_gunzip_without_memory(
        at, &met, packed, packed.count, &output, output.count, &written)
      #expect(!met || status == FI_GUNZIP_NO_MEMORY, "allocation \(at)")
    }
    #expect(at > 1)
  }

  @Test func imagesWithoutLabelsBesideThemSaySo() throws {
    for name in ["pictures-idx3-ubyte", "images-ubyte"] {
      let error = dataError { _ = try IDX.labels(beside: folder[name]) }
      #expect(error?.kind == .missing && error?.subject == folder[name].description)
    }
    #expect(try IDX.labels(beside: folder["train-images-idx3-ubyte"]) == folder["train-labels-idx1-ubyte"])
  }

  @Test func aFolderThatIsNoneHasNoTrainingFiles() {
    #expect(CIFARBinary.trainingFiles(in: folder["none"]).isEmpty)
  }
}
