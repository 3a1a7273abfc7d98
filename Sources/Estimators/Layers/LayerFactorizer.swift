public import LinearAlgebra
import RealModule

// With W = U Σ Vᵀ cut to rank k, the factors
//
//     W_1 = Σ^{1/N} Vᵀ,   W_j = Σ^{1/N},   W_N = U Σ^{1/N}
//
// are balanced, W_{j+1}ᵀW_{j+1} = W_jW_jᵀ, and of all factorizations of the product have the smallest Σ ‖W_j‖²_F:
// weight decay on them is a penalty on the Schatten 2/N-norm of W.

/// Replaces the weight of a linear layer by balanced factors, all of its rank or only the leading part.
///
/// - SeeAlso: Section 3 of [cohenRazin]; [arora2018optimization].
public struct LayerFactorizer: Equatable, Sendable {
  /// How much of the weight is kept.
  public enum Rank: Equatable, Sendable {
    /// All of it.
    case full
    case fixed(Int)
    /// The smallest rank that keeps this share, at most 1, of the energy Σσ².
    case energy(Double)
    /// The smallest rank with ‖W − W_k‖_F at most this times ‖W‖_F.
    case relativeError(Double)
  }

  /// The number of factors N.
  public var depth: Int
  /// How the rank is found.
  public var rank: Rank
  /// The width between the factors, filled up with zeros beyond the rank; nil takes the rank itself, or the shorter
  /// side of the weight where all of it is kept.
  public var width: Int?

  /// An estimator with all else as usual.
  public init(depth: Int = 2, rank: Rank = .full, width: Int? = nil) {
    self.depth = depth
    self.rank = rank
    self.width = width
  }

  /// Why a weight cannot be factorized.
  public enum Failure: Error, Equatable, Sendable {
    case emptyWeight(rowCount: Int, columnCount: Int)
    case depthNotPositive(Int)
    case rankOutOfRange(Int, largest: Int)
    case energyOutOfRange(Double)
    case errorOutOfRange(Double)
    case widthBelowRank(width: Int, rank: Int)
  }

  /// The factors, and what they keep.
  public struct Fit: Equatable, Sendable {
    /// W_1, …, W_N: the first acts on the inputs.
    public var factors: [Matrix]
    /// The number of components.
    public var rank: Int
    /// Of the weight given, descending.
    public var singularValues: [Double]

    /// ‖W − W_k‖_F/‖W‖_F.
    public var relativeError: Double {
      let total = energy(singularValues[...])
      return total > 0 ? (energy(singularValues[rank...]) / total).squareRoot() : 0
    }

    /// The share of Σσ² that is kept.
    public var keptEnergy: Double {
      let total = energy(singularValues[...])
      return total > 0 ? energy(singularValues[..<rank]) / total : 1
    }

    /// How many numbers there are to learn.
    public var parameterCount: Int { factors.reduce(0) { $0 + $1.count } }
  }

  /// - Parameter weight: d_N × d₀, as a PyTorch linear layer stores it; of a convolution one row for each output
  ///   channel.
  /// - Throws: ``Failure``, or ``DecompositionError`` for a weight that is not finite.
  /// - Complexity: one singular value decomposition.
  public func fit(_ weight: Matrix) throws -> Fit {
    try validate(weight)
    let svd = try SingularValueDecomposition(of: weight)
    let k = keptRank(svd.singularValues)
    guard depth > 1 else {
      return Fit(
        factors: [k == svd.singularValues.count ? weight : svd.reconstruct(rank: k)], rank: k,
        singularValues: svd.singularValues)
    }
    let width = self.width ?? (rank == .full ? svd.singularValues.count : max(k, 1))
    guard width >= k else { throw Failure.widthBelowRank(width: width, rank: k) }
    let roots = svd.singularValues.prefix(k).map { Double.root($0, depth) }
    let padding = width - k
    let first = Matrix.verticallyStacked([
      svd.rightVectorsTransposed.firstRows(k).scalingRows(by: roots),
      .zeros(padding, weight.columnCount),
    ])
    let last = Matrix.horizontallyStacked([
      svd.leftVectors.firstColumns(k).scalingColumns(by: roots), .zeros(weight.rowCount, padding),
    ])
    let middle = Matrix.diagonal(roots + [Double](repeating: 0, count: padding))
    return Fit(
      factors: [first] + [Matrix](repeating: middle, count: depth - 2) + [last], rank: k,
      singularValues: svd.singularValues)
  }

  /// The one layer that acts as a sequence of layers without anything between them, x ↦ W_j x + b_j.
  ///
  /// - Parameter biases: as many as factors; nil where a layer has none.
  /// - Precondition: the factors fit each other and their biases.
  public static func collapse(
    _ factors: [Matrix], biases: [[Double]?]
  ) -> (weight: Matrix, bias: [Double]?) {
    precondition(
      !factors.isEmpty && factors.count == biases.count,
      "\(factors.count) factors do not go with \(biases.count) biases")
    var weight = factors[0]
    var bias = biases[0]
    for (factor, next) in zip(factors, biases).dropFirst() {
      weight = factor * weight
      let carried = bias.map { factor * $0 }
      bias = carried.map { carried in next.map { zip(carried, $0).map(+) } ?? carried } ?? next
    }
    return (weight, bias)
  }

  private func validate(_ weight: Matrix) throws(Failure) {
    guard weight.count > 0 else {
      throw .emptyWeight(rowCount: weight.rowCount, columnCount: weight.columnCount)
    }
    guard depth >= 1 else { throw .depthNotPositive(depth) }
    let largest = min(weight.rowCount, weight.columnCount)
    switch rank {
    case .full: break
    case .fixed(let k):
      guard k >= 1, k <= largest else { throw .rankOutOfRange(k, largest: largest) }
    case .energy(let share): guard share > 0, share <= 1 else { throw .energyOutOfRange(share) }
    case .relativeError(let bound):
      guard bound >= 0, bound < 1 else { throw .errorOutOfRange(bound) }
    }
  }

  private func keptRank(_ values: [Double]) -> Int {
    let total = energy(values[...])
    switch rank {
    case .full: return values.count
    case .fixed(let k): return k
    case .energy(let share):
      return (0..<values.count).first { energy(values[..<$0]) >= share * total } ?? values.count
    case .relativeError(let bound):
      return (0..<values.count).first { energy(values[$0...]) <= bound * bound * total }
        ?? values.count
    }
  }
}

/// Σσ².
private func energy(_ values: ArraySlice<Double>) -> Double {
  values.reduce(0) { $0 + $1 * $1 }
}

extension LayerFactorizer.Failure: CustomStringConvertible {
  public var description: String {
    switch self {
    case .emptyWeight(let rowCount, let columnCount):
      "a \(rowCount)×\(columnCount) weight has no factors"
    case .depthNotPositive(let depth): "a layer cannot be replaced by \(depth) layers"
    case .rankOutOfRange(let rank, let largest):
      "rank \(rank) does not exist for this layer: give 1 to \(largest)"
    case .energyOutOfRange(let share):
      "the share of the energy to keep must lie between 0 and 1, not at \(share)"
    case .errorOutOfRange(let bound):
      "the relative error must be at least 0 and below 1, not \(bound)"
    case .widthBelowRank(let width, let rank):
      "a width of \(width) cannot carry a weight of rank \(rank): give at least \(rank)"
    }
  }
}
