import FoveaImage

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

/// Where a link leads or a picture is: never a place on the network, and never a script.
public struct Reference: Hashable, Sendable {
  let text: String

  /// A file beside the page or below it.
  ///
  /// - Parameter path: its parts are separated by "/"; any bytes, UTF-8 or not. Relative to the page's folder: a
  ///   leading "/" is dropped.
  public static func file(_ path: [UInt8]) -> Reference {
    // "./" keeps a name such as "javascript:x" from being read as a scheme.
    var text = "./"
    for byte in path.drop(while: { $0 == UInt8(ascii: "/") }) {
      switch byte {
      case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
        UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"),
        UInt8(ascii: "~"), UInt8(ascii: "/"):
        text.unicodeScalars.append(Unicode.Scalar(byte))
      default:
        text += "%" + (byte < 16 ? "0" : "") + String(byte, radix: 16, uppercase: true)
      }
    }
    return Reference(text: text)
  }

  public static func file(_ path: String) -> Reference { file(Array(path.utf8)) }

  /// A place on the same page.
  public static func place(_ id: StaticString) -> Reference { Reference(text: "#\(id)") }

  /// A picture within the page, as PNG: without loss, for drawings and maps.
  public static func png(_ image: Image) throws(ImageError) -> Reference {
    Reference(text: "data:image/png;base64," + base64(try image.pngData()))
  }

  /// A picture within the page, as JPEG: small, for photographs.
  public static func jpeg(_ image: Image, quality: Int = 82) throws(ImageError) -> Reference {
    Reference(text: "data:image/jpeg;base64," + base64(try image.jpegData(quality: quality)))
  }

  /// The reference as a page's own data holds it, for scripts.
  public var url: String { text }

  private static func base64(_ bytes: [UInt8]) -> String { Data(bytes).base64EncodedString() }
}
