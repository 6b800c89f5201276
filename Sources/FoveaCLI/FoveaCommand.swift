import ArgumentParser

/// The root command.
struct FoveaCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "fovea",
    abstract: "Train image classifiers that pay attention, and see what they look at.",
    discussion: """
      fovea train configs/shapes.yaml          train a classifier from a config file
      fovea classify MODEL FOLDER              classify a folder of images
      fovea explain MODEL FOLDER -o DIR        write attention maps as PNG overlays

      Exit codes: 0 done, 1 failed, 2 usage or config wrong, 3 done but some inputs were skipped or need attention, \
      4 training diverged, 130 and 143 interrupted.
      """,
    version: foveaVersion,
    subcommands: [
      CheckCommand.self, TrainCommand.self, EvaluateCommand.self, ClassifyCommand.self, ExplainCommand.self,
      ServeCommand.self, ReportCommand.self, CompareCommand.self,
      InfoCommand.self, ImportCommand.self, ExportCommand.self, DatasetCommand.self,
      DoctorCommand.self, ManualCommand.self,
    ])
}

/// The version of the program and of the libraries.
public let foveaVersion = "0.1.0"
