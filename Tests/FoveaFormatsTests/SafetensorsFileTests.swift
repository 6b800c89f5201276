import FoveaTensor
import FoveaTestSupport
import Testing

@testable import FoveaFormats

@Suite struct SafetensorsFileTests {
  let scratch = Scratch()

  @Test func readsWhatTheFormatDescribes() throws {
    // Written by hand from the format's description: U8 and F32, an empty tensor, a scalar, white space, escapes.
    let path = scratch.safetensors(
      """
      { "__metadata__" : {"é\\u00e9\\ud83d\\ude00": "a\\n\\"b\\""},
      "b": {"data_offsets":[4,12],"shape":[2,1],"dtype":"F32"},
      "a": {"dtype":"U8","shape":[4],"data_offsets":[0,4]},
      "none": {"dtype":"F32","shape":[3,0,7],"data_offsets":[12,12]},
      "one": {"dtype":"I16","shape":[],"data_offsets":[12,14]}}   
      """, data: 14)
    let file = try SafetensorsFile(contentsOf: path)
    #expect(file.metadata == ["éé😀": "a\n\"b\""])
    #expect(file.tensors.map(\.name) == ["a", "b", "none", "one"])
    #expect(try file.bytes("a") == [0, 1, 2, 3])
    #expect(try file.integers("a") == [0, 1, 2, 3])
    #expect(try file.integers("one") == [0x0D0C])
    #expect(try file.tensor("b").shape == [2, 1])
    #expect(try file.tensor("b").scalars.map(\.bitPattern) == [0x0706_0504, 0x0B0A_0908])
    #expect(try file.tensor("none").shape == [3, 0, 7])
    #expect(file["b"]?.elementType == .float32)
    #expect(file["c"] == nil && !file.hasChecksums)
  }

  @Test func convertsOtherFloats() throws {
    let header = """
      {"d":{"dtype":"F64","shape":[2],"data_offsets":[0,16]},
      "h":{"dtype":"F16","shape":[2],"data_offsets":[16,20]},
      "b":{"dtype":"BF16","shape":[2],"data_offsets":[20,24]}}
      """
    func little<T: FixedWidthInteger>(_ value: T) -> [UInt8] {
      (0..<T.bitWidth / 8).map { UInt8(truncatingIfNeeded: value >> T($0 * 8)) }
    }
    let data =
      little((-1.5).bitPattern) + little(0.1.bitPattern) + little(0x3C00 as UInt16)
      + little(0x0001 as UInt16) + little(0x4049 as UInt16) + little(0xFF80 as UInt16)
    let prefix = little(UInt64(header.utf8.count))
    let file = try SafetensorsFile(contentsOf: scratch.file("f", prefix + Array(header.utf8) + data))
    #expect(try file.tensor("d").scalars == [-1.5, 0.1])
    #expect(try file.tensor("h").scalars == [1, 0x1p-24])
    #expect(try file.tensor("b").scalars == [3.140625, -.infinity])
  }

  @Test func convertsOtherIntegers() throws {
    let kinds = [("U32", 4), ("U16", 2), ("I8", 1), ("BOOL", 1), ("I32", 4), ("F8_E5M2", 1), ("U64", 8)]
    var members: [String] = []
    var end = 0
    for (type, size) in kinds {
      members.append(#""\#(type)":{"dtype":"\#(type)","shape":[1],"data_offsets":[\#(end),\#(end + size)]}"#)
      end += size
    }
    let header = Array("{\(members.joined(separator: ","))}".utf8)
    let prefix = (0..<8).map { UInt8(truncatingIfNeeded: header.count >> (8 * $0)) }
    let ones = [UInt8](repeating: 0xFF, count: end)
    let file = try SafetensorsFile(contentsOf: scratch.file("f", prefix + header + ones))
    let expected = [("U32", 4_294_967_295), ("U16", 65_535), ("I8", -1), ("BOOL", 255), ("I32", -1)]
    for (type, value) in expected { #expect(try file.integers(type) == [Int64(value)], "\(type)") }
    for type in ["F8_E5M2", "U64"] {
      let error = #expect(throws: FormatError.self) { try file.integers(type) }
      #expect(error?.path == scratch.path("f"))
      #expect(error?.problem == "tensor '\(type)' is \(type), not integers up to I64")
      #expect(throws: FormatError.self) { try file.tensor(type) }
    }
  }

  @Test func escapesAreRead() throws {
    let path = scratch.safetensors(#"{"__metadata__":{"a\b\f\n\r\t\/\\":"\u00e9"}}"#)
    #expect(try SafetensorsFile(contentsOf: path).metadata == ["a\u{8}\u{C}\n\r\t/\\": "é"])
    for cut in [#"{"\"#, #"{"a\x":1}"#, #"{"\ud83d\u0041":{}}"#, #"{"\ud83d":{}}"#] {
      let error = #expect(throws: FormatError.self) {
        try SafetensorsFile(contentsOf: scratch.safetensors(cut))
      }
      #expect(error?.problem.hasPrefix("header, byte ") == true, "\(cut)")
    }
  }

  /// The header's own checksum holds in these: whoever wrote them meant it.
  @Test func checksumsThatAreNotThoseOfTheTensorsAreRefused() throws {
    func problem(_ checksums: String) throws -> String? {
      let tensors = #""a":{"dtype":"U8","shape":[2],"data_offsets":[0,2]}"#
      let empty = #"{"__metadata__":{"fovea.crc32c":"00000000"\#(checksums)},\#(tensors)}"#
      let check = Checksums.text(Array(empty.utf8).withUnsafeBytes { CRC32C.checksum($0) })
      let header = empty.replacing("\"00000000\"", with: "\"\(check)\"", maxReplacements: 1)
      do throws(FormatError) {
        _ = try SafetensorsFile(contentsOf: scratch.safetensors(header, data: 2))
        return nil
      } catch {
        #expect(error.path == scratch.path("hostile.safetensors"))
        return error.problem
      }
    }
    #expect(try problem(#","fovea.crc32c.a":"0123abcd""#) == nil)
    for bad in ["123", "0123abcdz", "0123abcz", ""] {
      #expect(
        try problem(#","fovea.crc32c.a":"\#(bad)""#)?.contains("the checksum 'fovea.crc32c.a' is damaged")
          == true)
    }
    for other in [
      "", #","fovea.crc32c.b":"0123abcd""#, #","fovea.crc32c.a":"0123abcd","fovea.crc32c.b":"0123abcd""#,
    ] {
      #expect(try problem(other)?.contains("not those of its tensors") == true, "\(other)")
    }
  }

  @Test func namesWhatIsNotThereOrOfAnotherKind() throws {
    let path = scratch.safetensors(#"{"a":{"dtype":"U8","shape":[4],"data_offsets":[0,4]}}"#, data: 4)
    let file = try SafetensorsFile(contentsOf: path)
    #expect(throws: FormatError.self) { try file.tensor("b") }
    let error = #expect(throws: FormatError.self) { try file.tensor("a") }
    #expect(error?.description.contains("tensor 'a' is U8") == true)
    #expect(error?.path == path)
  }

  /// Header, bytes of data, and a word that the error must hold.
  @Test(arguments: [
    ("", 0, "start with '{'"),
    (" {}", 0, "start with '{'"),
    ("{", 0, "the end"),
    ("{} x", 0, "end of the header"),
    ("{}", 1, "1 follow"),
    (#"{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}"#, 3, "3 follow"),
    (#"{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}"#, 5, "5 follow"),
    (#"{"a":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}}"#, 8, "not at 0"),
    (#"{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,4]}}"#, 4, "takes 8 bytes"),
    (#"{"a":{"dtype":"F32","shape":[1],"data_offsets":[8,4]}}"#, 8, "before it starts"),
    (#"{"a":{"dtype":"F99","shape":[1],"data_offsets":[0,4]}}"#, 4, "unknown dtype"),
    (#"{"a":{"dtype":"F32","shape":[-1],"data_offsets":[0,4]}}"#, 4, "whole number"),
    (#"{"a":{"dtype":"F32","shape":[1.0],"data_offsets":[0,4]}}"#, 4, "whole number"),
    (#"{"a":{"dtype":"F32","shape":[1e0],"data_offsets":[0,4]}}"#, 4, "whole number"),
    (#"{"a":{"dtype":"F32","shape":[01],"data_offsets":[0,4]}}"#, 4, "zero"),
    (#"{"a":{"dtype":"F32","shape":[99999999999999999999],"data_offsets":[0,4]}}"#, 4, "too large"),
    (
      #"{"a":{"dtype":"F32","shape":[4611686018427387904,4],"data_offsets":[0,0]}}"#, 0, "too large"
    ),
    (#"{"a":{"dtype":"F32","shape":[1],"data_offsets":[0]}}"#, 4, "lacks"),
    (#"{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4,8]}}"#, 4, "at most 2"),
    (#"{"a":{"dtype":"F32","shape":[1]}}"#, 4, "lacks"),
    (#"{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4],"x":1}}"#, 4, "unknown key 'x'"),
    (#"{"a":{"dtype":"F32","dtype":"F32","shape":[1],"data_offsets":[0,4]}}"#, 4, "twice"),
    (
      #"{"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]},"a":{"dtype":"U8","shape":[1],"data_offsets":[1,2]}}"#,
      2, "twice"
    ),
    (#"{"__metadata__":{"a":"b","a":"b"}}"#, 0, "twice"),
    (#"{"__metadata__":{},"__metadata__":{}}"#, 0, "twice"),
    (#"{"__metadata__":{"a":1}}"#, 0, "'\"'"),
    (#"{"__metadata__":[]}"#, 0, "'{'"),
    (#"{"a":null}"#, 0, "'{'"),
    (#"{"a":"\ud800"}"#, 0, "'{'"),
    (#"{"\ud800":{}}"#, 0, "a character"),
    (#"{"\ud800\u0041":{}}"#, 0, "second half"),
    (#"{"\x":{}}"#, 0, "escape"),
    (#"{"\u00"#, 0, "hexadecimal"),
    (#"{"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]},}"#, 1, "'\"'"),
    ("{\"a\n\":{}}", 0, "rest of a string"),
  ])
  func refusesWhatBreaksTheRules(_ header: String, _ data: Int, _ word: String) {
    let path = scratch.safetensors(header, data: data)
    let error = #expect(throws: FormatError.self) { try SafetensorsFile(contentsOf: path) }
    #expect(error?.description.contains(word) == true, "\(error?.description ?? "")")
    #expect(error?.description.hasPrefix(path) == true)
  }

  @Test func refusesOverlapAndGap() {
    for (second, data) in [("[2,6]", 6), ("[5,9]", 9), ("[0,4]", 4)] {
      let path = scratch.safetensors(
        #"{"a":{"dtype":"U8","shape":[4],"data_offsets":[0,4]},"b":{"dtype":"U8","shape":[4],"data_offsets":\#(second)}}"#,
        data: data)
      #expect(throws: FormatError.self) { try SafetensorsFile(contentsOf: path) }
    }
  }

  @Test(arguments: [100_000_001, 1 << 32, UInt64.max, UInt64(Int.max), 3])
  func refusesHeaderLengthsThatDoNotFit(_ length: UInt64) {
    let path = scratch.safetensors("{}", length: length)
    let error = #expect(throws: FormatError.self) { try SafetensorsFile(contentsOf: path) }
    #expect(error?.description.contains("\(length)") == true)
  }

  @Test func saysOfATextThatItIsNone() {
    let path = scratch.file("README.md", Array("# A title, and a text".utf8))
    let error = #expect(throws: FormatError.self) { try SafetensorsFile(contentsOf: path) }
    #expect(
      error?.description
        == "\(path): is no safetensors file: its header does not start with '{'. Give a safetensors file.")
  }

  @Test func refusesWhatIsNoFile() {
    for path in [scratch.folder, "/dev/zero", "/dev/null", scratch.path("absent"), ""] {
      #expect(throws: FormatError.self) { try SafetensorsFile(contentsOf: path) }
    }
    for bytes in [[], [1], [UInt8](repeating: 0, count: 7), [UInt8](repeating: 0, count: 8)] {
      let path = scratch.file("short", bytes)
      #expect(throws: FormatError.self) { try SafetensorsFile(contentsOf: path) }
    }
  }

  @Test func deepNestingIsRefusedWithoutRecursion() {
    let path = scratch.safetensors("{\"a\":" + String(repeating: "[{", count: 500_000))
    #expect(throws: FormatError.self) { try SafetensorsFile(contentsOf: path) }
  }

  /// Any byte of a header may be anything: the outcome is an error or a file, never a trap.
  @Test func mutatedHeadersNeverTrap() throws {
    let header = Array(
      #"{"__metadata__":{"k":"\u00e9"},"a":{"dtype":"F32","shape":[2,1],"data_offsets":[0,8]}}"#.utf8)
    var random = CounterRandom(seed: 1, purpose: .test)
    let alphabet = Array("{}[]\",:0123456789-.eEud\\ \u{e9}".utf8)
    for _ in 0..<20_000 {
      var mutated = header
      for _ in 0...random.integer(below: 3) {
        let at = random.integer(below: mutated.count)
        switch random.integer(below: 3) {
        case 0: mutated[at] = alphabet[random.integer(below: alphabet.count)]
        case 1: mutated.remove(at: at)
        default: mutated.insert(UInt8(random.integer(below: 256)), at: at)
        }
      }
      if let header = try? SafetensorsHeader(mutated, dataByteCount: 8) {
        #expect(header.tensors.map(\.range.count).reduce(0, +) == 8)
      }
    }
  }
}
