extension DataSource {
  /// A part of a data set as it stands on disk, with its own list of classes.
  public struct Part: Sendable {
    /// `train`, `val` or `test`.
    public let name: String
    /// Where it comes from, for people: a folder, or a share of another part.
    public let origin: String
    public let source: ImageSource
  }

  /// Everything that there is, part by part, for looking at it.
  ///
  /// Unlike `split`, it takes what training would refuse: a single class, classes without images, classes that only one
  /// part has.
  ///
  /// - Parameters:
  ///   - validation: as for `split`: whether a share of the training images validates even where there is a part.
  ///   - rule: which share.
  public func parts(validation: DataPart = .auto, _ rule: HashSplit) throws(DataError) -> [Part] {
    var training: ImageSource
    if let found = try source(.train, allowsEmptyClasses: true) {
      training = found
    } else {
      training = try wholeTree(for: .evaluation)
    }
    var others: [Part] = []
    for part in [DataPart.val, .test] {
      guard let source = try source(part, allowsEmptyClasses: true) else { continue }
      others.append(Part(name: part.rawValue, origin: source.name, source: source))
    }
    var origin = training.name
    if validation == .split || others.isEmpty {
      let indices = rule.indices(of: training)
      let share = "\(percentText(rule.fraction)) of the training images, by name"
      if !indices.validation.isEmpty {
        others.removeAll { $0.name == DataPart.val.rawValue }
        others.insert(
          Part(name: DataPart.val.rawValue, origin: share, source: training.subset(indices.validation)), at: 0
        )
        origin = "the rest of \(training.name)"
        training = training.subset(indices.training)
      }
    }
    return [Part(name: DataPart.train.rawValue, origin: origin, source: training)] + others
  }
}
