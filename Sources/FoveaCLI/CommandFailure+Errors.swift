import FoveaData
import FoveaNN
import FoveaOps
import FoveaTrain

/// What an error of the libraries means for the exit code.
func commandFailure(for error: any Error) -> CommandFailure {
  switch error {
  case let failure as CommandFailure: failure
  case is ConfigurationError: CommandFailure(.usage, "\(error)")
  case let error as PrecisionError: CommandFailure(.usage, "--precision: \(error). Use --precision fp32")
  case let error as NetworkConfigurationError: CommandFailure(.usage, "model.\(error)")
  case TrainingError.configuration, TrainingError.network: CommandFailure(.usage, "\(error)")
  case TrainingError.diverged: CommandFailure(.diverged, "\(error)")
  case TrainingError.data(let error): commandFailure(for: error)
  case let error as DataError where error.kind == .invalidSetting: CommandFailure(.usage, "\(error)")
  default: CommandFailure(.failed, "\(error)")
  }
}
