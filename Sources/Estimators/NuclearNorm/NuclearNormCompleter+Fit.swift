public import Dynamics
public import LinearAlgebra

extension NuclearNormCompleter {
  /// A matrix of small nuclear norm, and the certificate that none is much smaller.
  public struct Fit: Sendable {
    /// Without a penalty it has the known values at their positions, to the bit.
    public var completion: Matrix
    /// Of the completed matrix, descending.
    public var singularValues: [Double]
    /// The rank of the proximal point the completion comes from.
    public var rank: Int
    /// λ; nil where the entries are met exactly.
    public var penalty: Double?
    /// The value of the objective at the completion, in the units of the data (their squares with a penalty).
    public var primalValue: Double
    /// A lower bound of the optimum: the value of the dual at ``multipliers``.
    public var dualValue: Double
    /// The feasible dual point at the known entries: as a matrix of zeros elsewhere its spectral norm is at most
    /// one, or λ where there is a penalty.
    public var multipliers: ObservedEntries
    /// How it ended.
    public var outcome: Outcome
    /// Newton steps of the final solution.
    public var iterations: Int
    /// The root mean square of W − b over the known entries.
    public var trainingError: Double
    /// The same over the entries held out, where λ was chosen by them.
    public var holdoutError: Double?
    /// The penalties tried, descending, where there was a choice.
    public var path: [PathPoint] = []

    /// The sum of the singular values.
    public var nuclearNorm: Double { singularValues.reduce(0, +) }
    /// The primal value less the dual one: the optimum lies between.
    public var dualityGap: Double { max(primalValue - dualValue, 0) }
    /// The gap over the primal value.
    public var relativeGap: Double { primalValue > 0 ? dualityGap / primalValue : 0 }
  }

  /// One penalty of the path.
  public struct PathPoint: Equatable, Sendable {
    /// λ.
    public var penalty: Double
    /// The number of components.
    public var rank: Int
    /// The sum of the singular values.
    public var nuclearNorm: Double
    /// Root mean squares over the entries that were fitted, and those held out.
    public var trainingError: Double
    /// The root mean square error on the entries held out.
    public var holdoutError: Double

    func rescaled(by unit: Double) -> PathPoint {
      PathPoint(
        penalty: unit * penalty, rank: rank, nuclearNorm: unit * nuclearNorm,
        trainingError: unit * trainingError, holdoutError: unit * holdoutError)
    }
  }
}

extension NuclearNormCompleter.Fit {
  /// Takes a solution in units of `unit`.
  init(
    _ state: NuclearNormSolver.State, _ entries: ObservedEntries, unit: Double, penalty: Double?
  ) {
    let certificate = state.certificate!
    let w = certificate.matrix
    // An exact problem's value is a norm; with a penalty it is of the second degree in the data.
    let valueUnit = penalty == nil ? unit : unit * unit
    var completion = w
    completion.scale(by: unit)
    var squared = 0.0
    for n in entries.values.indices {
      let (row, column) = (Int(entries.rows[n]), Int(entries.columns[n]))
      if penalty == nil { completion[row, column] = entries.values[n] }
      let residual = completion[row, column] / unit - entries.values[n] / unit
      squared += residual * residual
    }
    self.completion = completion
    singularValues = certificate.singularValues.map { $0 * unit }
    rank = state.rank
    self.penalty = penalty
    primalValue = certificate.primal * valueUnit
    dualValue = certificate.dual * valueUnit
    multipliers = entries.replacingValues(
      certificate.multipliers.map { penalty == nil ? $0 : $0 * unit })
    outcome = state.outcome
    iterations = state.newtonSteps
    trainingError = unit * (squared / Double(entries.count)).squareRoot()
  }
}
