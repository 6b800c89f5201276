import FoveaTensor

/// Convolution by an explicit patch matrix and a naive product, in double precision: slow, and plainly right.
public struct ConvolutionReference {
  public var kernel = (height: 1, width: 1)
  public var stride = (height: 1, width: 1)
  public var padding = (height: 0, width: 0)
  public var dilation = (height: 1, width: 1)
  public var groups = 1

  public init(
    kernel: (height: Int, width: Int), stride: (height: Int, width: Int) = (1, 1),
    padding: (height: Int, width: Int) = (0, 0), dilation: (height: Int, width: Int) = (1, 1), groups: Int = 1
  ) {
    self.kernel = kernel
    self.stride = stride
    self.padding = padding
    self.dilation = dilation
    self.groups = groups
  }

  /// Rows and columns of the output.
  public func outputSize(_ input: Shape) -> (height: Int, width: Int) {
    (
      (input[1] + 2 * padding.height - dilation.height * (kernel.height - 1) - 1) / stride.height + 1,
      (input[2] + 2 * padding.width - dilation.width * (kernel.width - 1) - 1) / stride.width + 1
    )
  }

  /// For each output pixel (row of the matrix), where in the input each of kh·kw·C patch values lies; −1 for padding.
  public func patchMatrix(of input: Shape) -> (rows: Int, columns: Int, indices: [Int]) {
    let (height, width) = outputSize(input)
    var indices: [Int] = []
    for n in 0..<input[0] {
      for h in 0..<height {
        for w in 0..<width {
          for i in 0..<kernel.height {
            for j in 0..<kernel.width {
              let row = h * stride.height + i * dilation.height - padding.height
              let column = w * stride.width + j * dilation.width - padding.width
              let isInside = row >= 0 && row < input[1] && column >= 0 && column < input[2]
              let pixel = ((n * input[1] + row) * input[2] + column) * input[3]
              for c in 0..<input[3] { indices.append(isInside ? pixel + c : -1) }
            }
          }
        }
      }
    }
    let columns = kernel.height * kernel.width * input[3]
    return (input[0] * height * width, columns, indices)
  }

  /// Calls `body` with every triple (output element, input element, weight element) whose product the convolution sums.
  ///
  /// - Parameter weight: [kh, kw, C/groups, O].
  private func forEachProduct(input: Shape, weight: Shape, _ body: (Int, Int, Int) -> Void) {
    let (rows, columns, indices) = patchMatrix(of: input)
    let inChannels = input[3]
    let outChannels = weight[3]
    let (inPerGroup, outPerGroup) = (inChannels / groups, outChannels / groups)
    for row in 0..<rows {
      for column in 0..<columns where indices[row * columns + column] >= 0 {
        let (tap, c) = column.quotientAndRemainder(dividingBy: inChannels)
        let group = c / inPerGroup
        for o in group * outPerGroup..<(group + 1) * outPerGroup {
          body(
            row * outChannels + o, indices[row * columns + column],
            (tap * inPerGroup + c % inPerGroup) * outChannels + o)
        }
      }
    }
  }

  public func forward(_ x: Tensor, weight: Tensor) -> Tensor {
    let (height, width) = outputSize(x.shape)
    let shape: Shape = [x.shape[0], height, width, weight.shape[3]]
    let (input, weights) = (x.scalars, weight.scalars)
    var sums = [Double](repeating: 0, count: shape.count)
    forEachProduct(input: x.shape, weight: weight.shape) {
      sums[$0] += Double(input[$1]) * Double(weights[$2])
    }
    return Tensor(sums.map { Float($0) }, shape: shape)
  }

  public func backwardInput(_ dOutput: Tensor, weight: Tensor, input: Shape) -> Tensor {
    let (gradient, weights) = (dOutput.scalars, weight.scalars)
    var sums = [Double](repeating: 0, count: input.count)
    forEachProduct(input: input, weight: weight.shape) {
      sums[$1] += Double(gradient[$0]) * Double(weights[$2])
    }
    return Tensor(sums.map { Float($0) }, shape: input)
  }

  public func backwardWeight(_ dOutput: Tensor, input x: Tensor, weight: Shape) -> Tensor {
    let (gradient, input) = (dOutput.scalars, x.scalars)
    var sums = [Double](repeating: 0, count: weight.count)
    forEachProduct(input: x.shape, weight: weight) {
      sums[$2] += Double(gradient[$0]) * Double(input[$1])
    }
    return Tensor(sums.map { Float($0) }, shape: weight)
  }
}

/// Σ a·b in double precision.
public func innerProduct(_ a: Tensor, _ b: Tensor) -> Double {
  zip(a.scalars, b.scalars).reduce(0) { $0 + Double($1.0) * Double($1.1) }
}
