public import LinearAlgebra

/// The loss of a network as a function of its layers, with the memory to evaluate it.
///
/// A descent asks for the loss at a trial point and, once the point is accepted, for the gradients there:
/// two calls, so that a rejected trial costs no backward pass.
public protocol NetworkLoss {
  /// The loss of a network; remembers what the gradients at this network need.
  mutating func value(at network: LinearNetwork) -> Double

  /// The gradients of all layers at the network last given to ``value(at:)``.
  ///
  /// - Parameters:
  ///   - network: the network.
  ///   - gradients: one matrix of each layer's shape, overwritten.
  mutating func gradients(at network: LinearNetwork, into gradients: inout [Matrix])
}
