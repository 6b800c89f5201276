import FoveaTensor

/// What a tensor of a safetensors file holds, for writing.
public enum TensorContent: Sendable {
  /// F32, in the layout that the file shall have.
  case floats(Tensor)
  /// I64. The product of the shape's extents is the number of values; an empty shape is a scalar.
  case integers([Int64], shape: Shape)
  /// U8.
  case bytes([UInt8], shape: Shape)

  /// One whole number, of shape [].
  public static func integer(_ value: Int64) -> TensorContent { .integers([value], shape: []) }

  var shape: Shape {
    switch self {
    case .floats(let tensor): tensor.shape
    case .integers(_, let shape), .bytes(_, let shape): shape
    }
  }

  var elementType: ElementType {
    switch self {
    case .floats: .float32
    case .integers: .int64
    case .bytes: .uint8
    }
  }

  /// The bytes as the file holds them. Only little-endian machines are supported.
  func withBytes<Result>(_ body: (UnsafeRawBufferPointer) -> Result) -> Result {
    switch self {
    case .floats(let tensor): tensor.withUnsafeBufferPointer { body(UnsafeRawBufferPointer($0)) }
    case .integers(let values, _): values.withUnsafeBytes(body)
    case .bytes(let values, _): values.withUnsafeBytes(body)
    }
  }
}

/// Writes safetensors files: whole or not at all, and the same bytes for the same contents.
public enum SafetensorsWriter {
  /// Writes the tensors, 8-byte elements first and otherwise in the order given, so that each is aligned.
  ///
  /// - Parameters:
  ///   - metadata: texts for `__metadata__`.
  ///   - checksums: whether each tensor, and the header, gets a CRC-32C that `SafetensorsFile` verifies.
  ///   - path: replaced only once the new file is whole and on the disk (see `DurableFile`).
  ///   - beforeReplacing: called at that moment.
  /// - Precondition: names differ, and are not `__metadata__`; no metadata key is `fovea.crc32c` or starts with `fovea.crc32c.`.
  public static func write(
    _ tensors: [(name: String, content: TensorContent)], metadata: [String: String] = [:],
    checksums: Bool = false, to path: String, beforeReplacing: () -> Void = {}
  ) throws(FormatError) {
    let ordered = [8, 4, 1].flatMap { size in
      tensors.filter { $0.content.elementType.byteCount == size }
    }
    let header = header(ordered, metadata: metadata, checksums: checksums)
    guard header.count <= SafetensorsHeader.maximumByteCount else {
      throw FormatError(
        path: path, problem: "needs a header of \(header.count) bytes, more than safetensors allows",
        remedy: "Write fewer tensors or less metadata.")
    }
    try DurableFile.write(to: path, beforeReplacing: beforeReplacing) { (file) throws(FormatError) in
      let length = UInt64(header.count)
      try file.append((0..<8).map { UInt8(truncatingIfNeeded: length >> (8 * $0)) })
      try file.append(header)
      for (_, content) in ordered {
        var failure: FormatError?
        content.withBytes { bytes in
          do throws(FormatError) { try file.append(bytes) } catch { failure = error }
        }
        if let failure { throw failure }
      }
    }
  }

  /// Writes tensors of floats.
  public static func write(
    _ tensors: [(name: String, tensor: Tensor)], metadata: [String: String] = [:], checksums: Bool = false,
    to path: String
  ) throws(FormatError) {
    try write(
      tensors.map { (name: $0.name, content: TensorContent.floats($0.tensor)) }, metadata: metadata,
      checksums: checksums, to: path)
  }

  private static func header(
    _ tensors: [(name: String, content: TensorContent)], metadata: [String: String], checksums: Bool
  ) -> [UInt8] {
    var metadata = metadata
    precondition(
      !metadata.keys.contains { $0 == Checksums.headerKey || $0.hasPrefix(Checksums.tensorPrefix) },
      "the metadata keys '\(Checksums.headerKey)' and '\(Checksums.tensorPrefix)…' are the writer's own")
    if checksums {
      for (name, content) in tensors {
        metadata[Checksums.tensorPrefix + name] = Checksums.text(
          content.withBytes { CRC32C.checksum($0) })
      }
      metadata[Checksums.headerKey] = "00000000"
    }
    var text = "{"
    if !metadata.isEmpty {
      let members = metadata.sorted { $0.key < $1.key }.map { "\(quoted($0.key)):\(quoted($0.value))" }
      text += "\"__metadata__\":{\(members.joined(separator: ","))}"
    }
    var names: Set<String> = ["__metadata__"]
    var offset = 0
    for (name, content) in tensors {
      precondition(names.insert(name).inserted, "two tensors named '\(name)'")
      precondition(content.withBytes(\.count) == content.shape.count * content.elementType.byteCount)
      let end = offset + content.withBytes(\.count)
      let shape = content.shape.dimensions.map(String.init).joined(separator: ",")
      if text.utf8.count > 1 { text += "," }
      text += "\(quoted(name)):{\"dtype\":\"\(content.elementType.rawValue)\",\"shape\":[\(shape)],"
      text += "\"data_offsets\":[\(offset),\(end)]}"
      offset = end
    }
    text += "}"
    var bytes = Array(text.utf8)
    bytes.append(contentsOf: repeatElement(0x20, count: (8 - bytes.count % 8) % 8))
    if checksums { fillInChecksum(of: &bytes) }
    return bytes
  }

  /// Puts the header's checksum, taken with zeros in its place, where the zeros are.
  private static func fillInChecksum(of header: inout [UInt8]) {
    let digits = Array(Checksums.text(header.withUnsafeBytes { CRC32C.checksum($0) }).utf8)
    let member = Array("\"\(Checksums.headerKey)\":\"00000000\"".utf8)
    // A quoted text cannot contain the member: its quotation marks would be escaped.
    let start = header.firstRange(of: member)!.lowerBound + member.count - 9
    header.replaceSubrange(start..<start + 8, with: digits)
  }

  private static func quoted(_ text: String) -> String {
    var quoted = "\""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\"": quoted += "\\\""
      case "\\": quoted += "\\\\"
      case "\n": quoted += "\\n"
      case "\t": quoted += "\\t"
      case "\r": quoted += "\\r"
      case _ where scalar.value < 0x20:
        let digits = String(scalar.value, radix: 16)
        quoted += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
      default: quoted.unicodeScalars.append(scalar)
      }
    }
    return quoted + "\""
  }
}
