import CFoveaKernels

extension Image {
  /// The image, or a part of it, at another size.
  ///
  /// Half-pixel centres; antialiased when shrinking, since the filter is stretched by the shrink factor. The bytes equal
  /// those of Pillow 13's `Image.resize(…, box:)` with the same filter: one pass along x and one along y, each with
  /// 22-bit fixed-point weights and rounded to 8 bits.
  ///
  /// - Parameters:
  ///   - width: at least 1.
  ///   - height: at least 1.
  ///   - source: the part to show, in this image's pixels, fractions allowed; the whole image by default. It must lie
  ///     inside the image (an excess of up to 1/1000 pixel is cut off) and have an area.
  /// - Precondition: neither image is empty.
  public func resized(
    width newWidth: Int, height newHeight: Int, filter: ResizeFilter = .bilinear, from source: Rect? = nil
  ) -> Image {
    precondition(width > 0 && height > 0, "an image of \(width)×\(height) cannot be resized")
    precondition(newWidth > 0 && newHeight > 0, "cannot resize to \(newWidth)×\(newHeight)")
    let box = checked(source ?? Rect(x: 0, y: 0, width: Double(width), height: Double(height)))
    let isWidthKept = newWidth == width && box.from.x == 0 && box.to.x == Double(width)
    let isHeightKept = newHeight == height && box.from.y == 0 && box.to.y == Double(height)
    if isWidthKept && isHeightKept { return self }
    if filter == .nearest { return sampled(newWidth, newHeight, box.from, box.to) }
    let columns = Axis(inSize: width, from: box.from.x, to: box.to.x, outSize: newWidth, filter: filter)
    let rows = Axis(inSize: height, from: box.from.y, to: box.to.y, outSize: newHeight, filter: filter)
    guard !isHeightKept else { return resampledAlongX(0..<height, columns) }
    guard !isWidthKept else { return resampledAlongY(rows) }
    if isVerticalFirst(newWidth, newHeight) {
      return resampledAlongY(rows).resampledAlongX(0..<newHeight, columns)
    }
    return resampledAlongXThenY(columns, rows)
  }

  /// What is to happen along one axis; see `Resampling`.
  private struct Axis {
    let inSize: Int
    let from, to: Double
    let outSize: Int
    let filter: ResizeFilter

    /// See `Resampling.runs`.
    func runs(bytesPerSource: Int) -> [Range<Int>] {
      Resampling.runs(
        inSize: inSize, from: from, to: to, outSize: outSize, filter: filter, bytesPerSource: bytesPerSource)
    }

    func resampling(_ outputs: Range<Int>) -> Resampling {
      Resampling(
        inSize: inSize, from: from, to: to, outSize: outSize, filter: filter, outputs: outputs)
    }
  }

  /// Width and height of the image when its longer side has so many pixels; none below 1.
  public func size(longerSide: Int) -> (width: Int, height: Int) {
    let factor = Double(longerSide) / Double(max(width, height, 1))
    return (
      max(1, Int((Double(width) * factor).rounded())), max(1, Int((Double(height) * factor).rounded()))
    )
  }

  /// The image, made smaller where its longer side has more than so many pixels.
  public func shrunk(toLongerSide limit: Int) -> Image {
    guard max(width, height) > limit else { return self }
    let size = size(longerSide: limit)
    return resized(width: size.width, height: size.height)
  }

  /// Whether the pass along y comes first, as in Pillow from version 13 on: when the height loses more than twice as
  /// many pixels as the width. The order shows only in how the values between the passes are rounded.
  private func isVerticalFirst(_ newWidth: Int, _ newHeight: Int) -> Bool {
    height > newHeight && height - newHeight > 2 * (width - newWidth)
  }

  private func checked(_ source: Rect) -> (from: Point, to: Point) {
    let slack = 1e-3
    precondition(
      source.x >= -slack && source.y >= -slack && source.maxX <= Double(width) + slack
        && source.maxY <= Double(height) + slack && source.width > 0 && source.height > 0,
      "source rectangle \(source) is empty or not inside \(width)×\(height)")
    return (
      Point(max(source.x, 0), max(source.y, 0)),
      Point(min(source.maxX, Double(width)), min(source.maxY, Double(height)))
    )
  }

  /// Some output rows after the other, so that what lies between the passes stays small.
  private func resampledAlongXThenY(_ columns: Axis, _ rows: Axis) -> Image {
    var pixels: [UInt8] = []
    pixels.reserveCapacity(3 * columns.outSize * rows.outSize)
    for run in rows.runs(bytesPerSource: 3 * columns.outSize) {
      let part = rows.resampling(run)
      // Only rows that the pass along y will read are worth the pass along x.
      let needed = part.sourceRange
      pixels += resampledAlongX(needed, columns).resampledAlongY(part, firstRow: needed.lowerBound).pixels
    }
    return Image(width: columns.outSize, height: rows.outSize, pixels: pixels)
  }

  /// Rows `rows` of the image, resampled along x.
  private func resampledAlongX(_ rows: Range<Int>, _ axis: Axis) -> Image {
    let rowBytes = 3 * axis.outSize
    // A strip of sixteen rows is turned before it is resampled.
    let runs = axis.runs(bytesPerSource: 48)
    let result = [UInt8](unsafeUninitializedCapacity: rowBytes * rows.count) { out, count in
      pixels.withUnsafeBufferPointer { input in
        for run in runs {
          resampleStrips(
            input.baseAddress! + rows.lowerBound * 3 * width, rows.count, axis.resampling(run),
            into: out.baseAddress! + 3 * run.lowerBound, rowBytes)
        }
      }
      count = rowBytes * rows.count
    }
    return Image(width: axis.outSize, height: rows.count, pixels: result)
  }

  /// `rowCount` rows from `input` on, resampled to rows that lie `rowBytes` apart.
  private func resampleStrips(
    _ input: UnsafePointer<UInt8>, _ rowCount: Int, _ columns: Resampling,
    into out: UnsafeMutablePointer<UInt8>, _ rowBytes: Int
  ) {
    let range = columns.sourceRange
    let weights = columns.fixedPoint
    let strip = Int(FK_RESAMPLE_STRIP)
    func rounded(_ bytes: Int) -> Int { (bytes + 255) / 256 * 256 }
    let scratchSize = rounded(48 * range.count) + rounded(48 * columns.starts.count)
    withUnsafeTemporaryAllocation(byteCount: scratchSize, alignment: 64) { scratch in
      for row in stride(from: 0, to: rowCount, by: strip) {
        fk_resample_rows(
          out + row * rowBytes, rowBytes, input + row * 3 * width, 3 * width, min(strip, rowCount - row),
          range.lowerBound, range.upperBound, columns.starts.count, columns.starts, columns.counts, weights,
          columns.stride, scratch.baseAddress!.assumingMemoryBound(to: UInt8.self))
      }
    }
  }

  /// All columns, resampled along y.
  private func resampledAlongY(_ rows: Axis) -> Image {
    var pixels: [UInt8] = []
    pixels.reserveCapacity(3 * width * rows.outSize)
    for run in rows.runs(bytesPerSource: 0) {
      pixels += resampledAlongY(rows.resampling(run), firstRow: 0).pixels
    }
    return Image(width: width, height: rows.outSize, pixels: pixels)
  }

  /// All columns, resampled along y by `rows`, where row 0 of this image is the source's row `firstRow`.
  private func resampledAlongY(_ rows: Resampling, firstRow: Int) -> Image {
    let newHeight = rows.starts.count
    let weights = rows.fixedPoint
    let rowBytes = 3 * width
    let result = [UInt8](unsafeUninitializedCapacity: rowBytes * newHeight) { out, count in
      pixels.withUnsafeBufferPointer { input in
        weights.withUnsafeBufferPointer { weights in
          for y in 0..<newHeight {
            fk_resample_column(
              out.baseAddress! + y * rowBytes,
              input.baseAddress! + (Int(rows.starts[y]) - firstRow) * rowBytes,
              rowBytes, rowBytes, weights.baseAddress! + y * rows.stride, Int(rows.counts[y]))
          }
        }
      }
      count = rowBytes * newHeight
    }
    return Image(width: width, height: newHeight, pixels: result)
  }

  /// The nearest filter: pixels are copied, none is mixed.
  private func sampled(_ newWidth: Int, _ newHeight: Int, _ from: Point, _ to: Point) -> Image {
    let columns = Resampling(inSize: width, from: from.x, to: to.x, outSize: newWidth, filter: .nearest)
      .starts
    let rows = Resampling(inSize: height, from: from.y, to: to.y, outSize: newHeight, filter: .nearest).starts
    let bytes = 3 * newWidth * newHeight
    let result = [UInt8](unsafeUninitializedCapacity: bytes) { out, count in
      pixels.withUnsafeBufferPointer { input in
        var o = 0
        for row in rows {
          let base = Int(row) * 3 * width
          for column in columns {
            let i = base + 3 * Int(column)
            out[o] = input[i]
            out[o + 1] = input[i + 1]
            out[o + 2] = input[i + 2]
            o += 3
          }
        }
      }
      count = bytes
    }
    return Image(width: newWidth, height: newHeight, pixels: result)
  }
}
