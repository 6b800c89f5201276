import FoveaImage
import FoveaTensor
import Testing

@testable import FoveaData

@Suite struct BatchOrderTests {
  @Test func everySampleComesOnceInAnOrderOfItsEpoch() {
    let order = BatchOrder(sampleCount: 103, batchSize: 10, shuffleSeed: 5)
    #expect(order.batchesPerEpoch == 11)
    #expect(order.samples(epoch: 0).sorted() == Array(0..<103))
    #expect(order.samples(epoch: 0) != order.samples(epoch: 1))
    #expect(order.samples(epoch: 1) == order.samples(epoch: 1))
    #expect(order.places(ofBatch: 10) == 100..<103)
    #expect(BatchOrder(sampleCount: 103, batchSize: 10, dropsLast: true).batchesPerEpoch == 10)
    #expect(BatchOrder(sampleCount: 3, batchSize: 10).samples(epoch: 9) == [0, 1, 2])
  }
}

@Suite struct BatchLoaderTests {
  /// Images whose red level is their index, labelled by index modulo 3.
  private static func numbered(_ count: Int, side: Int = 6) -> ImageSource {
    let images = (0..<count).map { index in
      var image = Image.pattern(side, side, seed: index)
      for i in stride(from: 0, to: image.pixels.count, by: 3) { image.pixels[i] = UInt8(index) }
      return image
    }
    return ImageSource(
      name: "numbered", classes: ["a", "b", "c"], images: images, labels: (0..<count).map { $0 % 3 })
  }

  private static let plain = Preparation(width: 6, height: 6, mean: [0, 0, 0], std: [1, 1, 1])

  private static let everything = AugmentationConfiguration(
    randomResizedCrop: .init(), padAndCrop: 1, horizontalFlip: 0.5, rotation: 15,
    colorJitter: .init(brightness: 0.4, contrast: 0.4, saturation: 0.4, hue: 0.1),
    randomErasing: .init(probability: 0.5))

  private func collect(_ batches: EpochBatches) throws -> [Batch] {
    var result: [Batch] = []
    while let batch = try batches.next() { result.append(batch) }
    return result
  }

  private func expectSame(_ a: [Batch], _ b: [Batch], sourceLocation: SourceLocation = #_sourceLocation) {
    #expect(a.map(\.position) == b.map(\.position), sourceLocation: sourceLocation)
    #expect(a.map(\.indices) == b.map(\.indices), sourceLocation: sourceLocation)
    #expect(a.map(\.labels) == b.map(\.labels), sourceLocation: sourceLocation)
    #expect(a.map(\.images.scalars) == b.map(\.images.scalars), sourceLocation: sourceLocation)
    #expect(a.map(\.skipped) == b.map(\.skipped), sourceLocation: sourceLocation)
  }

  @Test func evaluationKeepsTheOrderAndChangesNothing() throws {
    let source = Self.numbered(10)
    let loader = try BatchLoader(
      source, preparation: Self.plain, augmentation: Self.everything, configuration: .init(batchSize: 4))
    let batches = try collect(loader.epoch(0))
    #expect(batches.map(\.indices) == [[0, 1, 2, 3], [4, 5, 6, 7], [8, 9]])
    for batch in batches {
      #expect(batch.images.shape == [batch.count, 6, 6, 3])
      for (row, index) in batch.indices.enumerated() {
        #expect(batch.labels[row] == Int32(index % 3))
        let expected = Self.plain.apply(try source.image(at: index).image)
        #expect(batch.images.slice(row..<(row + 1)).scalars == expected)
      }
    }
  }

  @Test func everyImageComesOnceWithItsOwnLabel() throws {
    let loader = try BatchLoader(
      Self.numbered(50), preparation: Self.plain, configuration: .init(batchSize: 8, seed: 1))
    for epoch in 0..<3 {
      let batches = try collect(loader.epoch(epoch))
      #expect(batches.flatMap(\.indices).sorted() == Array(0..<50))
      for batch in batches {
        for (row, index) in batch.indices.enumerated() {
          #expect(batch.images[row * 108] == Float(index) / 255)
          #expect(batch.labels[row] == Int32(index % 3))
        }
      }
    }
  }

  @Test func theLastBatchMayBeDropped() throws {
    let loader = try BatchLoader(
      Self.numbered(50), preparation: Self.plain, configuration: .init(batchSize: 8, dropsLast: true, seed: 1)
    )
    #expect(try collect(loader.epoch(0)).map(\.count) == [8, 8, 8, 8, 8, 8])
  }

  @Test(arguments: [1, 2, 4, 7]) func threadsAndCacheChangeNoBit(threads: Int) throws {
    let source = Self.numbered(60, side: 15)
    func run(_ threads: Int, cache: Int, prefetch: Int) throws -> [Batch] {
      let loader = try BatchLoader(
        source, preparation: Self.plain, augmentation: Self.everything,
        configuration: .init(
          batchSize: 16, seed: 11, threads: threads, prefetch: prefetch, cacheBudget: cache))
      return try (0..<2).flatMap { try collect(loader.epoch($0)) }
    }
    let expected = try run(1, cache: 0, prefetch: 1)
    #expect(expected[0].images.scalars != expected[4].images.scalars)
    expectSame(try run(threads, cache: 1 << 30, prefetch: 5), expected)
    expectSame(try run(threads, cache: 10_000, prefetch: 2), expected)
  }

  @Test func anEpochCanBeTakenUpAnywhere() throws {
    let source = Self.numbered(60, side: 15)
    func loader() throws -> BatchLoader {
      try BatchLoader(
        source, preparation: Self.plain, augmentation: Self.everything,
        configuration: .init(batchSize: 7, seed: 11, threads: 2))
    }
    let whole = try collect(loader().epoch(4))
    for position in [0, 1, 5, 8, 9] {
      expectSame(try collect(loader().epoch(4, from: position)), Array(whole[position...]))
    }
  }

  @Test func theCacheKeepsToItsBudget() throws {
    let loader = try BatchLoader(
      Self.numbered(60), preparation: Self.plain, configuration: .init(batchSize: 10, cacheBudget: 3000))
    _ = try collect(loader.epoch(0))
    #expect(loader.cache.bytes <= 3000 && loader.cache.images == 3000 / (108 + 64))
  }

  @Test func waitingIsMeasured() throws {
    let loader = try BatchLoader(
      Self.numbered(60), preparation: Self.plain, configuration: .init(batchSize: 10))
    let batches = loader.epoch(0)
    #expect(batches.waitFraction == 0)
    while try batches.next() != nil {}
    #expect(batches.waitFraction > 0 && batches.waitFraction <= 1)
    #expect(batches.secondsWaited > 0)
  }

  @Test func settingsOutOfRangeAreErrors() {
    func kind(_ configuration: LoaderConfiguration) -> DataError.Kind? {
      dataError {
        _ = try BatchLoader(Self.numbered(5), preparation: Self.plain, configuration: configuration)
      }?.kind
    }
    #expect(kind(.init(batchSize: 0)) == .invalidSetting)
    #expect(kind(.init(batchSize: 6, dropsLast: true)) == .invalidSetting)
    #expect(kind(.init(batchSize: 2, threads: 0)) == .invalidSetting)
    #expect(kind(.init(batchSize: 2, maxBad: 2)) == .invalidSetting)
    let empty = dataError {
      _ = try BatchLoader(Self.numbered(0), preparation: Self.plain, configuration: .init(batchSize: 2))
    }
    #expect(empty?.kind == .noImages)
  }

  @Test(.timeLimit(.minutes(1))) func epochsMayBeLeftAndLoadersReleasedAtAnyMoment() throws {
    let source = Self.numbered(200, side: 9)
    for round in 0..<60 {
      let loader = try BatchLoader(
        source, preparation: Self.plain, augmentation: Self.everything,
        configuration: .init(batchSize: 3, seed: UInt64(round), threads: 3, prefetch: 4))
      for epoch in 0..<3 {
        let batches = loader.epoch(epoch)
        for _ in 0..<round % 5 { _ = try batches.next() }
      }
      if round.isMultiple(of: 2) { loader.shutDown() }
    }
  }

  @Test(.timeLimit(.minutes(1))) func anEarlierEpochEndsWhenAnotherBegins() throws {
    let loader = try BatchLoader(
      Self.numbered(60), preparation: Self.plain, configuration: .init(batchSize: 2, seed: 1))
    let first = loader.epoch(0)
    _ = try first.next()
    let second = loader.epoch(1)
    #expect(try first.next() == nil)
    #expect(try collect(second).count == 30)
    loader.shutDown()
    #expect(try second.next() == nil)
  }
}

@Suite struct BadFileTests {
  /// 40 files in two classes, of which those with the given numbers are no images.
  private func folder(bad: Set<Int>) -> TemporaryFolder {
    let folder = TemporaryFolder()
    for index in 0..<40 {
      let name = "\(index % 2 == 0 ? "even" : "odd")/\(index + 100).png"
      if bad.contains(index) {
        folder.write(Array("broken".utf8), name)
      } else {
        folder.write(Image.plain(4, 4, RGB(UInt8(index), 0, 0)), name)
      }
    }
    return folder
  }

  private func loader(
    _ folder: TemporaryFolder, threads: Int = 2, batchSize: Int = 8, maxBad: Double, seed: UInt64? = 3
  ) throws -> BatchLoader {
    try BatchLoader(
      ClassFolders.scan(folder.path),
      preparation: Preparation(width: 4, height: 4, mean: [0, 0, 0], std: [1, 1, 1]),
      configuration: .init(batchSize: batchSize, seed: seed, threads: threads, maxBad: maxBad))
  }

  @Test func aBadFileLeavesItsPlaceEmpty() throws {
    let bad: Set = [5, 6, 31]
    let folder = folder(bad: bad)
    let loader = try loader(folder, maxBad: 0.1)
    for epoch in 0..<3 {
      let batches = loader.epoch(epoch)
      var skipped: Set<String> = []
      while let batch = try batches.next() {
        #expect(batch.count + batch.skipped.count == 8)
        #expect(batch.images.shape[0] == batch.count)
        for (row, index) in batch.indices.enumerated() {
          let name = loader.source.samples[index].name.description
          let number = Int(name.split(separator: "/")[1].prefix(3))! - 100
          #expect(batch.images[row * 48] == Float(number) / 255)
          #expect(batch.labels[row] == Int32(number % 2))
        }
        for sample in batch.skipped {
          #expect(sample.error.kind == .undecodable)
          skipped.insert(loader.source.samples[sample.index].name.description)
        }
      }
      #expect(skipped == ["odd/105.png", "even/106.png", "odd/131.png"])
    }
    #expect(loader.badSamples.count == 3)
  }

  @Test func pastTheLimitTheRunStopsAtTheSameBatch() throws {
    let folder = folder(bad: [3, 4, 20, 33, 39])
    func stop(_ threads: Int) throws -> (Int, DataError?) {
      let batches = try loader(folder, threads: threads, maxBad: 0.05).epoch(0)
      var count = 0
      let error = dataError { while try batches.next() != nil { count += 1 } }
      return (count, error)
    }
    let (batches, error) = try stop(1)
    #expect(error?.kind == .tooManyBadFiles)
    #expect(error?.found.hasSuffix("of 40 images could not be read") == true)
    #expect(error?.expected == "at most 5 % (max_bad)")
    #expect(error?.remedy.contains(".png") == true)
    for threads in [2, 4] {
      let other = try stop(threads)
      #expect(other.0 == batches && other.1 == error)
    }
  }

  @Test func theLimitIsASharePerFileAndNotPerEpoch() throws {
    let folder = folder(bad: [0, 1])
    // 2 of 40 are exactly 5 %: allowed, however many epochs see them.
    let loader = try loader(folder, maxBad: 0.05)
    for epoch in 0..<4 {
      let batches = loader.epoch(epoch)
      while try batches.next() != nil {}
    }
    #expect(loader.badSamples.count == 2)
    #expect(
      dataError {
        let batches = try self.loader(folder, maxBad: 0.049).epoch(0)
        while try batches.next() != nil {}
      }?.kind == .tooManyBadFiles)
  }

  @Test func batchesWithoutAnyImageAreLeftOut() throws {
    let folder = folder(bad: [0, 2, 4, 6])
    let batches = try loader(folder, batchSize: 4, maxBad: 0.5, seed: nil).epoch(0)
    #expect(try batches.next()?.position == 1)
  }

  @Test func userFilesStayAsTheyAre() throws {
    let folder = folder(bad: [1])
    let before = Array(FolderWalk(folder.path))
    let batches = try loader(folder, maxBad: 1).epoch(0)
    while try batches.next() != nil {}
    #expect(Array(FolderWalk(folder.path)) == before)
  }
}
