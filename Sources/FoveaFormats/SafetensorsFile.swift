import FoveaTensor

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

/// A safetensors file, open for reading: its header is read and checked, its tensors are read when asked for.
///
/// The format (huggingface/safetensors, "Format"): a little-endian 64-bit length, a JSON header of that length, and
/// the tensors' bytes. The header may be at most 100,000,000 bytes and must account for every byte of the file, once.
/// A file can come from anywhere: whatever it says, the outcome is a file that can be read or a `FormatError`, and no
/// more memory is taken than the file's size warrants.
public struct SafetensorsFile: Sendable {
  public let path: String
  /// The texts of `__metadata__`, without Fovea's checksums.
  public let metadata: [String: String]
  /// In the order of their bytes.
  public let tensors: [TensorEntry]
  /// Whether each tensor has a checksum, which reading it verifies.
  public var hasChecksums: Bool { checksums != nil }

  private let file: RegularFile
  private let dataStart: Int
  private let checksums: [String: UInt32]?
  private let index: [String: Int]

  private static let damagedRemedy =
    "The file is damaged, or is no safetensors file: use another copy, or write it again."

  public init(contentsOf path: String) throws(FormatError) {
    self.path = path
    file = try RegularFile(path: path)
    guard file.byteCount >= 8 else {
      throw FormatError(
        path: path, problem: "has \(file.byteCount) bytes, too few for a safetensors file",
        remedy: Self.damagedRemedy)
    }
    var length: UInt64 = 0
    for byte in try file.bytes(8, at: 0).reversed() { length = length << 8 | UInt64(byte) }
    guard length <= UInt64(min(SafetensorsHeader.maximumByteCount, file.byteCount - 8)) else {
      // A text or a picture, most likely: its first bytes say more than the length that they would spell.
      if file.byteCount > 8, try file.bytes(1, at: 8) != [UInt8(ascii: "{")] {
        throw FormatError(
          path: path, problem: "is no safetensors file: its header does not start with '{'",
          remedy: "Give a safetensors file.")
      }
      throw FormatError(
        path: path,
        problem: "claims a header of \(length) bytes, but \(file.byteCount - 8) follow and "
          + "\(SafetensorsHeader.maximumByteCount) are allowed",
        remedy: Self.damagedRemedy)
    }
    dataStart = 8 + Int(length)
    let headerBytes = try file.bytes(Int(length), at: 8)
    let header: SafetensorsHeader
    do throws(HeaderScanner.Failure) {
      header = try SafetensorsHeader(headerBytes, dataByteCount: file.byteCount - dataStart)
    } catch {
      throw FormatError(
        path: path, problem: "header, byte \(error.offset): \(error.problem)", remedy: Self.damagedRemedy)
    }
    metadata = header.metadata
    tensors = header.tensors
    checksums = header.checksums
    index = Dictionary(uniqueKeysWithValues: header.tensors.enumerated().map { ($1.name, $0) })
  }

  /// The entry of that name, or nil.
  public subscript(name: String) -> TensorEntry? { index[name].map { tensors[$0] } }

  /// A floating-point tensor (F32, F64, F16 or BF16) as 32-bit floats, in the file's layout.
  public func tensor(_ name: String) throws(FormatError) -> Tensor {
    let entry = try entry(name)
    guard entry.elementType.isReadableAsFloats else {
      throw FormatError(
        path: path, problem: "tensor '\(name)' is \(entry.elementType.rawValue), not floating-point",
        remedy: "Convert it to F32.")
    }
    try checkMemory(entry)
    let shape = Shape(entry.shape)
    if entry.elementType == .float32 {
      var failure: FormatError?
      let tensor = Tensor(shape) { buffer in
        do throws(FormatError) {
          try check(entry, found: try read(entry, into: UnsafeMutableRawBufferPointer(buffer)))
        } catch { failure = error }
      }
      if let failure { throw failure }
      return tensor
    }
    let bytes = try bytes(name)
    return Tensor(shape) { buffer in
      bytes.withUnsafeBytes { raw in
        for i in 0..<buffer.count { buffer[i] = Self.float(raw, i, entry.elementType) }
      }
    }
  }

  /// An integer tensor (BOOL, U8, I8, U16, I16, U32, I32 or I64), flat, outermost axis first.
  public func integers(_ name: String) throws(FormatError) -> [Int64] {
    let entry = try entry(name)
    guard entry.elementType.isReadableAsIntegers else {
      throw FormatError(
        path: path, problem: "tensor '\(name)' is \(entry.elementType.rawValue), not integers up to I64",
        remedy: "Convert it to I64.")
    }
    let bytes = try bytes(name)
    return bytes.withUnsafeBytes { raw in
      (0..<bytes.count / entry.elementType.byteCount).map { Self.integer(raw, $0, entry.elementType) }
    }
  }

  /// The bytes of any tensor, as they stand in the file.
  public func bytes(_ name: String) throws(FormatError) -> [UInt8] {
    let entry = try entry(name)
    try checkMemory(entry)
    let bytes = try file.bytes(entry.range.count, at: dataStart + entry.range.lowerBound)
    var failure: FormatError?
    bytes.withUnsafeBytes { raw in
      do throws(FormatError) { try verify(entry, raw) } catch { failure = error }
    }
    if let failure { throw failure }
    return bytes
  }

  private func entry(_ name: String) throws(FormatError) -> TensorEntry {
    guard let entry = self[name] else {
      throw FormatError(
        path: path, problem: "has no tensor '\(name)'",
        remedy: "It has \(tensors.count) others; check that it is the right file.")
    }
    return entry
  }

  /// Reads a tensor's bytes and computes their checksum, in parts that the threads share.
  private func read(
    _ entry: TensorEntry, into buffer: UnsafeMutableRawBufferPointer
  ) throws(FormatError) -> UInt32 {
    // Small enough for the second cache, so that the checksum does not fetch what was just read.
    let size = 256 << 10
    let count = (buffer.count + size - 1) / size
    nonisolated(unsafe) let target = buffer
    let parts = WorkerPool.shared.map(count) { part -> Result<UInt32, FormatError> in
      let start = part * size
      let bytes = UnsafeMutableRawBufferPointer(rebasing: target[start..<min(target.count, start + size)])
      do throws(FormatError) {
        try file.read(bytes, at: dataStart + entry.range.lowerBound + start)
        return .success(CRC32C.checksum(UnsafeRawBufferPointer(bytes)))
      } catch {
        return .failure(error)
      }
    }
    var sums: [UInt32] = []
    for part in parts { sums.append(try part.get()) }
    return sums.indices.dropFirst().reduce(sums.first ?? 0) { checksum, part in
      CRC32C.joined(checksum, sums[part], count: min(size, buffer.count - part * size))
    }
  }

  private func verify(_ entry: TensorEntry, _ bytes: UnsafeRawBufferPointer) throws(FormatError) {
    guard hasChecksums else { return }
    try check(entry, found: CRC32C.checksum(bytes))
  }

  private func check(_ entry: TensorEntry, found: UInt32) throws(FormatError) {
    guard let expected = checksums?[entry.name] else { return }
    guard found == expected else {
      throw FormatError(
        path: path,
        problem: "tensor '\(entry.name)' is damaged: its checksum is \(Checksums.text(found)), "
          + "not \(Checksums.text(expected))",
        remedy: "Use another copy. (A tool that changed the tensor must drop the metadata keys "
          + "'\(Checksums.headerKey)*'.)")
    }
  }

  /// Refuses what no allocation can give: a file with holes may claim more than the machine has.
  private func checkMemory(_ entry: TensorEntry) throws(FormatError) {
    let memory = sysconf(Int32(_SC_PHYS_PAGES)) * sysconf(Int32(_SC_PAGESIZE))
    guard memory <= 0 || entry.range.count < memory / 4 else {
      throw FormatError(
        path: path, problem: "tensor '\(entry.name)' of \(entry.range.count) bytes does not fit into memory",
        remedy: Self.damagedRemedy)
    }
  }

  private static func float(_ raw: UnsafeRawBufferPointer, _ i: Int, _ type: ElementType) -> Float {
    switch type {
    case .float64: Float(Double(bitPattern: load(raw, i)))
    case .float16: Float(Float16(bitPattern: load(raw, i)))
    case .bfloat16: Float(bitPattern: UInt32(load(raw, i) as UInt16) << 16)
    default: Float(bitPattern: load(raw, i))
    }
  }

  private static func integer(_ raw: UnsafeRawBufferPointer, _ i: Int, _ type: ElementType) -> Int64 {
    switch type {
    case .int64: load(raw, i)
    case .int32: Int64(load(raw, i) as Int32)
    case .uint32: Int64(load(raw, i) as UInt32)
    case .int16: Int64(load(raw, i) as Int16)
    case .uint16: Int64(load(raw, i) as UInt16)
    case .int8: Int64(load(raw, i) as Int8)
    default: Int64(load(raw, i) as UInt8)
    }
  }

  private static func load<T: FixedWidthInteger & BitwiseCopyable>(
    _ raw: UnsafeRawBufferPointer, _ i: Int
  ) -> T {
    T(littleEndian: raw.loadUnaligned(fromByteOffset: i * MemoryLayout<T>.size, as: T.self))
  }
}
