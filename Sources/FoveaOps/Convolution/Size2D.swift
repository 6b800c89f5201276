/// A height and a width: of a kernel, a stride, a padding, a dilation.
public struct Size2D: Hashable, Sendable, CustomStringConvertible {
  public var height: Int
  public var width: Int

  public init(height: Int, width: Int) {
    self.height = height
    self.width = width
  }

  /// The same extent both ways.
  public init(_ extent: Int) {
    self.init(height: extent, width: extent)
  }

  public static let zero = Size2D(0)
  public static let one = Size2D(1)

  /// "3×3"
  public var description: String { "\(height)×\(width)" }
}
