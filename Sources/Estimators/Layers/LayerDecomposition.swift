public import LinearAlgebra
import RealModule

// Of all matrices of rank k, W_k = U_k U_kᵀ W loses least of the outputs,
//
//     E‖(W − W_k) x‖² = ‖(W − W_k) C^{1/2}‖²_F,   C = E x xᵀ,
//
// with U_k the leading left singular vectors of W C^{1/2}; its squared singular values beyond k are what is lost. With
// C = 1 this is the truncated decomposition of W. The projector needs no inverse of C, which few inputs leave singular.

/// A layer's blocks by what they give: the errors of every rank, and the factors of one.
///
/// The blocks are the groups of a convolution, one for other layers. All are cut to the same rank.
///
/// - SeeAlso: [wang2025svdllm] for weighing by the inputs; the projector is that of [izenman1975].
public struct LayerDecomposition: Sendable {
  private let blocks: [Matrix]
  private let left: [Matrix]
  private let right: [Matrix]
  private let values: [[Double]]
  private let isWeighed: Bool

  /// Singular values of all blocks together, descending; of W C^{1/2} where the inputs are known.
  public let singularValues: [Double]

  /// ‖W − W_k‖²/‖W‖² in that norm for k = 0, 1, …, up to the largest rank of a block; zeros for a weight of zeros.
  public let squaredErrors: [Double]

  /// - Parameters:
  ///   - blocks: the weight of each group, outputs by inputs.
  ///   - moments: E x xᵀ of each block's inputs; nil weighs all inputs alike.
  /// - Throws: `DecompositionError` for elements that are not finite.
  /// - Precondition: the blocks have the same shape, and moments fit their columns.
  /// - Complexity: one singular value decomposition for each block, and of each moment an eigendecomposition.
  public init(of blocks: [Matrix], moments: [Matrix]? = nil) throws(DecompositionError) {
    precondition(
      !blocks.isEmpty && blocks.allSatisfy { $0.shape == blocks[0].shape },
      "the blocks of a layer differ in shape")
    precondition(
      moments.map { $0.count == blocks.count && $0[0].rowCount == blocks[0].columnCount } ?? true,
      "the moments do not fit the blocks")
    var (left, right): ([Matrix], [Matrix]) = ([], [])
    var values: [[Double]] = []
    for (number, block) in blocks.enumerated() {
      var weighted = block
      if let moments { weighted = block * (try Self.root(of: moments[number])) }
      let svd = try SingularValueDecomposition(of: weighted)
      left.append(svd.leftVectors)
      right.append(svd.rightVectorsTransposed)
      values.append(svd.singularValues)
    }
    self.blocks = blocks
    self.left = left
    self.right = right
    self.values = values
    isWeighed = moments != nil
    singularValues = values.flatMap(\.self).sorted(by: >)
    // Relative to the largest, whose square may not be a number.
    let largest = singularValues.first ?? 0
    var sums = [0.0]
    for rank in values[0].indices.reversed() {
      let parts = values.map { largest > 0 ? $0[rank] / largest : 0 }
      sums.append(parts.reduce(sums[sums.count - 1]) { $0 + $1 * $1 })
    }
    let total = sums[sums.count - 1]
    squaredErrors = sums.reversed().map { total > 0 ? $0 / total : 0 }
  }

  /// The largest rank of a block.
  public var largestRank: Int { squaredErrors.count - 1 }

  /// The balanced factors of each block at a rank.
  ///
  /// - Parameters:
  ///   - rank: the components kept.
  ///   - depth: the number of factors.
  ///   - width: between the factors, filled up with zeros beyond the rank.
  /// - Precondition: `1 ≤ depth`, `0 ≤ rank ≤ width`, and the rank exists.
  public func factors(rank: Int, depth: Int, width: Int) throws(DecompositionError) -> [[Matrix]] {
    var result: [[Matrix]] = []
    for (number, block) in blocks.enumerated() {
      let u = left[number].firstColumns(rank)
      let parts: (left: Matrix, values: [Double], right: Matrix)
      if isWeighed, rank > 0 {
        let inner = try SingularValueDecomposition(of: u.transposedTimes(block))
        parts = (u * inner.leftVectors, inner.singularValues, inner.rightVectorsTransposed)
      } else {
        parts = (u, Array(values[number].prefix(rank)), right[number].firstRows(rank))
      }
      result.append(
        Self.balanced(parts.left, parts.values, parts.right, depth: depth, width: width))
    }
    return result
  }

  /// `W_1 = Σ^{1/N} Vᵀ`, `W_j = Σ^{1/N}`, `W_N = U Σ^{1/N}`.
  private static func balanced(
    _ left: Matrix, _ values: [Double], _ right: Matrix, depth: Int, width: Int
  ) -> [Matrix] {
    let padding = width - values.count
    guard depth > 1 else { return [left.scalingColumns(by: values) * right] }
    let roots = values.map { Double.root($0, depth) }
    let first = Matrix.verticallyStacked([
      right.scalingRows(by: roots), .zeros(padding, right.columnCount),
    ])
    let last = Matrix.horizontallyStacked([
      left.scalingColumns(by: roots), .zeros(left.rowCount, padding),
    ])
    guard depth > 2 else { return [first, last] }
    let middle = Matrix.diagonal(roots + [Double](repeating: 0, count: padding))
    return [first] + [Matrix](repeating: middle, count: depth - 2) + [last]
  }

  /// The symmetric root, with a millionth of the mean variance in every direction: where the inputs are all the same
  /// to it, a direction is kept by the size of the weight.
  private static func root(of moment: Matrix) throws(DecompositionError) -> Matrix {
    let trace = (0..<moment.rowCount).reduce(0) { $0 + moment[$1, $1] }
    let floor = 1e-6 * trace / Double(max(moment.rowCount, 1))
    return try SymmetricEigendecomposition(of: moment).map { (max($0, 0) + floor).squareRoot() }
  }
}
