public import LinearAlgebra

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
      energyShare(of: singularValues[rank...], in: singularValues).squareRoot()
    }

    /// The share of Σσ² that is kept.
    public var keptEnergy: Double {
      singularValues.first == 0 ? 1 : energyShare(of: singularValues[..<rank], in: singularValues)
    }

    /// How many numbers there are to learn.
    public var parameterCount: Int { factors.reduce(0) { $0 + $1.count } }
  }

  /// - Parameter weight: d_N × d₀, as a PyTorch linear layer stores it; of a convolution one row for each output
  ///   channel.
  /// - Throws: ``Failure``, or `DecompositionError` for a weight that is not finite.
  /// - Complexity: one singular value decomposition.
  public func fit(_ weight: Matrix) throws -> Fit {
    guard weight.count > 0 else {
      throw Failure.emptyWeight(rowCount: weight.rowCount, columnCount: weight.columnCount)
    }
    let decomposition = try LayerDecomposition(of: [weight])
    let rank = try rank(for: decomposition)
    // Kept whole, the one factor is the weight, to the bit.
    let isWhole = depth == 1 && rank == decomposition.largestRank
    return Fit(
      factors: try isWhole ? [weight] : factors(of: decomposition, rank: rank)[0], rank: rank,
      singularValues: decomposition.singularValues)
  }

  /// The rank that is kept of a layer: of each group, where there are several.
  ///
  /// - Throws: ``Failure`` where the options do not suit the layer.
  public func rank(for decomposition: LayerDecomposition) throws(Failure) -> Int {
    guard depth >= 1 else { throw .depthNotPositive(depth) }
    let (errors, largest) = (decomposition.squaredErrors, decomposition.largestRank)
    switch rank {
    case .full: return largest
    case .fixed(let k):
      guard k >= 1, k <= largest else { throw .rankOutOfRange(k, largest: largest) }
      return k
    case .energy(let share):
      guard share > 0, share <= 1 else { throw .energyOutOfRange(share) }
      return errors.firstIndex { $0 <= 1 - share } ?? largest
    case .relativeError(let bound):
      guard bound >= 0, bound < 1 else { throw .errorOutOfRange(bound) }
      return errors.firstIndex { $0 <= bound * bound } ?? largest
    }
  }

  /// The factors of each block at a rank, which may be another than the one asked for.
  ///
  /// - Throws: ``Failure``, or `DecompositionError` if a decomposition fails.
  public func factors(of decomposition: LayerDecomposition, rank k: Int) throws -> [[Matrix]] {
    let width = self.width ?? (rank == .full ? decomposition.largestRank : max(k, 1))
    guard width >= k else { throw Failure.widthBelowRank(width: width, rank: k) }
    return try decomposition.factors(rank: k, depth: depth, width: width)
  }

  /// The one layer that acts as a sequence of layers without anything between them, x ↦ W_j x + b_j.
  ///
  /// - Parameters:
  ///   - factors: W_1, W_2, …, in the order in which they act.
  ///   - biases: as many as factors; nil where a layer has none.
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
}

/// The share of Σσ² that some of the values have; of nothing it is zero. Relative to the largest, whose square may not
/// be a number.
private func energyShare(of part: ArraySlice<Double>, in values: [Double]) -> Double {
  guard let largest = values.first, largest > 0 else { return 0 }
  func sum(_ values: ArraySlice<Double>) -> Double {
    values.reduce(0) { $0 + ($1 / largest) * ($1 / largest) }
  }
  return sum(part) / sum(values[...])
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
