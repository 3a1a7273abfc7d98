import DeepLinear

/// The key `dynamics`: how the network moves.
struct DynamicsSpec {
  enum Kind: String, CaseIterable {
    case flow, descent, endToEndFlow, endToEndDescent, exact, regularizedFlow

    var isDescent: Bool { self == .descent || self == .endToEndDescent }
  }

  static let rules = AnyDescentRule.all.map(\.name)

  let node: SpecNode
  let kind: Kind
  var relativeTolerance = 1e-8
  var method = FlowMethod.automatic
  var rule = AnyDescentRule.plain(PlainDescent())
  var stepSize = 0.0
  var targetLoss: Double?
  var restSpeed: Double?
  var batchSize: SpecNode?
  /// Λ of the regularised flow.
  var imbalance: SpecNode?

  init(_ node: SpecNode) throws {
    self.node = node
    let keys = try node.mapping()
    let name = try keys.required("kind").choice(Kind.allCases.map(\.rawValue))
    guard let kind = Kind(rawValue: name) else { throw node.failure("unknown kind; correct it.") }
    self.kind = kind
    targetLoss = try keys["targetLoss"]?.number()
    switch kind {
    case .flow, .endToEndFlow, .regularizedFlow:
      try keys.allow(
        ["kind", "relativeTolerance", "method", "targetLoss", "restSpeed"]
          + (kind == .regularizedFlow ? ["imbalance"] : []))
      if let tolerance = keys["relativeTolerance"] {
        relativeTolerance = try tolerance.positiveNumber()
        guard relativeTolerance >= 1e-14, relativeTolerance <= 0.1 else {
          throw tolerance.failure(
            "\(tolerance.name) must lie between 1e-14 and 0.1, not \(relativeTolerance); correct it."
          )
        }
      }
      if let node = keys["method"] {
        method =
          FlowMethod(rawValue: try node.choice(FlowMethod.allCases.map(\.rawValue))) ?? .automatic
      }
      restSpeed = try keys["restSpeed"]?.positiveNumber()
      imbalance = keys["imbalance"]
    case .descent, .endToEndDescent:
      try keys.allow(
        ["kind", "stepSize", "method", "momentum", "targetLoss"]
          + (kind == .descent ? ["batchSize"] : []))
      stepSize = try keys.required("stepSize").positiveNumber()
      batchSize = keys["batchSize"]
      rule = try Self.rule(keys)
    case .exact:
      try keys.allow(["kind"])
    }
  }

  private static func rule(_ keys: SpecMapping) throws -> AnyDescentRule {
    let name = try keys["method"]?.choice(rules + ["auto"]) ?? "plain"
    let momentum = try keys["momentum"].map { node in
      let value = try node.number()
      guard value >= 0, value < 1, name == "heavyBall" || name == "nesterov" else {
        throw node.failure(
          "momentum lies between 0 and 1 and belongs to heavyBall or nesterov, not \(value) for \(name); correct it."
        )
      }
      return value
    }
    switch name {
    case "heavyBall": return .heavyBall(HeavyBallDescent(momentum: momentum ?? 0.9))
    case "nesterov": return .nesterov(NesterovDescent(momentum: momentum ?? 0.9))
    case "adam": return .adam(AdamDescent())
    case "groupRMSprop": return .groupRMSprop(GroupRMSpropDescent())
    default: return .plain(PlainDescent())
    }
  }
}
