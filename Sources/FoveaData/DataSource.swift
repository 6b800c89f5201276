/// The images to train on and those to validate with. Both have the same classes in the same order.
public struct DataSplit: Sendable {
  public let training: ImageSource
  public let validation: ImageSource
  /// Where the validation images come from, for people: "val", "test", or "20 % of the training images, by name".
  public let validationOrigin: String
}

/// How a data set is stored.
public enum DataFormat: String, Codable, CaseIterable, Sendable {
  /// Whichever the folder looks like.
  case auto
  /// A folder per class.
  case folders
  /// MNIST's pairs of files.
  case idx
  /// CIFAR-10's binary version.
  case cifar
}

/// Which part of a data set validates, or is evaluated.
public enum DataPart: String, Codable, CaseIterable, Sendable {
  /// To validate: `val`, else `test`, else a share of the training images. To evaluate: `test`, else `val`, else
  /// all images of the tree.
  case auto
  case train
  case val
  case test
  /// A share of the training images, by a hash of their names.
  case split
}

/// A data set on disk: finds out what it is and reads its lists of images.
public struct DataSource: Sendable {
  public let root: RawPath
  public let format: DataFormat
  private let classNames: [String]?

  /// - Parameters:
  ///   - root: a folder with `train` and `val` or `test`, each with a folder per class; a folder with a folder per
  ///     class; a folder with MNIST's or CIFAR-10's files; or one file of MNIST's images or CIFAR-10's records.
  ///   - classNames: for IDX, which has none: the names of labels 0, 1, ….
  public init(_ root: RawPath, format: DataFormat = .auto, classNames: [String]? = nil) throws(DataError) {
    self.root = root
    self.classNames = classNames
    switch FileSystem.status(of: root) {
    case .failure(let error): throw error.dataError(root)
    case .success: self.format = format == .auto ? Self.guessedFormat(root) : format
    }
  }

  /// Images to train on, and images to validate with that are not among them.
  public func split(validation part: DataPart = .auto, _ rule: HashSplit) throws(DataError) -> DataSplit {
    let training = try trainingSource()
    try requireClasses(training)
    let candidates: [DataPart] = part == .auto ? [.val, .test] : [part]
    for candidate in candidates where candidate != .split {
      guard candidate != .train else {
        throw DataError(
          .invalidSetting, "validation", found: "train", expected: "auto, val, test or split",
          remedy: "Images that were trained on say nothing about others.")
      }
      if let validation = try source(candidate) {
        return DataSplit(
          training: training, validation: try validation.relabelled(to: training.classes),
          validationOrigin: candidate.rawValue)
      }
    }
    guard part == .auto || part == .split else { throw missing(part) }
    return try split(training, rule)
  }

  /// The images of one part, labelled as the model's classes are.
  ///
  /// - Parameters:
  ///   - classes: the model's, in the order of its logits.
  ///   - rule: how `.split` splits.
  ///   - trainedOnRest: whether the model was trained on what `rule` leaves of this data set. Without parts of their
  ///     own to evaluate, `.auto` then takes what was set aside: accuracy on images that were trained on flatters.
  public func evaluation(
    _ part: DataPart = .auto, classes: [String], _ rule: HashSplit? = nil, trainedOnRest: Bool = false
  ) throws(DataError) -> ImageSource {
    try chosen(part, rule, trainedOnRest).relabelled(to: classes)
  }

  private func chosen(
    _ part: DataPart, _ rule: HashSplit?, _ trainedOnRest: Bool
  ) throws(DataError) -> ImageSource {
    switch part {
    case .auto:
      if let test = try source(.test) { return test }
      if let validation = try source(.val) { return validation }
      return trainedOnRest ? try setAside(rule) : try wholeTree(for: .evaluation)
    case .split: return try setAside(rule)
    case .train, .val, .test:
      guard let found = try source(part) else { throw missing(part) }
      return found
    }
  }

  private func setAside(_ rule: HashSplit?) throws(DataError) -> ImageSource {
    var setAside = try HashSplit()
    if let rule { setAside = rule }
    let validation = try split(try trainingSource(), setAside).validation
    return validation.named("\(validation.name), the \(percentText(setAside.fraction)) set aside to validate")
  }

  private func trainingSource() throws(DataError) -> ImageSource {
    if let training = try source(.train) { return training }
    return try wholeTree(for: .training)
  }

  private func split(_ training: ImageSource, _ rule: HashSplit) throws(DataError) -> DataSplit {
    let indices = rule.indices(of: training)
    guard !indices.validation.isEmpty else {
      throw DataError(
        .noImages, root.description, found: "one image per class, so none to validate with",
        expected: "at least two in a class", remedy: "Add images.")
    }
    return DataSplit(
      training: training.subset(indices.training), validation: training.subset(indices.validation),
      validationOrigin: "\(percentText(rule.fraction)) of the training images, by name")
  }

  private func requireClasses(_ source: ImageSource) throws(DataError) {
    guard source.classes.count > 1 else {
      throw DataError(
        .tooFewClasses, source.name, found: "one class, '\(source.classes.first ?? "")'",
        expected: "at least two",
        remedy: "Add a folder for each further class.")
    }
  }

  private func missing(_ part: DataPart) -> DataError {
    DataError(
      .missing, root.description, found: "no '\(part.rawValue)' part",
      remedy: "Add it, or choose another part.")
  }
}

// MARK: - Formats

extension DataSource {
  enum Use { case training, evaluation }

  private static func guessedFormat(_ root: RawPath) -> DataFormat {
    guard FileSystem.isFolder(root) else {
      if let start = try? FileSystem.readPrefix(root, count: 4), looksLikeIDX(start) { return .idx }
      return root.lowercasedExtension == "bin" ? .cifar : .folders
    }
    if !CIFARBinary.trainingFiles(in: root).isEmpty || CIFARBinary.testFile(in: root) != nil { return .cifar }
    if IDX.pair(in: root, prefixes: ["train", "t10k", "test"]) != nil { return .idx }
    return .folders
  }

  private static func looksLikeIDX(_ start: [UInt8]) -> Bool {
    Gunzip.isGzip(start) || start.starts(with: [0, 0, 8])
  }

  /// A part that has files of its own; nil where there is none.
  ///
  /// - Parameter allowsEmptyClasses: by default, not to train on.
  func source(_ part: DataPart, allowsEmptyClasses: Bool? = nil) throws(DataError) -> ImageSource? {
    guard FileSystem.isFolder(root) else { return nil }
    switch format {
    case .idx:
      let prefixes: [String]? =
        switch part {
        case .train: ["train"]
        case .val: ["val", "validation"]
        case .test: ["t10k", "test"]
        case .auto, .split: nil
        }
      guard let prefixes, let pair = IDX.pair(in: root, prefixes: prefixes) else { return nil }
      return try IDX.load(images: pair.images, labels: pair.labels, classNames: classNames)
    case .cifar:
      let names = root.appending(CIFARBinary.namesFile)
      if part == .train {
        let files = CIFARBinary.trainingFiles(in: root)
        return files.isEmpty ? nil : try CIFARBinary.load(files, names: names)
      }
      guard part == .test, let file = CIFARBinary.testFile(in: root) else { return nil }
      return try CIFARBinary.load([file], names: names)
    case .folders, .auto:
      guard let folder = try partFolder(part) else { return nil }
      return try ClassFolders.scan(folder, allowsEmptyClasses: allowsEmptyClasses ?? (part != .train))
    }
  }

  /// All that is there, where there are no parts.
  func wholeTree(for use: Use) throws(DataError) -> ImageSource {
    let isFolder = FileSystem.isFolder(root)
    switch format {
    case .folders, .auto:
      if use == .evaluation, let folder = try partFolder(.train) {
        return try ClassFolders.scan(folder, allowsEmptyClasses: true)
      }
      return try ClassFolders.scan(root, allowsEmptyClasses: use == .evaluation)
    case .idx:
      if !isFolder {
        return try IDX.load(images: root, labels: try IDX.labels(beside: root), classNames: classNames)
      }
      if use == .evaluation, let training = try source(.train) { return training }
      throw missingFiles("train-images-idx3-ubyte and train-labels-idx1-ubyte, or both with .gz")
    case .cifar:
      if !isFolder {
        return try CIFARBinary.load([root], names: root.parent.appending(CIFARBinary.namesFile))
      }
      if use == .evaluation, let training = try source(.train) { return training }
      throw missingFiles("data_batch_1.bin and so on")
    }
  }

  private func missingFiles(_ expected: String) -> DataError {
    DataError(
      .missing, root.description, found: "no training files", expected: expected, remedy: "Check the path.")
  }

  /// `train`, `val` or `test` below the root, where it holds class folders.
  ///
  /// A tree whose *classes* are named so has no folders in them, or no `train`.
  private func partFolder(_ part: DataPart) throws(DataError) -> RawPath? {
    let names =
      switch part {
      case .train: ["train"]
      case .val: ["val", "valid", "validation"]
      case .test: ["test"]
      case .auto, .split: [String]()
      }
    let folders = names.map { root.appending($0) }.filter(Self.holdsFolders)
    guard folders.count < 2 else {
      throw DataError(
        .malformed, root.description, found: "both \(folders[0]) and \(folders[1])",
        expected: "one folder to validate with", remedy: "Remove or rename one.")
    }
    return folders.first
  }

  private static func holdsFolders(_ folder: RawPath) -> Bool {
    guard case .success(let entries) = FileSystem.entries(of: folder) else { return false }
    return entries.contains { entry in
      guard !FolderWalk.isHidden(entry.name), case .success(let status) = entry.status else { return false }
      return status.kind == .folder
    }
  }
}
