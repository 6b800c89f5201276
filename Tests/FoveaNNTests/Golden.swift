import FoveaFormats
import FoveaNN
import FoveaTensor
import Foundation

/// A file of golden tensors, in the layout of PyTorch.
struct Golden {
  let file: SafetensorsFile

  init(_ name: String) throws {
    let path = Bundle.module.resourcePath! + "/Goldens/\(name).safetensors"
    file = try SafetensorsFile(contentsOf: path)
  }

  subscript(name: String) -> Tensor {
    get throws { try file.tensor(name) }
  }

  /// An activation [N, C, H, W] as [N, H, W, C].
  func activation(_ name: String) throws -> Tensor { try file.tensor(name).nchwToNHWC }

  func names(startingWith prefix: String) -> [String] {
    file.tensors.map(\.name).filter { $0.hasPrefix(prefix) }
  }

  /// The tensors whose names start with the prefix, without it.
  func state(_ prefix: String) throws -> [(name: String, value: StateValue)] {
    try names(startingWith: prefix).map {
      (name: String($0.dropFirst(prefix.count)), value: .tensor(try file.tensor($0)))
    }
  }
}
