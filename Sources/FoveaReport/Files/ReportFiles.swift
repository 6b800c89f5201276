import FoveaFormats

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

/// Where a run folder keeps what its report needs beyond metrics and evaluation.
///
///     RUN/report.html                        the page
///     RUN/report/predictions.csv             the best epoch's answer to every validation image
///     RUN/report/attention.csv               the best epoch's gates, by block and class
///     RUN/report/history.csv                 every epoch's gates, by block
///     RUN/report/examples.safetensors        telling mistakes and hits, with their maps
///     RUN/report/film/images.safetensors     a few fixed images
///     RUN/report/film/epoch-0001.safetensors their maps after that epoch
struct ReportFiles {
  let run: String

  var page: String { run + "/report.html" }
  var folder: String { run + "/report" }
  var film: String { folder + "/film" }
  var predictions: String { folder + "/predictions.csv" }
  var attention: String { folder + "/attention.csv" }
  var history: String { folder + "/history.csv" }
  var examples: String { folder + "/examples.safetensors" }
  var filmImages: String { film + "/images.safetensors" }

  func film(epoch: Int) -> String {
    let number = "\(epoch)"
    return film + "/epoch-" + String(repeating: "0", count: max(0, 4 - number.count)) + number
      + ".safetensors"
  }

  func makeFolders() throws(FormatError) {
    for path in [folder, film] {
      guard mkdir(path, 0o777) != 0, errno != EEXIST else { continue }
      throw FormatError(
        path: path, problem: "cannot be made: \(String(cString: strerror(errno)))",
        remedy: "Check the free space and the permissions there.")
    }
  }

  /// The epochs that the film has, ascending.
  func filmEpochs() -> [Int] {
    guard let listing = opendir(film) else { return [] }
    defer { closedir(listing) }
    var epochs: [Int] = []
    while let entry = readdir(listing) {
      let name = withUnsafePointer(to: &entry.pointee.d_name) {
        $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
      }
      guard name.hasPrefix("epoch-"), name.hasSuffix(".safetensors"),
        let epoch = Int(name.dropFirst(6).dropLast(12)), epoch > 0, film(epoch: epoch).hasSuffix("/" + name)
      else { continue }
      epochs.append(epoch)
    }
    return epochs.sorted()
  }

  func removeFilm(epoch: Int) { unlink(film(epoch: epoch)) }
}
