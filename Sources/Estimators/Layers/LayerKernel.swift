public import LinearAlgebra

/// A linear layer or one group of a convolution: a matrix, outputs × inputs, for each position of its kernel.
///
///     y[x] = Σ_p K_p z[x + p]
///
/// A layer without a kernel has one position. Of a transposed convolution `y[x + p]` collects `K_p z[x]`.
public struct LayerKernel: Equatable, Sendable {
  /// The extent of the kernel in each direction; empty without one.
  public let extents: [Int]
  /// One for each position, the last direction fastest.
  public let matrices: [Matrix]

  /// - Precondition: as many matrices as positions, at least one, all of the same shape.
  public init(extents: [Int] = [], matrices: [Matrix]) {
    precondition(
      matrices.count == extents.reduce(1, *) && !matrices.isEmpty,
      "\(matrices.count) matrices do not fill a kernel of extents \(extents)")
    precondition(
      matrices.allSatisfy { $0.shape == matrices[0].shape }, "a kernel's matrices differ in shape")
    self.extents = extents
    self.matrices = matrices
  }

  public var outputCount: Int { matrices[0].rowCount }
  public var inputCount: Int { matrices[0].columnCount }

  /// Whether the kernel has more than one position.
  public var isWide: Bool { matrices.count > 1 }

  /// The layer that acts as this one after another: `K_p = Σ_{q + r = p} K″_r K′_q`, where the one before has stride
  /// 1 or this one is not wide, and this one pads nothing or is not wide.
  ///
  /// - Precondition: inputs and directions fit.
  public func after(_ before: LayerKernel) -> LayerKernel {
    precondition(
      inputCount == before.outputCount && extents.count == before.extents.count,
      "a kernel with \(inputCount) inputs cannot follow one with \(before.outputCount) outputs")
    let joined = zip(extents, before.extents).map { $0 + $1 - 1 }
    var result = [Matrix](
      repeating: .zeros(outputCount, before.inputCount), count: joined.reduce(1, *))
    for (r, upper) in matrices.enumerated() {
      for (q, lower) in before.matrices.enumerated() {
        let place = zip(Self.place(r, in: extents), Self.place(q, in: before.extents)).map(+)
        let position = zip(place, joined).reduce(0) { $0 * $1.1 + $1.0 }
        result[position] += upper * lower
      }
    }
    return LayerKernel(extents: joined, matrices: result)
  }

  /// What comes of inputs that are the same everywhere.
  public func applied(toConstant inputs: [Double]) -> [Double] {
    matrices.dropFirst().reduce(matrices[0] * inputs) { sum, matrix in
      zip(sum, matrix * inputs).map(+)
    }
  }

  /// Where a position lies in each direction.
  private static func place(_ position: Int, in extents: [Int]) -> [Int] {
    var rest = position
    var place = [Int](repeating: 0, count: extents.count)
    for direction in extents.indices.reversed() {
      place[direction] = rest % extents[direction]
      rest /= extents[direction]
    }
    return place
  }
}
