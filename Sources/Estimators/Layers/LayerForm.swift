public import LinearAlgebra

/// How the tensor of a weight is laid out, as PyTorch stores the layers that are linear maps.
///
/// | form | weight | layer |
/// |---|---|---|
/// | `linear` | outputs × inputs | `nn.Linear` |
/// | `inputMajor` | inputs × outputs | `Conv1D` of GPT-2 |
/// | `convolution` | outputs × inputs/groups × kernel | `nn.Conv1d` … `nn.Conv3d` |
/// | `transposedConvolution` | inputs × outputs/groups × kernel | `nn.ConvTranspose1d` … |
public enum LayerForm: String, CaseIterable, Sendable {
  case linear
  case convolution = "conv"
  case transposedConvolution = "conv-transpose"
  case inputMajor = "gpt2"

  public var hasKernel: Bool { self == .convolution || self == .transposedConvolution }

  /// Whether the first direction of the tensor counts inputs.
  var startsWithInputs: Bool { self == .transposedConvolution || self == .inputMajor }

  /// The outputs of a layer in this form.
  ///
  /// - Precondition: the shape is one of this form.
  public func outputCount(shape: [Int], groups: Int) -> Int {
    startsWithInputs ? shape[1] * groups : shape[0]
  }

  /// Why a tensor of some shape is no weight of this form with so many groups; nil if it is.
  public func misfit(shape: [Int], groups: Int) -> String? {
    let dimensions = shape.count == 1 ? "1 dimension" : "\(shape.count) dimensions"
    if hasKernel ? shape.count < 3 : shape.count != 2 {
      return hasKernel
        ? "has \(dimensions); a convolution has 3 to 5" : "has \(dimensions); a linear layer has 2"
    }
    if shape.contains(0) { return "has no entries, so there is nothing to factorize" }
    if !hasKernel, groups != 1 { return "is no convolution and has no groups" }
    if groups < 1 || shape[0] % groups != 0 {
      let side = startsWithInputs ? "inputs" : "outputs"
      return "has \(shape[0]) \(side), which do not make \(groups) groups of equal size"
    }
    return nil
  }

  /// The kernels of the groups.
  ///
  /// - Precondition: ``misfit(shape:groups:)`` finds nothing and there are as many elements as the shape says.
  public func kernels(shape: [Int], elements: [Double], groups: Int) -> [LayerKernel] {
    if let misfit = misfit(shape: shape, groups: groups) { preconditionFailure("weight \(misfit)") }
    let extents = Array(shape.dropFirst(2))
    let positions = extents.reduce(1, *)
    let (first, second) = (shape[0] / groups, shape[1])
    return (0..<groups).map { group in
      LayerKernel(
        extents: extents,
        matrices: (0..<positions).map { position in
          let slice = (0..<first * second).map {
            elements[(group * first * second + $0) * positions + position]
          }
          let matrix = Matrix(rowCount: first, columnCount: second, elements: slice)
          return startsWithInputs ? matrix.transposed() : matrix
        })
    }
  }

  /// The tensor of a layer with these groups.
  ///
  /// - Precondition: all groups have the same shape.
  public func tensor(of groups: [LayerKernel]) -> (shape: [Int], elements: [Double]) {
    let one = groups[0]
    let (first, second) =
      startsWithInputs ? (one.inputCount, one.outputCount) : (one.outputCount, one.inputCount)
    let positions = one.matrices.count
    var elements = [Double](repeating: 0, count: groups.count * first * second * positions)
    for (group, kernel) in groups.enumerated() {
      precondition(
        kernel.extents == one.extents && kernel.matrices[0].shape == one.matrices[0].shape,
        "the groups of a layer differ in shape")
      for (position, matrix) in kernel.matrices.enumerated() {
        let slice = startsWithInputs ? matrix.transposed() : matrix
        for (index, element) in slice.elements.enumerated() {
          elements[(group * first * second + index) * positions + position] = element
        }
      }
    }
    return ([groups.count * first, second] + one.extents, elements)
  }
}

// A kernel becomes one matrix by putting its positions beside its inputs or, of a transposed convolution, beside its
// outputs: the factor on that side keeps the kernel and the others are 1×1.

extension LayerForm {
  /// The matrix of a kernel: outputs × (inputs, positions), or (outputs, positions) × inputs.
  public func block(of kernel: LayerKernel) -> Matrix {
    let positions = kernel.matrices.count
    guard positions > 1 else { return kernel.matrices[0] }
    let (rows, columns) = (kernel.outputCount, kernel.inputCount)
    var elements = [Double](repeating: 0, count: rows * columns * positions)
    let besideInputs = self != .transposedConvolution
    for (position, matrix) in kernel.matrices.enumerated() {
      for row in 0..<rows {
        for column in 0..<columns {
          let place =
            besideInputs
            ? (row * columns + column) * positions + position
            : (row * positions + position) * columns + column
          elements[place] = matrix[row, column]
        }
      }
    }
    return besideInputs
      ? Matrix(rowCount: rows, columnCount: columns * positions, elements: elements)
      : Matrix(rowCount: rows * positions, columnCount: columns, elements: elements)
  }

  /// The kernels of the factors of a block, the first acting on the inputs.
  public func kernels(ofFactors factors: [Matrix], extents: [Int]) -> [LayerKernel] {
    let wide = self == .transposedConvolution ? factors.count - 1 : 0
    return factors.enumerated().map { number, factor in
      number == wide
        ? kernel(ofBlock: factor, extents: extents)
        : LayerKernel(extents: extents.map { _ in 1 }, matrices: [factor])
    }
  }

  private func kernel(ofBlock block: Matrix, extents: [Int]) -> LayerKernel {
    let positions = extents.reduce(1, *)
    guard positions > 1 else { return LayerKernel(extents: extents, matrices: [block]) }
    return LayerKernel(
      extents: extents,
      matrices: (0..<positions).map { position in
        self == .transposedConvolution
          ? block.selecting(
            rows: Array(stride(from: position, to: block.rowCount, by: positions)))
          : block.selecting(
            columns: Array(stride(from: position, to: block.columnCount, by: positions)))
      })
  }
}
