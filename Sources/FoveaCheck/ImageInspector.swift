import FoveaData
import FoveaImage

/// Reads one image and measures it. Used from several threads at once.
struct ImageInspector: Sendable {
  let thresholds: CheckThresholds

  func facts(of sample: Sample, in source: ImageSource, at index: Int) -> ImageFacts {
    guard case .file(let path) = sample.location else {
      do throws(DataError) {
        let loaded = try source.image(at: index)
        var facts = ImageFacts()
        measure(loaded.image, &facts, width: loaded.originalWidth, height: loaded.originalHeight)
        return facts
      } catch {
        return ImageFacts(unreadable: error.found)
      }
    }
    let bytes: [UInt8]
    do throws(DataError) {
      bytes = try ImageFiles.bytes(of: path)
    } catch {
      return ImageFacts(unreadable: error.found)
    }
    return facts(of: bytes, path)
  }

  /// How images are decoded here: large JPEGs at a fraction of their size, as training does.
  static func options(allowsTruncated: Bool = false) -> DecodeOptions {
    var options = DecodeOptions()
    options.allowTruncated = allowsTruncated
    options.minimumSize = (BlurEffect.side, BlurEffect.side)
    return options
  }

  private func facts(of bytes: [UInt8], _ path: RawPath) -> ImageFacts {
    let name = path.description
    var facts = ImageFacts()
    let decoded: DecodedImage
    do throws(ImageError) {
      decoded = try Image.decode(bytes, name: name, options: Self.options())
    } catch {
      guard error.kind == .truncated || error.kind == .corrupt,
        let part = try? Image.decode(bytes, name: name, options: Self.options(allowsTruncated: true))
      else { return ImageFacts(unreadable: error.found) }
      facts.traits.insert(.damaged)
      facts.remark = error.found
      decoded = part
    }
    if let header = try? Image.header(of: bytes, name: name) { note(header, path, &facts) }
    measure(decoded.image, &facts, width: decoded.originalWidth, height: decoded.originalHeight)
    return facts
  }

  private func note(_ header: ImageHeader, _ path: RawPath, _ facts: inout ImageFacts) {
    if header.orientation != .upright { facts.traits.insert(.oriented) }
    if header.hasAlpha { facts.traits.insert(.alpha) }
    if header.colorModel == .cmyk { facts.traits.insert(.cmyk) }
    if header.bitsPerSample > 8 { facts.traits.insert(.sixteenBit) }
    let known: Set<String> = header.format == .png ? ["png", "apng"] : ["jpg", "jpeg", "jpe", "jfif"]
    if !known.contains(path.lowercasedExtension) {
      facts.traits.insert(.wrongExtension)
      if facts.remark == nil {
        facts.remark = header.format == .png ? "a PNG file by its content" : "a JPEG file by its content"
      }
    }
  }

  /// - Parameters:
  ///   - width: of the original, upright.
  ///   - height: of the original, upright.
  private func measure(_ image: Image, _ facts: inout ImageFacts, width: Int, height: Int) {
    (facts.width, facts.height) = (width, height)
    facts.digest = PixelDigest(image, width: width, height: height)
    let longer = max(image.width, image.height)
    var small = image
    if longer > BlurEffect.side {
      let factor = Double(BlurEffect.side) / Double(longer)
      small = image.resized(
        width: max(1, Int((Double(image.width) * factor).rounded())),
        height: max(1, Int((Double(image.height) * factor).rounded())))
    }
    let statistics = PixelStatistics(small)
    facts.mean = statistics.mean
    if statistics.isGray { facts.traits.insert(.gray) }
    facts.hash = PerceptualHash(small.resized(width: PerceptualHash.side, height: PerceptualHash.side))
    if statistics.channelDeviation < thresholds.constantDeviation {
      facts.traits.insert(.constant)
    } else if Float(statistics.bright) <= thresholds.darkLevel {
      facts.traits.insert(.dark)
    }
    guard min(small.width, small.height) >= thresholds.blurredSide else { return }
    facts.blur = BlurEffect.measure(small)
    if facts.blur >= thresholds.blurEffect, facts.traits.isDisjoint(with: [.constant, .dark]) {
      facts.traits.insert(.blurred)
    }
  }
}
