import FoveaFormats
import FoveaTensor
import FoveaTrain
import Foundation

/// What Scripts/torture cannot do in a shell: compare runs tensor by tensor, and damage files a million times.
@main
enum Torture {
  static func main() {
    let arguments = Array(CommandLine.arguments.dropFirst())
    do {
      switch (arguments.first, arguments.count) {
      case ("same", 3): try RunComparison.compare(arguments[1], arguments[2])
      case ("check", 2): print(try checked(arguments[1]))
      case ("images", 2): try ExpensiveImages.write(to: arguments[1])
      case ("costs", 4): try Costs(fovea: arguments[1], model: arguments[2], folder: arguments[3]).run()
      case ("damage", 5):
        guard let step = Int(arguments[3]), let samples = Int(arguments[4]), step > 0 else { return usage() }
        try Damage(path: arguments[2], kind: arguments[1], headerStep: step, samples: samples).run()
      default: usage()
      }
    } catch {
      print("error: \(error)")
      exit(1)
    }
  }

  private static func checked(_ path: String) throws -> String {
    let file = try SafetensorsFile(contentsOf: path)
    let step = file.metadata["fovea.run"] == nil ? nil : try RunFolder.checkCheckpoint(path)
    for tensor in file.tensors where tensor.elementType == .float32 {
      guard try file.tensor(tensor.name).scalars.allSatisfy(\.isFinite) else {
        throw Failure("\(path): \(tensor.name) is not finite")
      }
    }
    return step.map { "step \($0)" } ?? "whole"
  }

  private static func usage() {
    print(
      """
      usage: torture same RUN RUN                           whether two runs ended in the same state, bit for bit
             torture check FILE                             whether a checkpoint or a model is whole, its numbers finite
             torture images FOLDER                          make the most expensive images
             torture costs FOVEA MODEL FOLDER               what a folder's images cost fovea classify
             torture damage checkpoint|model FILE STEP N    flip every STEP-th bit of the header and N of the payload,
                                                            cut it at every 512th length: nothing may load
      """)
    exit(2)
  }
}

struct Failure: Error, CustomStringConvertible {
  let description: String
  init(_ description: String) { self.description = description }
}
