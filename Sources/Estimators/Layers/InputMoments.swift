public import LinearAlgebra

/// The mean and the second moment of what flows into a layer.
public struct InputMoments: Equatable, Sendable {
  public let count: Int
  /// E x.
  public let mean: [Double]
  /// E x xᵀ.
  public let second: Matrix

  /// - Parameter rows: one input a row.
  /// - Precondition: at least one row.
  public init(of rows: Matrix) {
    precondition(rows.rowCount > 0, "no inputs have no moments")
    count = rows.rowCount
    let share = 1 / Double(rows.rowCount)
    mean = rows.transposedTimes([Double](repeating: share, count: rows.rowCount))
    second = (share * rows.transposedTimes(rows)).symmetrized()
  }

  /// E (x − E x)(x − E x)ᵀ: what counts where a bias takes up the mean.
  public var covariance: Matrix {
    let column = Matrix(rowCount: mean.count, columnCount: 1, elements: mean)
    return second - column.timesTransposed(column)
  }
}

extension LayerForm {
  /// What flows into each group of a layer: inputs of a linear layer, patches under the kernel of a convolution
  /// without padding at stride 1, and channels of a transposed one.
  ///
  /// - Parameters:
  ///   - shape: samples first; the last direction counts a linear layer's inputs, the second a convolution's
  ///     channels. Rows of patches, channel after channel, are taken as they are.
  ///   - elements: as many as the shape holds, the last direction running fastest.
  ///   - kernels: the layer's.
  /// - Returns: nil if the shape does not fit.
  public func inputs(shape: [Int], elements: [Double], of kernels: [LayerKernel]) -> [Matrix]? {
    let kernel = kernels[0]
    let positions = kernel.matrices.count
    let width = self == .transposedConvolution ? kernel.inputCount : kernel.inputCount * positions
    guard shape.count >= 2, !shape.contains(0) else { return nil }
    if shape.count == 2 || !hasKernel {
      guard shape[shape.count - 1] == width * kernels.count else { return nil }
      let rows = Matrix(
        rowCount: elements.count / (width * kernels.count), columnCount: width * kernels.count,
        elements: elements)
      return kernels.indices.map {
        rows.submatrix(rows: 0..<rows.rowCount, columns: $0 * width..<($0 + 1) * width)
      }
    }
    let extents = self == .transposedConvolution ? kernel.extents.map { _ in 1 } : kernel.extents
    let places = zip(shape.dropFirst(2), extents).map { $0 - $1 + 1 }
    guard shape.count == extents.count + 2, shape[1] == kernel.inputCount * kernels.count,
      places.allSatisfy({ $0 > 0 })
    else { return nil }
    // Offsets of the kernel's positions and of the places of its corner, in the plane of a channel.
    let plane = shape.dropFirst(2).reduce(1, *)
    func offsets(_ counts: [Int]) -> [Int] {
      zip(counts, shape.dropFirst(2)).reduce([0]) { offsets, direction in
        offsets.flatMap { offset in (0..<direction.0).map { offset * direction.1 + $0 } }
      }
    }
    let (corners, steps) = (offsets(places), offsets(extents))
    return kernels.indices.map { group in
      var rows: [Double] = []
      rows.reserveCapacity(shape[0] * corners.count * width)
      for sample in 0..<shape[0] {
        let base = (sample * shape[1] + group * kernel.inputCount) * plane
        for corner in corners {
          for channel in 0..<kernel.inputCount {
            for step in steps { rows.append(elements[base + channel * plane + corner + step]) }
          }
        }
      }
      return Matrix(rowCount: rows.count / width, columnCount: width, elements: rows)
    }
  }
}
