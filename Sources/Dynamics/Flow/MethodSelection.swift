// The explicit method of high order wins as long as steps are limited by accuracy. When they are limited by stability, the
// stabilised method is tried for some steps; it stays when it gets further per evaluation. If it does not, the
// next trial waits twice as long.

/// The automatic choice between the explicit and the stabilised method.
struct MethodSelection: Sendable, Codable {
  private(set) var active = FlowMethod.dormandPrince
  private var stiffSteps = 0
  private var easySteps = 0
  private var trialSteps = 0
  private var isTrial = false
  private var pause = 0
  private var nextPause = 100
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
  mutating func accepted(step h: Double, cost: Int, stiffness: Double) {
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
      if stiffSteps >= 8, pause == 0 {
        explicitRate = rate
        begin(.chebyshev)
        isTrial = true
      }
    default:
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

  private var rate: Double {
    recent.reduce(0) { $0 + $1.time } / Double(max(1, recent.reduce(0) { $0 + $1.cost }))
  }

  private mutating func begin(_ method: FlowMethod) {
    active = method
    recent = []
    (stiffSteps, easySteps, trialSteps) = (0, 0, 0)
  }
}
