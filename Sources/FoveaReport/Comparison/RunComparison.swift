import FoveaTrain

/// Two or more runs side by side.
public struct RunComparison {
  public let runs: [RunRecord]
  /// What each run is called here: its name, or its path where names are the same.
  public let labels: [String]
  public let settings: [Setting]
  public let groups: [Group]
  public let pairs: [Pair]
  /// Set-ups with the same seeds as the first one's.
  public let seeded: [Seeded]

  /// A key of the configuration whose values differ.
  public struct Setting: Hashable, Sendable {
    public let key: String
    /// One a run.
    public let values: [String]
  }

  /// Runs whose configurations differ in nothing but the seed.
  public struct Group: Hashable, Sendable {
    /// Places in `runs`.
    public let members: [Int]
  }

  /// Two runs on the same images.
  public struct Pair: Sendable {
    /// Places in `runs`.
    public let first, second: Int
    /// Images that both have answered, with the same truth; 0 where they cannot be compared.
    public let images: Int
    public let bothRight, bothWrong: Int
    public let test: McNemar
    /// What the second run answers differently.
    public let changes: [Change]
    /// Why there is no comparison.
    public let problem: String?
  }

  /// An image with another answer.
  public struct Change: Hashable, Sendable {
    public let name, truth, first, second: String
    public let firstConfidence, secondConfidence: Double
  }

  /// The accuracies of two set-ups, seed by seed.
  public struct Seeded: Sendable {
    /// Places in `groups`.
    public let first, second: Int
    public let seeds: [UInt64]
    /// Of best validation top-1.
    public let top1: PairedDifference
  }

  /// - Precondition: two runs or more.
  public init(_ runs: [RunRecord]) {
    precondition(runs.count > 1)
    self.runs = runs
    let isAmbiguous = Set(runs.map(\.name)).count < runs.count
    labels = runs.map { isAmbiguous ? $0.path : $0.name }
    settings = Self.differences(runs)
    groups = Self.grouped(runs)
    let matches = Self.seedMatches(runs, groups)
    seeded = matches.map { match in
      let differences = match.pairs.map { Self.top1(runs[$0.1]) - Self.top1(runs[$0.0]) }
      return Seeded(
        first: 0, second: match.group, seeds: match.pairs.map { runs[$0.0].configuration.train.seed },
        top1: PairedDifference(differences))
    }
    let chosen = matches.flatMap(\.pairs)
    pairs = (chosen.isEmpty ? runs.indices.dropFirst().map { (0, $0) } : chosen)
      .map { Self.pair($0.0, $0.1, runs) }
  }

  static func top1(_ run: RunRecord) -> Double { run.best?.validation.top1 ?? .nan }

  /// Where the runs write is no difference between them.
  private static func differences(_ runs: [RunRecord]) -> [Setting] {
    ConfigurationKey.all.compactMap { key in
      guard key.section != "output" else { return nil }
      let values = runs.map { key.value(in: $0.configuration).yaml }
      return Set(values).count > 1 ? Setting(key: key.path, values: values) : nil
    }
  }

  private static func grouped(_ runs: [RunRecord]) -> [Group] {
    var keys: [[String]] = []
    var members: [[Int]] = []
    for (place, run) in runs.enumerated() {
      let values = ConfigurationKey.all
        .filter { $0.section != "output" && $0.path != "train.seed" }
        .map { $0.value(in: run.configuration).yaml }
      if let group = keys.firstIndex(of: values) {
        members[group].append(place)
      } else {
        keys.append(values)
        members.append([place])
      }
    }
    return members.map { Group(members: $0) }
  }

  /// For each later group, the runs of the first group and of it that have the same seed.
  private static func seedMatches(
    _ runs: [RunRecord], _ groups: [Group]
  ) -> [(group: Int, pairs: [(Int, Int)])] {
    groups.indices.dropFirst().compactMap { group in
      var rest = groups[group].members
      var pairs: [(Int, Int)] = []
      for first in groups[0].members {
        let seed = runs[first].configuration.train.seed
        guard let place = rest.firstIndex(where: { runs[$0].configuration.train.seed == seed }),
          runs[first].best != nil, runs[rest[place]].best != nil
        else { continue }
        pairs.append((first, rest.remove(at: place)))
      }
      return pairs.isEmpty ? nil : (group, pairs)
    }
  }

  private static func pair(_ first: Int, _ second: Int, _ runs: [RunRecord]) -> Pair {
    func without(_ problem: String) -> Pair {
      Pair(
        first: first, second: second, images: 0, bothRight: 0, bothWrong: 0,
        test: McNemar(onlyFirst: 0, onlySecond: 0), changes: [], problem: problem)
    }
    for run in [runs[first], runs[second]] where run.predictions == nil {
      return without(
        "\(run.path) has no report/predictions.csv: write it with 'fovea report \(run.path) --evaluate'")
    }
    let known = Dictionary(
      runs[second].predictions!.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
    var counts = [[0, 0], [0, 0]]
    var changes: [Change] = []
    for a in runs[first].predictions! {
      guard let b = known[a.name], a.truth == b.truth else { continue }
      counts[a.isRight ? 0 : 1][b.isRight ? 0 : 1] += 1
      if a.predicted != b.predicted {
        changes.append(
          Change(
            name: a.name, truth: a.truth, first: a.predicted, second: b.predicted,
            firstConfidence: a.confidence, secondConfidence: b.confidence))
      }
    }
    let images = counts.joined().reduce(0, +)
    guard images > 0 else { return without("they have no validation image of the same name and class") }
    return Pair(
      first: first, second: second, images: images, bothRight: counts[0][0], bothWrong: counts[1][1],
      test: McNemar(onlyFirst: counts[0][1], onlySecond: counts[1][0]), changes: changes, problem: nil)
  }

  /// A class's recall in every run; nil where a run does not have the class.
  public struct ClassRow: Sendable {
    public let name: String
    public let recall: [Double?]

    /// The greatest difference to the first run.
    public var spread: Double {
      guard let first = recall[0] else { return 0 }
      return recall.compactMap { $0.map { abs($0 - first) } }.max() ?? 0
    }
  }

  /// By how much they differ, most first.
  public var classRows: [ClassRow] {
    var names: [String] = []
    var seen: Set<String> = []
    for name in runs.flatMap(\.classes) where seen.insert(name).inserted { names.append(name) }
    let tables = runs.map { run in
      Dictionary(
        (run.evaluation?.perClass ?? []).map { ($0.name, $0.recall) }, uniquingKeysWith: { first, _ in first }
      )
    }
    let rows = names.map { name in ClassRow(name: name, recall: tables.map { $0[name] ?? nil }) }
    return rows.enumerated().sorted { ($1.element.spread, $0.offset) < ($0.element.spread, $1.offset) }
      .map(\.element)
  }
}
