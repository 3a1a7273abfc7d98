/// A descent rule by name, with its settings.
public enum AnyDescentRule: DescentRule, Equatable {
  case plain(PlainDescent)
  case heavyBall(HeavyBallDescent)
  case nesterov(NesterovDescent)
  case adam(AdamDescent)
  case groupRMSprop(GroupRMSpropDescent)

  /// Every rule with its own settings.
  public static var all: [AnyDescentRule] {
    [
      .plain(PlainDescent()), .heavyBall(HeavyBallDescent()), .nesterov(NesterovDescent()),
      .adam(AdamDescent()), .groupRMSprop(GroupRMSpropDescent()),
    ]
  }

  /// The rule's name in specifications.
  public var name: String {
    switch self {
    case .plain: "plain"
    case .heavyBall: "heavyBall"
    case .nesterov: "nesterov"
    case .adam: "adam"
    case .groupRMSprop: "groupRMSprop"
    }
  }

  public mutating func advance(_ state: inout [Double], along velocity: [Double], step: Double) {
    switch self {
    case .plain(var rule):
      rule.advance(&state, along: velocity, step: step)
      self = .plain(rule)
    case .heavyBall(var rule):
      self = .plain(PlainDescent())
      rule.advance(&state, along: velocity, step: step)
      self = .heavyBall(rule)
    case .nesterov(var rule):
      self = .plain(PlainDescent())
      rule.advance(&state, along: velocity, step: step)
      self = .nesterov(rule)
    case .adam(var rule):
      self = .plain(PlainDescent())
      rule.advance(&state, along: velocity, step: step)
      self = .adam(rule)
    case .groupRMSprop(var rule):
      rule.advance(&state, along: velocity, step: step)
      self = .groupRMSprop(rule)
    }
  }
}
