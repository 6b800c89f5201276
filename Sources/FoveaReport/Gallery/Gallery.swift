import FoveaExplain
import FoveaPages

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif
#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

/// `index.html` of `fovea explain`: all images of a folder of maps on one page, to sort and filter.
///
/// Cards are made by the page's script from the data in it; pictures are files beside it that load when they come into
/// view, so a thousand images open at once.
public struct Gallery: Sendable {
  /// One image.
  public struct Item: Sendable {
    /// Of its pictures: `panels/NAME.png`, `thumbs/NAME.jpg` and so on.
    public var name: String
    /// Of the small picture, in pixels.
    public var width, height: Int
    /// In the order of the gallery's classes.
    public var probabilities: [Float]
    /// The likeliest class.
    public var predicted: Int
    /// The true class, where the image's folder tells it.
    public var truth: Int?
    /// One a block, in the gallery's order.
    public var blocks: [Block]
    /// Of Grad-CAM, as `MapStatistics.entropy`.
    public var gradCAMEntropy: Float

    public init(
      name: String, width: Int, height: Int, probabilities: [Float], predicted: Int, truth: Int?,
      blocks: [Block], gradCAMEntropy: Float
    ) {
      self.name = name
      self.width = width
      self.height = height
      self.probabilities = probabilities
      self.predicted = predicted
      self.truth = truth
      self.blocks = blocks
      self.gradCAMEntropy = gradCAMEntropy
    }
  }

  /// What one block did with one image.
  public struct Block: Sendable {
    /// Of the spatial gate; nil where there is none.
    public var low, high, entropy: Float?
    /// 0 to 1, one a channel; nil where there is none.
    public var channel: [Float]?

    public init(low: Float?, high: Float?, entropy: Float?, channel: [Float]?) {
      self.low = low
      self.high = high
      self.entropy = entropy
      self.channel = channel
    }
  }

  public var model: String
  public var classes: [String]
  public var blocks: [String]
  /// The class that Grad-CAM was asked about; nil: the predicted one.
  public var explainedClass: String?
  /// What the colours' ends stand for, for people.
  public var scale: String
  public var items: [Item]
  /// How faithful the maps are, where that was measured.
  public var scores: [MapScore]

  public init(
    model: String, classes: [String], blocks: [String], explainedClass: String?, scale: String, items: [Item],
    scores: [MapScore] = []
  ) {
    self.model = model
    self.classes = classes
    self.blocks = blocks
    self.explainedClass = explainedClass
    self.scale = scale
    self.items = items
    self.scores = scores
  }

  /// Bars that are drawn of a channel gate; of more channels, neighbours are averaged.
  static let barLimit = 128
  /// Likeliest classes that are told of an image.
  static let topCount = 5

  public var html: String {
    let asked = explainedClass.map { "for \($0)" } ?? "for the predicted class"
    var content = ScorePart.html(scores)
    content += HTML.element(
      "div", [.id("tools")], GalleryPage.tools(hasTruth: items.contains { $0.truth != nil }, scale: scale))
    content += .note(
      "Left the spatial gate of the chosen block, right Grad-CAM \(asked). A map that is the same everywhere is "
        + "gray. Bars: the block's channel gates, 0 to 1. Click on an image for more.")
    content += .element("p", [.id("count"), .class("soft")])
    content += .element("div", [.id("gallery")])
    content += .element("dialog", [.id("detail")])
    content += .element(
      "noscript", [], .note("The gallery needs its script. The pictures are in panels/, overlays/ and maps/.")
    )
    content += .data(id: "gallery-data", json: jsonText(Document(self)))
    return Page(
      title: "Attention maps", subtitle: "\(PageNumber.grouped(items.count)) images, \(model)",
      content: content,
      style: GalleryPage.style, script: GalleryPage.script
    ).html
  }

  /// The page's data, with short names: there may be thousands of images.
  private struct Document: Encodable {
    struct Entry: Encodable {
      /// Name, width and height.
      let n: String
      let w, h: Int
      /// Predicted and true class.
      let p: Int
      let t: Int?
      /// Confidence, loss, and entropy of the probabilities in nats.
      let c: Double
      let l: Double?
      let e: Double
      /// The likeliest classes and their probabilities.
      let q: [[Double]]
      /// Evenness of the maps, Grad-CAM's last; least and greatest value of the gates.
      let s: [Double?]
      let r: [[Double]?]
      /// Channel gates, a byte a bar in base64; how many channels a bar stands for.
      let g: [String?]
      let k: [Int?]
    }
    let classes: [String]
    let blocks: [String]
    let items: [Entry]

    init(_ gallery: Gallery) {
      classes = gallery.classes
      blocks = gallery.blocks
      items = gallery.items.map { item in
        let top = item.probabilities.indices
          .sorted { (item.probabilities[$1], $0) < (item.probabilities[$0], $1) }.prefix(Gallery.topCount)
        let bars = item.blocks.map { $0.channel.map(Gallery.bars) }
        return Entry(
          n: item.name, w: item.width, h: item.height, p: item.predicted, t: item.truth,
          c: rounded(item.probabilities[item.predicted]),
          l: item.truth.map { Gallery.loss(item.probabilities[$0]) },
          e: Gallery.entropy(item.probabilities),
          q: top.map { [Double($0), rounded(item.probabilities[$0])] },
          s: item.blocks.map { $0.entropy.map(rounded) } + [rounded(item.gradCAMEntropy)],
          r: item.blocks.map { block in
            block.low.flatMap { low in block.high.map { [rounded(low), rounded($0)] } }
          },
          g: bars.map { $0?.text }, k: bars.map { $0?.channels })
      }
    }
  }

  /// In nats. A probability that rounds to 0 counts as the least that a Float can be told from it.
  static func loss(_ probability: Float) -> Double {
    (-log(max(Double(probability), 1e-12)) * 1e4).rounded() / 1e4
  }

  static func entropy(_ probabilities: [Float]) -> Double {
    let sum = probabilities.reduce(0.0) { $1 > 0 ? $0 - Double($1) * log(Double($1)) : $0 }
    return (sum * 1e4).rounded() / 1e4
  }

  /// Channel gates as bytes, and how many channels each stands for.
  static func bars(_ gates: [Float]) -> (text: String, channels: Int) {
    let group = (gates.count + barLimit - 1) / barLimit
    let bytes = stride(from: 0, to: gates.count, by: max(1, group)).map { start in
      let part = gates[start..<min(start + group, gates.count)].filter(\.isFinite)
      let mean = part.isEmpty ? 0 : part.reduce(0, +) / Float(part.count)
      return UInt8((min(max(mean, 0), 1) * 255).rounded())
    }
    return (Data(bytes).base64EncodedString(), group)
  }
}

/// To four decimals: what is shown has no more.
private func rounded(_ value: Float) -> Double { (Double(value) * 1e4).rounded() / 1e4 }
