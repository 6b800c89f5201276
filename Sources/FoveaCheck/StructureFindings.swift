import FoveaData

/// What is to be said about the classes and the folders rather than the images.
struct StructureFindings {
  private let source: DataSource
  private let parts: [DataSource.Part]
  private let summaries: [CheckReport.Part]
  private let classes: [String]
  private let thresholds: CheckThresholds

  init(
    _ source: DataSource, _ parts: [DataSource.Part], _ summaries: [CheckReport.Part], _ classes: [String],
    _ thresholds: CheckThresholds
  ) {
    self.source = source
    self.parts = parts
    self.summaries = summaries
    self.classes = classes
    self.thresholds = thresholds
  }

  var all: [Finding] {
    [
      missingInTraining, onlyInTraining, emptyClasses, singleClass, partsAsClasses, similarNames, imbalance,
      fewImages, hiddenFolders, outsideClasses, passedBy,
    ]
  }

  private var training: CheckReport.Part { summaries[0] }

  private var missingInTraining: Finding {
    let others = summaries.dropFirst()
    let entries = classes.indices.compactMap { label -> Finding.Entry? in
      guard training.classCounts[label] == 0 else { return nil }
      let places = others.filter { $0.classCounts[label] > 0 }.map {
        "\($0.classCounts[label]) in \($0.name)"
      }
      return Finding.Entry(subject: classes[label], remark: places.joined(separator: ", "))
    }
    return Finding(kind: .missingInTraining, entries: entries)
  }

  private var onlyInTraining: Finding {
    let others = summaries.dropFirst()
    guard !others.isEmpty else { return Finding(kind: .onlyInTraining, entries: []) }
    let entries = classes.indices.compactMap { label -> Finding.Entry? in
      let lacking = others.filter { $0.classCounts[label] == 0 }.map(\.name)
      guard training.classCounts[label] > 0, !lacking.isEmpty else { return nil }
      return Finding.Entry(
        subject: classes[label],
        remark: "\(training.classCounts[label]) to train on, none in \(lacking.joined(separator: " and "))")
    }
    return Finding(kind: .onlyInTraining, entries: entries)
  }

  private var emptyClasses: Finding {
    let empty = ignored.filter { $0.reason == ClassFolders.emptyClass }
    return Finding(kind: .emptyClass, entries: empty.map { Finding.Entry(subject: name($0.path)) })
  }

  private var singleClass: Finding {
    guard classes.count < 2 else { return Finding(kind: .singleClass, entries: []) }
    return Finding(kind: .singleClass, entries: [Finding.Entry(subject: classes.first ?? "none")])
  }

  private var partsAsClasses: Finding {
    let names: Set<String> = ["train", "val", "valid", "validation", "test"]
    let found = classes.filter { names.contains($0.lowercased()) }
    return Finding(kind: .partsAsClasses, entries: found.map { Finding.Entry(subject: $0) })
  }

  /// Names that differ in case, spaces, dashes or underscores alone.
  private var similarNames: Finding {
    var groups: [String: [String]] = [:]
    for name in classes {
      let key = name.lowercased().filter { !$0.isWhitespace && $0 != "_" && $0 != "-" }
      groups[key, default: []].append(name)
    }
    let similar = groups.values.filter { $0.count > 1 }.sorted { $0[0] < $1[0] }
    return Finding(
      kind: .similarNames,
      entries: similar.map {
        Finding.Entry(subject: $0[0], remark: "and " + $0.dropFirst().joined(separator: ", "))
      })
  }

  private var imbalance: Finding {
    let present = classes.indices.filter { training.classCounts[$0] > 0 }
    guard let least = present.min(by: { training.classCounts[$0] < training.classCounts[$1] }),
      let most = present.max(by: { training.classCounts[$0] < training.classCounts[$1] }),
      Double(training.classCounts[most]) >= thresholds.imbalance * Double(training.classCounts[least])
    else { return Finding(kind: .imbalance, entries: []) }
    return Finding(
      kind: .imbalance,
      entries: [
        Finding.Entry(
          subject: classes[least],
          remark:
            "\(training.classCounts[least]) images to train on, '\(classes[most])' has \(training.classCounts[most])"
        )
      ])
  }

  private var fewImages: Finding {
    let few = classes.indices.filter { 1..<max(1, thresholds.fewImages) ~= training.classCounts[$0] }
    return Finding(
      kind: .fewImages,
      entries: few.map {
        Finding.Entry(subject: classes[$0], remark: "\(training.classCounts[$0]) to train on")
      })
  }

  // MARK: Files and folders

  /// Each path once: the parts of a hash split share their list.
  private var ignored: [ImageSource.Ignored] {
    var seen: Set<RawPath> = []
    return parts.flatMap(\.source.ignored).filter { seen.insert($0.path).inserted }
  }

  private var outsideClasses: Finding {
    let images = ignored.filter { $0.reason != ClassFolders.emptyClass && ImageFiles.isNamedAsImage($0.path) }
    return Finding(
      kind: .outsideClasses, entries: images.map { Finding.Entry(subject: name($0.path), remark: $0.reason) })
  }

  private var passedBy: Finding {
    let others = ignored.filter {
      $0.reason != ClassFolders.emptyClass && !ImageFiles.isNamedAsImage($0.path)
    }
    return Finding(
      kind: .passedBy, entries: others.map { Finding.Entry(subject: name($0.path), remark: $0.reason) })
  }

  private var hiddenFolders: Finding {
    guard source.format == .folders || source.format == .auto else {
      return Finding(kind: .hiddenFolder, entries: [])
    }
    let found = HiddenFolders.find(below: source.root)
    return Finding(
      kind: .hiddenFolder,
      entries: found.map {
        Finding.Entry(
          subject: name($0.folder),
          remark: "\($0.images)\($0.isMore ? " or more" : "") \($0.images == 1 ? "image" : "images")")
      })
  }

  private func name(_ path: RawPath) -> String { path.description(below: source.root) }
}
