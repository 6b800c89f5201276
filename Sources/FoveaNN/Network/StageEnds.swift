/// The last attention block of each stage.
public enum StageEnds {
  /// - Parameter names: of blocks, in the order in which an image passes them; a block's stage is the name up to its
  ///   first dot, as in `layer2.1`.
  /// - Returns: the places of those that no other of their stage follows.
  public static func indices(of names: [String]) -> [Int] {
    func stage(_ name: String) -> Substring { name.prefix { $0 != "." } }
    return names.indices.filter { index in
      index == names.count - 1 || stage(names[index]) != stage(names[index + 1])
    }
  }
}
