import FoveaFormats
import FoveaImage

extension Trainer {
  /// Draws the curves after an epoch, and writes the best epoch's figures and confusion matrix when there is a new
  /// one. What fails here loses nothing that a resumed run needs, so it only warns.
  func writeReports(newBest evaluation: Evaluation?) {
    do {
      let csv = try ConfigurationFile.text(of: folder.metricsPath, limit: 64 << 20)
      try write(RunCharts.curves(MetricsTable(csv: csv)), to: folder.curvesPath)
      if let evaluation {
        try DurableFile.write(Array((json(evaluation) + "\n").utf8), to: folder.evaluationPath)
        try write(RunCharts.confusion(evaluation), to: folder.confusionPath)
      }
    } catch {
      warn("the run's pictures could not be written: \(error)")
    }
  }

  private func write(_ image: Image, to path: String) throws {
    try DurableFile.write(try image.pngData(), to: path)
  }
}
