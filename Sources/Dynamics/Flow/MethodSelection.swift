// The explicit method of high order wins as long as steps are limited by accuracy. When they are limited by stability, the
// stabilised method is tried for some steps; it stays when it gets further per evaluation. If it does not, the
// next trial waits twice as long. Small states have the implicit method besides: it is taken when the time that is left
// is more than a million times that of the fastest direction, where no explicit method arrives.

/// The automatic choice between the explicit, the stabilised and the implicit method.
struct MethodSelection: Sendable, Codable {
  private(set) var active = FlowMethod.dormandPrince
  private var stiffSteps = 0
  private var easySteps = 0
  private var trialSteps = 0
  private var isTrial = false
  private var pause = 0
  private var nextPause = 100
  /// Time over that of the fastest direction up to which the other methods are left alone.
  static let explicitReach = 1e6
  /// Time and evaluations over the last steps, and the rate at which the explicit method went.
  private var recent: [Pace] = []
  private var explicitRate = 0.0

  private struct Pace: Codable {
    var time: Double
    var cost: Int
  }

  /// Takes note of an accepted step.
  ///
  /// - Parameters:
  ///   - stiffness: an estimate of the step times the spectral radius.
  ///   - rest: the time that is left to the end.
  ///   - allowsImplicit: whether the state is small enough for Jacobians.
  mutating func accepted(
    step h: Double, cost: Int, stiffness: Double, rest: Double, allowsImplicit: Bool
  ) {
    let needsImplicit = allowsImplicit && rest * stiffness > Self.explicitReach * h
    recent.append(Pace(time: h, cost: cost))
    if recent.count > 8 { recent.removeFirst() }
    switch active {
    case .dormandPrince:
      pause = max(0, pause - 1)
      if stiffness > 0.75 * DormandPrince853.stabilityBound {
        stiffSteps += 1
      } else if stiffness < 0.5 * DormandPrince853.stabilityBound {
        stiffSteps = 0
      }
      if stiffSteps >= 8, needsImplicit {
        begin(.radau)
      } else if stiffSteps >= 8, pause == 0 {
        explicitRate = rate
        begin(.chebyshev)
        isTrial = true
      }
    case .radau:
      // Below this the explicit method would take the same step.
      easySteps = stiffness < 3 ? easySteps + 1 : 0
      if easySteps >= 5 { begin(.dormandPrince) }
    default:
      if needsImplicit { return begin(.radau) }
      trialSteps += 1
      easySteps = stiffness < 3 ? easySteps + 1 : 0
      if easySteps >= 5 {
        begin(.dormandPrince)
      } else if isTrial, trialSteps >= 30 {
        isTrial = false
        if rate < explicitRate {
          begin(.dormandPrince)
          pause = nextPause
          nextPause *= 2
        } else {
          nextPause = 100
        }
      }
    }
  }

  /// Takes note of a step of an explicit method that was named, not chosen; whether it has become hopeless: limited
  /// by stability for a hundred steps, with millions ahead.
  mutating func isHopeless(step h: Double, stiffness: Double, rest: Double) -> Bool {
    stiffSteps = stiffness > 0.75 * DormandPrince853.stabilityBound ? stiffSteps + 1 : 0
    return stiffSteps >= 100 && rest.isFinite && rest > 3e6 * h
  }

  private var rate: Double {
    recent.reduce(0) { $0 + $1.time } / Double(max(1, recent.reduce(0) { $0 + $1.cost }))
  }

  private mutating func begin(_ method: FlowMethod) {
    active = method
    recent = []
    (stiffSteps, easySteps, trialSteps) = (0, 0, 0)
  }
}
