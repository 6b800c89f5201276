import FoveaTensor

/// How a loop over rows is cut into pieces for the worker pool.
///
/// The cut depends on the shape alone, never on the number of threads. Each piece leaves its partial sums in its own
/// place, and whoever adds them up does so in the order of the pieces: the same bits for any number of threads.
struct RowPieces {
  let rows: Int
  let rowsPerPiece: Int

  /// - Parameters:
  ///   - floatsPerRow: what one row touches; small rows are gathered into pieces.
  ///   - floatsPerPiece: the size to aim at. 128 KB stay in a core's second cache and outweigh the cost of a claim.
  init(rows: Int, floatsPerRow: Int, floatsPerPiece: Int = 32_768) {
    self.rows = rows
    rowsPerPiece = max(1, floatsPerPiece / max(1, floatsPerRow))
  }

  /// Pieces of a given number of rows: images, say.
  init(rows: Int, rowsPerPiece: Int) {
    self.rows = rows
    self.rowsPerPiece = rowsPerPiece
  }

  var count: Int { (rows + rowsPerPiece - 1) / rowsPerPiece }

  /// Runs `body(piece, rows of the piece)` for every piece, in parallel.
  func forEach(_ body: (Int, Range<Int>) -> Void) {
    WorkerPool.shared.forEach(count) { piece in
      let start = piece * rowsPerPiece
      body(piece, start..<min(rows, start + rowsPerPiece))
    }
  }
}

/// Adds the rows of `partials` [pieces, width], first to last.
func sum(of partials: [Double], width: Int) -> [Double] {
  var totals = [Double](repeating: 0, count: width)
  for start in stride(from: 0, to: partials.count, by: width) {
    for i in 0..<width { totals[i] += partials[start + i] }
  }
  return totals
}
