/// How a resized image's pixels are made from the source's.
public enum ResizeFilter: String, CaseIterable, Codable, Sendable {
  /// A triangle as wide as two pixels of the coarser of both grids: linear interpolation when enlarging, a weighted
  /// average over the area when shrinking.
  case bilinear
  /// Keys' cubic with a = −0.5 over four pixels of the coarser of both grids.
  case bicubic
  /// The source pixel under the centre of the output pixel.
  case nearest

  /// Half of the filter's width, in pixels of the coarser grid.
  var support: Double {
    switch self {
    case .bilinear: 1
    case .bicubic: 2
    case .nearest: 0
    }
  }

  func weight(at distance: Double) -> Double {
    let x = abs(distance)
    switch self {
    case .bilinear:
      return x < 1 ? 1 - x : 0
    case .bicubic:
      let a = -0.5
      if x < 1 { return ((a + 2) * x - (a + 3)) * x * x + 1 }
      if x < 2 { return (((x - 5) * x + 8) * x - 4) * a }
      return 0
    case .nearest:
      return x < 0.5 ? 1 : 0
    }
  }
}

/// What each output sample along one axis is made of: a run of source samples and their weights.
///
/// Sample centres lie at half-integers on both grids. When shrinking, the filter is stretched by the shrink factor, so
/// that every source sample counts; weights add up to one. The arithmetic follows Pillow's `precompute_coeffs`, so
/// the fixed-point weights equal its weights.
struct Resampling {
  /// The first source sample of each output sample.
  let starts: [Int32]
  /// How many source samples make each output sample.
  let counts: [Int32]
  /// `stride` weights for each output sample, zeros after its `counts`.
  let weights: [Double]
  let stride: Int

  /// - Parameters:
  ///   - inSize: samples of the source.
  ///   - from, to: the part of the source, in samples, that the output shows.
  ///   - outSize: samples of the output.
  ///   - outputs: those of them that are asked for; all by default. The arrays begin with the first of these.
  init(
    inSize: Int, from: Double, to: Double, outSize: Int, filter: ResizeFilter, outputs: Range<Int>? = nil
  ) {
    let scale = (to - from) / Double(outSize)
    guard filter != .nearest else {
      starts = Self.nearest(inSize: inSize, from: from, scale: scale, outSize: outSize)
      counts = [Int32](repeating: 1, count: outSize)
      weights = [Double](repeating: 1, count: outSize)
      stride = 1
      return
    }
    let stretch = max(scale, 1)
    let support = filter.support * stretch
    stride = Self.stride(support: support, inSize: inSize)
    let outputs = outputs ?? 0..<outSize
    var starts = [Int32](repeating: 0, count: outputs.count)
    var counts = starts
    var weights = [Double](repeating: 0, count: outputs.count * stride)
    let inverse = 1 / stretch
    for (i, output) in outputs.enumerated() {
      let center = from + (Double(output) + 0.5) * scale
      if center <= 0 || center >= Double(inSize) {
        // Outside, the edge goes on.
        starts[i] = center <= 0 ? 0 : Int32(inSize - 1)
        counts[i] = 1
        weights[i * stride] = 1
        continue
      }
      let start = min(max(Int(center - support + 0.5), 0), inSize - 1)
      let end = max(min(Int(center + support + 0.5), inSize), start + 1)
      var sum = 0.0
      for k in 0..<end - start {
        let weight = filter.weight(at: (Double(k + start) - center + 0.5) * inverse)
        weights[i * stride + k] = weight
        sum += weight
      }
      if sum != 0 { for k in 0..<end - start { weights[i * stride + k] /= sum } }
      starts[i] = Int32(start)
      counts[i] = Int32(end - start)
    }
    self.starts = starts
    self.counts = counts
    self.weights = weights
  }

  /// No output sample is made of more than the whole source.
  private static func stride(support: Double, inSize: Int) -> Int {
    min(Int(support.rounded(.up)) * 2 + 1, inSize)
  }

  /// The output samples in runs, each of which takes about `limit` bytes for its weights and what its source samples take
  /// besides: a source a million samples long would otherwise take as much memory as its whole image.
  static func runs(
    inSize: Int, from: Double, to: Double, outSize: Int, filter: ResizeFilter, bytesPerSource: Int,
    limit: Int = 8 << 20
  ) -> [Range<Int>] {
    let scale = max((to - from) / Double(outSize), 1)
    let weights = stride(support: filter.support * scale, inSize: inSize)
    let bytes = weights * 12 + Int(scale) * bytesPerSource
    let length = max(limit / bytes, 1)
    return Swift.stride(from: 0, to: outSize, by: length).map { $0..<min($0 + length, outSize) }
  }

  /// The source sample under each output sample's centre; steps are added up as Pillow does, so that centres on the
  /// border of two samples fall on the same side.
  private static func nearest(inSize: Int, from: Double, scale: Double, outSize: Int) -> [Int32] {
    var center = from + scale * 0.5
    return (0..<outSize).map { _ in
      defer { center += scale }
      return Int32(min(max(Int(center), 0), inSize - 1))
    }
  }

  /// The source samples that any output sample needs.
  var sourceRange: Range<Int> {
    var low = Int.max
    var high = 0
    for i in starts.indices {
      low = min(low, Int(starts[i]))
      high = max(high, Int(starts[i] + counts[i]))
    }
    return low..<high
  }

  /// The weights as integers, 2²² for one, rounded half away from zero.
  var fixedPoint: [Int32] {
    weights.map { weight in
      let scaled = weight * 4_194_304
      return Int32(scaled < 0 ? scaled - 0.5 : scaled + 0.5)
    }
  }
}
