extension ImageSource {
  /// A number that changes when the list of images does: their names, sizes, labels, order, and the class names.
  ///
  /// It stays the same when the folder is moved, and no image is read for it. A resumed run compares it, so as not
  /// to go on with other data as if nothing had happened.
  ///
  /// - Returns: 32 hexadecimal digits.
  public var fingerprint: String {
    // Two hashes with different seeds: 128 bits.
    [StableHash(seed: 1), StableHash(seed: 2)].map { start in
      var hash = start
      hash.combine(UInt64(classes.count))
      for name in classes { combine(Array(name.utf8), into: &hash) }
      hash.combine(UInt64(count))
      for sample in samples {
        combine(sample.name.bytes, into: &hash)
        hash.combine(UInt64(sample.byteCount))
        hash.combine(UInt64(sample.label))
      }
      let digits = String(hash.value, radix: 16)
      return String(repeating: "0", count: 16 - digits.count) + digits
    }.joined()
  }

  /// The length first, so that no two lists run together into the same bytes.
  private func combine(_ bytes: [UInt8], into hash: inout StableHash) {
    hash.combine(UInt64(bytes.count))
    hash.combine(bytes)
  }
}
