import DataFormats
import DeepLinear

/// Quantities computed from what was recorded, one array each, the recorded times first.
struct DerivedArrays {
  /// An array without the dimension of times.
  struct Member {
    var quantity: DerivedQuantity
    var shape: [Int]
    var elements: [Double]
  }

  let members: [Member]

  /// - Throws: `DecompositionError` for numbers that are not finite.
  init(_ snapshots: [Snapshot], of spec: SimulationSpec) throws {
    var members: [Member] = []
    for quantity in spec.recording.derived {
      let rows = try snapshots.map { try Self.values(of: quantity, at: $0, spec) }
      let width = rows.first?.count ?? 0
      let isList =
        quantity == .layerNorms || quantity == .alignment || quantity == .preconditionerSpectrum
      members.append(
        Member(
          quantity: quantity, shape: isList ? [width] : [], elements: rows.flatMap(\.self)))
    }
    self.members = members
  }

  private static func values(
    of quantity: DerivedQuantity, at point: Snapshot, _ spec: SimulationSpec
  ) throws -> [Double] {
    let σ = point.singularValues ?? []
    let layers = point.layers ?? []
    let objective = spec.objective.objective
    // What diverged has numbers that no decomposition takes.
    guard point.loss.isFinite else {
      return [Double](repeating: .nan, count: count(of: quantity, spec))
    }
    switch quantity {
    case .relativeError:
      guard let truth = spec.truth, let w = point.endToEnd else { return [.nan] }
      return [(w - truth).frobeniusNorm / truth.frobeniusNorm]
    case .effectiveRank: return [SingularSpectrum(σ).effectiveRank]
    case .nuclearNorm: return [σ.reduce(0, +)]
    case .schattenNorm: return [SingularSpectrum(σ).schattenNorm(spec.recording.schatten)]
    case .layerNorms: return weights(layers, spec).map(\.frobeniusNorm)
    case .alignment: return try LayerAlignment.ofFirstVectors(layers)
    case .gradientNorm:
      let gradients = LossLandscape(objective).gradients(at: layers)
      if case .symmetric = spec.network.start {
        return [(gradients[1] + gradients[0].transposed()).frobeniusNorm]
      }
      return [gradients.reduce(0) { $0 + $1.inner($1) }.squareRoot()]
    case .sharpness:
      return [try LossLandscape(objective).extremeCurvatures(at: layers).largest]
    case .preconditionerSpectrum:
      guard let w = point.endToEnd else { return [] }
      return try EndToEndPreconditioner(at: w, depth: spec.network.widths.count - 1).eigenvalues
        .sorted(by: >)
    case .singularValueResidual:
      let w = layers.dropFirst().reduce(layers[0]) { $1 * $0 }
      return [
        try SingularValueEquation.residual(layers: layers, gradient: objective.gradient(at: w))
      ]
    }
  }

  private static func weights(_ layers: [Matrix], _ spec: SimulationSpec) -> [Matrix] {
    if case .symmetric = spec.network.start { return Array(layers.suffix(1)) }
    return layers
  }

  private static func count(of quantity: DerivedQuantity, _ spec: SimulationSpec) -> Int {
    switch quantity {
    case .layerNorms:
      if case .symmetric = spec.network.start { 1 } else { spec.network.widths.count - 1 }
    case .alignment: spec.network.widths.count - 2
    case .preconditionerSpectrum:
      spec.objective.objective.outputCount * spec.objective.objective.inputCount
    default: 1
    }
  }
}
