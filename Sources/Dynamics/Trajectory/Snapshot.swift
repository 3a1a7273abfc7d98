public import LinearAlgebra
public import LinearNetworks

/// One recorded point of a trajectory.
public struct Snapshot: Equatable, Sendable, Codable {
  /// Flow time, or the number of steps of a descent.
  public var time: Double
  /// The loss there.
  public var loss: Double
  /// The singular values of the end-to-end matrix, descending.
  public var singularValues: [Double]?
  /// W_N ⋯ W_1, where it was asked for.
  public var endToEnd: Matrix?
  /// W_1, …, W_N, where they were asked for.
  public var layers: [Matrix]?
  /// max_j ‖W_{j+1}ᵀW_{j+1} − W_jW_jᵀ‖_F.
  public var unbalancedness: Double?

  /// A recorded point of known numbers.
  public init(
    time: Double, loss: Double, singularValues: [Double]? = nil, endToEnd: Matrix? = nil,
    layers: [Matrix]? = nil, unbalancedness: Double? = nil
  ) {
    self.time = time
    self.loss = loss
    self.singularValues = singularValues
    self.endToEnd = endToEnd
    self.layers = layers
    self.unbalancedness = unbalancedness
  }

  /// Records the quantities asked for of a network. Singular values that cannot be computed are NaN.
  public init(
    of network: LinearNetwork, time: Double, loss: Double, quantities: Set<Recording.Quantity>
  ) {
    self.init(time: time, loss: loss)
    if quantities.contains(.endToEnd) { endToEnd = network.endToEnd() }
    if quantities.contains(.singularValues) { singularValues = network.singularValues() }
    if quantities.contains(.layers) { layers = network.layers }
    if quantities.contains(.unbalancedness) { unbalancedness = network.unbalancedness() }
  }
}
