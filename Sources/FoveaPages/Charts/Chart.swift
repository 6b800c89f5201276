/// A drawing with axes, or a matrix, that has a title.
public protocol Chart {
  var title: String { get }
  /// Without the title, which only those hear who do not see the drawing.
  var html: HTML { get }
}

extension Chart {
  /// The drawing under its title, and a word on how to read it.
  public func figure(caption: String = "") -> HTML { .figure(title, html, caption: caption) }
}
