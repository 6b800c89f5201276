import FoveaImage
import Synchronization

/// The decoded images that a loader keeps, and the files that it found unreadable.
final class LoaderStore: Sendable {
  private struct State {
    var images: [Image?]
    var errors: [Int: DataError] = [:]
    var imageCount = 0
    var bytes = 0
    var bad: [BadSample] = []
    var badIndices: Set<Int> = []
  }

  private let source: ImageSource
  private let augmenter: Augmenter
  private let configuration: LoaderConfiguration
  private let request: ImageRequest
  private let state: Mutex<State>

  /// What an array takes besides its elements.
  private static let overhead = 64

  init(source: ImageSource, augmenter: Augmenter, configuration: LoaderConfiguration) {
    self.source = source
    self.augmenter = augmenter
    self.configuration = configuration
    request = augmenter.request(allowsTruncated: configuration.allowsTruncated)
    state = Mutex(State(images: Array(repeating: nil, count: source.count)))
  }

  var badSamples: [BadSample] { state.withLock { $0.bad } }

  var usage: (images: Int, bytes: Int) { state.withLock { ($0.imageCount, $0.bytes) } }

  /// A sample's image as the augmenter keeps it: from memory, or decoded now and kept if there is room.
  func image(at index: Int) -> Result<Image, DataError> {
    let known: Result<Image, DataError>? = state.withLock { state in
      if let image = state.images[index] { return .success(image) }
      return state.errors[index].map { .failure($0) }
    }
    if let known { return known }
    do {
      let image = augmenter.stored(try source.image(at: index, request))
      keep(image, at: index)
      return .success(image)
    } catch {
      state.withLock { $0.errors[index] = error }
      return .failure(error)
    }
  }

  private func keep(_ image: Image, at index: Int) {
    let bytes = image.pixels.count + Self.overhead
    state.withLock { state in
      guard state.images[index] == nil, state.bytes + bytes <= configuration.cacheBudget else { return }
      state.images[index] = image
      state.imageCount += 1
      state.bytes += bytes
    }
  }

  /// Takes down the unreadable files of a batch that goes to the consumer.
  ///
  /// They are counted there and not where they are found, so that the run stops at the same batch for any number of
  /// threads.
  func count(_ skipped: [BadSample]) throws(DataError) {
    let tooMany: DataError? = state.withLock { state in
      for sample in skipped where state.badIndices.insert(sample.index).inserted { state.bad.append(sample) }
      let limit = configuration.maxBad * Double(source.count)
      guard !skipped.isEmpty, Double(state.bad.count) > limit else { return nil }
      return tooManyBad(state.bad)
    }
    if let tooMany { throw tooMany }
  }

  private func tooManyBad(_ bad: [BadSample]) -> DataError {
    let listed = bad.prefix(5).map(\.error.description).joined(separator: "\n  ")
    let more = bad.count > 5 ? "\n  and \(bad.count - 5) more" : ""
    return DataError(
      .tooManyBadFiles, source.name,
      found: "\(bad.count) of \(source.count) images could not be read",
      expected: "at most \(percentText(configuration.maxBad)) (max_bad)",
      remedy: "Repair or remove them, or raise max_bad:\n  \(listed)\(more)")
  }
}
