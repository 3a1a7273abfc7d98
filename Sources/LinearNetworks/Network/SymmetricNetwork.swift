public import LinearAlgebra

/// A network with one weight matrix used twice, W = U Uᵀ.
public struct SymmetricNetwork: Equatable, Sendable {
  /// U, d × k.
  public var factor: Matrix

  /// - Precondition: the factor has an element.
  public init(factor: Matrix) {
    precondition(factor.count > 0, "a symmetric network cannot have a \(factor.shape) factor")
    self.factor = factor
  }

  /// The end-to-end matrix U Uᵀ.
  public func endToEnd() -> Matrix { factor.timesTransposed(factor) }

  /// The same map as a network of two layers Uᵀ and U; balanced.
  public var layered: LinearNetwork {
    LinearNetwork(fitting: [factor.transposed(), factor])
  }
}
