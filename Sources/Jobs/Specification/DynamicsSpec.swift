import DeepLinear

/// The key `dynamics`: how the network moves.
struct DynamicsSpec {
  enum Kind: String, CaseIterable {
    case flow, descent, endToEndFlow, endToEndDescent, exact, regularizedFlow, regularizedDescent

    var isDescent: Bool {
      self == .descent || self == .endToEndDescent || self == .regularizedDescent
    }
  }

  static let rules = AnyDescentRule.all.map(\.name)

  let node: SpecNode
  let kind: Kind
  /// What a closed form is of.
  var exactOf = Kind.flow
  var relativeTolerance = 1e-8
  var method = FlowMethod.automatic
  var rule = AnyDescentRule.plain(PlainDescent())
  var stepSize = 0.0
  var schedule = StepSchedule.constant
  /// δ of the penalty δ/2 Σ‖W_j‖².
  var weightDecay = 0.0
  /// A factor for each layer.
  var layerRates: SpecNode?
  var targetLoss: Double?
  var restSpeed: Double?
  var batchSize: SpecNode?
  var labelNoise: SpecNode?
  /// Λ of the regularised flow.
  var imbalance: SpecNode?
  /// ω of its penalty.
  var penalty = 0.125

  /// Whether recorded times are numbers of steps.
  var countsSteps: Bool { kind.isDescent || (kind == .exact && exactOf == .descent) }

  /// What is not plain gradient flow or descent with one step size, in words; nil where it is.
  var adjustments: String? {
    var words: [String] = []
    if batchSize != nil { words.append("batches") }
    if labelNoise != nil { words.append("label noise") }
    if weightDecay > 0 { words.append("weight decay") }
    if layerRates != nil { words.append("a rate for each layer") }
    if schedule != .constant { words.append("a schedule") }
    return words.isEmpty ? nil : words.joined(separator: ", ")
  }

  init(_ node: SpecNode) throws {
    self.node = node
    let keys = try node.mapping()
    let name = try keys.required("kind").choice(Kind.allCases.map(\.rawValue))
    guard let kind = Kind(rawValue: name) else { throw node.failure("unknown kind; correct it.") }
    self.kind = kind
    try keys.allow(in: "dynamics", kind: name)
    targetLoss = try keys["targetLoss"]?.number()
    switch kind {
    case .flow, .endToEndFlow, .regularizedFlow: try readFlow(keys)
    case .descent, .endToEndDescent, .regularizedDescent: try readDescent(keys)
    case .exact: try readExact(keys)
    }
    imbalance = keys["imbalance"]
    if let node = keys["penalty"] { penalty = try node.nonnegativeNumber() }
    if let node = keys["weightDecay"] { weightDecay = try node.nonnegativeNumber() }
    layerRates = keys["layerRates"]
  }

  private mutating func readFlow(_ keys: SpecMapping) throws {
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
  }

  private mutating func readDescent(_ keys: SpecMapping) throws {
    stepSize = try keys.required("stepSize").positiveNumber()
    batchSize = keys["batchSize"]
    labelNoise = keys["labelNoise"]
    rule = try Self.rule(keys)
    if let node = keys["schedule"] { schedule = try StepScheduleNames.schedule(node) }
  }

  private mutating func readExact(_ keys: SpecMapping) throws {
    let choices: [Kind] = [.flow, .descent, .regularizedFlow]
    if let node = keys["of"] {
      exactOf = Kind(rawValue: try node.choice(choices.map(\.rawValue))) ?? .flow
    }
    if exactOf == .descent {
      stepSize = try keys.required("stepSize").positiveNumber()
    } else if let node = keys["stepSize"] {
      throw node.failure("\(node.name) goes with of: descent; remove it.")
    }
    if exactOf == .regularizedFlow {
      _ = try keys.required("imbalance").number()
    } else if let node = keys["imbalance"] {
      throw node.failure("\(node.name) goes with of: regularizedFlow; remove it.")
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

/// The key `dynamics.schedule`.
enum StepScheduleNames {
  static let all = ["stepwise", "exponential", "inverseTime", "cosine", "linear"]

  static func schedule(_ node: SpecNode) throws -> StepSchedule {
    let keys = try node.mapping()
    let kind = try keys.required("kind").choice(all)
    try keys.allow(in: "dynamics.schedule", kind: kind)
    let steps = try keys.required("steps").integer(from: 1)
    let factor = try keys["factor"]?.positiveNumber() ?? 0.5
    var end = 0.0
    if let node = keys["end"] {
      end = try node.nonnegativeNumber()
      guard end <= 1 else {
        throw node.failure(
          "\(node.name) is a share of the step size, at most 1, not \(end); correct it.")
      }
    }
    let course: StepSchedule.Course =
      switch kind {
      case "stepwise": .stepwise(factor: factor, every: steps)
      case "exponential": .exponential(factor: factor, steps: steps)
      case "inverseTime": .inverseTime(steps: steps)
      case "cosine": .cosine(end: end, steps: steps)
      default: .linear(end: end, steps: steps)
      }
    return StepSchedule(course, warmup: try keys["warmup"]?.integer() ?? 0)
  }
}

extension SpecNode {
  func nonnegativeNumber() throws -> Double {
    let value = try number()
    guard value >= 0 else { throw failure("\(name) cannot be negative, not \(value); correct it.") }
    return value
  }
}
