public import LinearAlgebra

/// A network loss whose second derivative can be applied to a direction.
public protocol CurvedLoss: NetworkLoss {
  /// The first-order change of all gradients along a change of the layers: ∇²φ applied to it.
  ///
  /// - Parameters:
  ///   - network: the network last given to ``NetworkLoss/value(at:)`` and
  ///     ``NetworkLoss/gradients(at:into:)``.
  ///   - direction: a change of every layer.
  ///   - result: one matrix of each layer's shape, overwritten.
  mutating func curvature(
    at network: LinearNetwork, along direction: [Matrix], into result: inout [Matrix])
}
