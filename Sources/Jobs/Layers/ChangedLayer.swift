/// What became of a layer.
package struct ChangedLayer: Encodable {
  package var layer: String
  /// How its weight is stored: `linear`, `conv`, `conv-transpose` or `gpt2`.
  package var kind: String
  /// Of a convolution.
  package var groups: Int?
  /// The names of the weights that stand in its place.
  package var weights: [String]
  /// Of each group.
  package var rank: Int?
  package var parametersBefore: Int
  package var parametersAfter: Int
  /// ‖W − product‖_F/‖W‖_F, with all weights as they are stored.
  package var relativeError: Double?
  package var keptEnergy: Double?
  /// ‖(W − product) x‖/‖W x‖ over the inputs given, with the bias refitted where there is one.
  package var outputError: Double?
  /// Other layers that have the same weight, and still do.
  package var tiedTo: [String]?
  /// Why the layer was left as it is.
  package var left: String?
  /// What must hold for the layer to act as before.
  package var note: String?
  /// Of the weight before, for the report alone.
  package var singularValues: [Double] = []

  private enum CodingKeys: String, CodingKey {
    case layer, kind, groups, weights, rank, parametersBefore, parametersAfter, relativeError
    case keptEnergy, outputError, tiedTo, left, note
  }
}

/// A layer that was not asked for by name and cannot be changed.
package struct SkippedLayer: Encodable {
  package var layer: String
  package var reason: String
}
