import DeepLinear
import Yams

/// The key `recording`: when, and what.
struct RecordingSpec {
  let node: SpecNode
  let times: [Double]
  /// What is recorded of the run itself and written.
  let quantities: Set<Recording.Quantity>
  /// What is computed from that, in the order of the specification.
  let derived: [DerivedQuantity]
  let locatesHalfRises: Bool
  /// The matrix that the error is against.
  let truth: SpecNode?
  /// p of the Schatten norm.
  let schatten: Double

  /// What must be recorded of the run for all that is asked.
  var followed: Set<Recording.Quantity> {
    derived.reduce(quantities) { $0.union($1.needs) }
  }

  init(_ node: SpecNode, counting countsSteps: Bool) throws {
    self.node = node
    let keys = try node.mapping()
    try keys.allow(in: "recording")
    times = try Self.times(try keys.required("times"), countsSteps)
    let names = try keys["quantities"]?.list().map { try $0.choice(Self.quantityNames) }
    quantities = Set((names ?? ["singularValues"]).compactMap { Recording.Quantity(rawValue: $0) })
    derived = (names ?? []).compactMap { DerivedQuantity(rawValue: $0) }
    locatesHalfRises = try keys["halfRiseTimes"]?.boolean() ?? false
    if locatesHalfRises, countsSteps {
      throw node.failure("halfRiseTimes are of flows; remove the key or choose a flow.")
    }
    truth = keys["truth"]
    if derived.contains(.relativeError), truth == nil {
      throw node.failure("relativeError needs the matrix it is against; add the key 'truth'.")
    }
    if let truth, !derived.contains(.relativeError) {
      throw truth.failure(
        "\(truth.name) is for relativeError; add it to the quantities, or remove the key.")
    }
    schatten = try keys["schatten"]?.positiveNumber() ?? 0.5
    if let node = keys["schatten"], !derived.contains(.schattenNorm) {
      throw node.failure(
        "\(node.name) is for schattenNorm; add it to the quantities, or remove the key.")
    }
  }

  private static func times(_ node: SpecNode, _ countsSteps: Bool) throws -> [Double] {
    if case .mapping = node.node { return try spread(node, countsSteps) }
    var times: [Double] = []
    for item in try node.list() {
      let time = countsSteps ? Double(try item.integer()) : try item.number()
      guard time >= 0 else {
        throw item.failure("\(item.name) is \(time); times begin at 0.")
      }
      if let last = times.last, time <= last {
        throw item.failure(
          "\(item.name) is \(time) after \(last); put the times in ascending order.")
      }
      times.append(time)
    }
    guard !times.isEmpty else {
      throw node.failure("\(node.name) is empty; give at least one time.")
    }
    return times
  }

  private static func spread(_ node: SpecNode, _ countsSteps: Bool) throws -> [Double] {
    let keys = try node.mapping()
    try keys.allow(in: "recording.times")
    let spacings = RecordingTimes.Spacing.allCases.map(\.rawValue)
    let name = try keys["spacing"]?.choice(spacings) ?? "linear"
    let spacing = RecordingTimes.Spacing(rawValue: name) ?? .linear
    let first = try keys["from"]?.nonnegativeNumber() ?? 0
    guard first > 0 || spacing == .linear else {
      throw (keys["from"] ?? node).failure(
        "logarithmic times begin above 0; give a positive 'from'.")
    }
    let end = try keys.required("to")
    let last = try end.number()
    guard last > first else {
      throw end.failure("\(end.name) is \(last), not after \(first); give a later one.")
    }
    let count = try keys.required("count").integer(from: 2)
    guard count <= 1_000_000 else {
      throw node.failure("\(count) times are more than the 1000000 there is room for; give fewer.")
    }
    let times = RecordingTimes.spread(from: first, to: last, count: count, spacing)
    guard countsSteps else { return times }
    return times.map { $0.rounded() }.reduce(into: []) { if $1 != $0.last { $0.append($1) } }
  }

  /// Refuses quantities that the dynamics do not have.
  func check(_ spec: SimulationSpec) throws {
    let isSymmetric = if case .symmetric = spec.network.start { true } else { false }
    let kind = spec.dynamics.kind
    for quantity in derived {
      if isSymmetric, !quantity.isOfSymmetricNetworks {
        throw node.failure(
          "\(quantity.rawValue) is of networks of layers, and this one is U Uᵀ; remove it.")
      }
      if kind == .endToEndFlow || kind == .endToEndDescent, quantity.needs.contains(.layers) {
        throw node.failure(
          "\(kind.rawValue) has no layers, and \(quantity.rawValue) is of them; remove it, or use \(kind == .endToEndFlow ? "flow" : "descent")."
        )
      }
    }
  }
}

extension RecordingSpec {
  /// The names of all that can be recorded.
  static let quantityNames =
    ["loss"] + Recording.Quantity.allCases.map(\.rawValue)
    + DerivedQuantity.allCases.map(\.rawValue)
}

/// What is computed from recorded matrices.
enum DerivedQuantity: String, CaseIterable {
  case relativeError, effectiveRank, nuclearNorm, schattenNorm, layerNorms, alignment, gradientNorm
  case sharpness, preconditionerSpectrum, singularValueResidual

  /// What it is computed from.
  var needs: Set<Recording.Quantity> {
    switch self {
    case .relativeError, .preconditionerSpectrum: [.endToEnd]
    case .effectiveRank, .nuclearNorm, .schattenNorm: [.singularValues]
    case .layerNorms, .alignment, .gradientNorm, .sharpness, .singularValueResidual: [.layers]
    }
  }

  var isOfSymmetricNetworks: Bool {
    switch self {
    case .relativeError, .effectiveRank, .nuclearNorm, .schattenNorm, .gradientNorm, .layerNorms:
      true
    default: false
    }
  }
}
