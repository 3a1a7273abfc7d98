import Dynamics
public import LinearAlgebra

/// Fills in a matrix by the smallest nuclear norm, the convex counterpart of low rank, with a certificate.
///
/// Either the known entries are met exactly,
///
///     min ‖W‖_*   subject to W_ij = b_ij for (i, j) ∈ Ω,
///
/// or a penalty weighs the norm against the fit,
///
///     min ½ Σ_Ω (W_ij − b_ij)² + λ‖W‖_*,
///
/// with λ given, or chosen on a path by entries held out. Each solution carries a feasible dual point; the gap
/// between both values bounds how far either is from the optimum.
///
/// The value is inert: ``fit(_:observe:)`` returns a new value and may be called any number of times.
/// - SeeAlso: [candesRecht2009], [mazumder2010].
public struct NuclearNormCompleter: Equatable, Sendable {
  /// How the norm is weighed against the fit.
  public enum Penalty: Equatable, Sendable {
    /// The entries are met exactly.
    case none
    /// λ, in the units of the data.
    case fixed(Double)
    /// λ descends from the value that gives zero; the held-out share of the entries, between 0 and 1, decides.
    case chosen(holdoutFraction: Double)
  }

  /// How the norm is weighed against the fit.
  public var penalty: Penalty
  /// The relative duality gap at which the solver stops.
  public var tolerance: Double
  /// Decides which entries are held out.
  public var seed: UInt64

  /// An estimator with all else as usual.
  public init(penalty: Penalty = .none, tolerance: Double = 1e-7, seed: UInt64 = 0) {
    self.penalty = penalty
    self.tolerance = tolerance
    self.seed = seed
  }

  /// Why nothing can be fitted.
  public enum Failure: Error, Equatable, Sendable {
    case noEntries
    case penaltyNotPositive(Double)
    case holdoutOutOfRange(Double)
    case toleranceNotPositive(Double)
    case tooFewToHoldOut(Int)
  }

  /// What an observer is told at every Newton step.
  public struct Progress: Equatable, Sendable {
    /// The smallest relative gap so far; 1 before the first.
    public let relativeGap: Double
    /// Which point of the path is worked on; 0 without one.
    public let pathIndex: Int
  }

  /// - Parameters:
  ///   - entries: the known entries.
  ///   - observe: answering false ends the fit early, with outcome `interrupted` and the best so far.
  /// - Throws: ``Failure`` for settings out of range, `DecompositionError` when LAPACK does not converge.
  /// - Complexity: some fifty singular value decompositions of the whole matrix.
  public func fit(
    _ entries: ObservedEntries, observe: (Progress) -> Bool = { _ in true }
  ) throws -> Fit {
    try validate(entries)
    let largest = entries.values.reduce(0) { max($0, abs($1)) }
    let unit = largest > 0 ? largest : 1
    let normal = entries.replacingValues(entries.values.map { $0 / unit })
    let pattern = ObservedPattern(of: normal)
    let solver = NuclearNormSolver(
      penalty: 1, isExact: true, tolerance: tolerance, entries: normal, pattern: pattern)
    func solved(_ solver: NuclearNormSolver, from start: NuclearNormSolver.State? = nil)
      throws -> NuclearNormSolver.State
    {
      var state = try start ?? solver.start()
      try solver.solve(&state) {
        !observe(Progress(relativeGap: $0, pathIndex: 0))
      }
      return state
    }
    switch penalty {
    case .none:
      return Fit(try solved(solver), entries, unit: unit, penalty: nil)
    case .fixed(let λ):
      var solver = solver
      // A penalty beyond all that the entries can hold against leaves zero; squares of it are to be numbers.
      (solver.penalty, solver.isExact) = (min(λ / unit, 1e100), false)
      return Fit(try solved(solver), entries, unit: unit, penalty: λ)
    case .chosen where largest == 0:
      // Of zeros every penalty makes zeros.
      return Fit(try solved(solver), entries, unit: unit, penalty: nil)
    case .chosen(let fraction):
      var generator = SeededGenerator(seed: seed)
      let holdout = Holdout(of: normal, fraction: fraction, using: &generator)
      guard !holdout.validation.isEmpty else { throw Failure.tooFewToHoldOut(entries.count) }
      let path = PenaltyPath(
        training: normal.selecting(holdout.training),
        validation: normal.selecting(holdout.validation))
      let (points, wasInterrupted) = try path.follow {
        observe(Progress(relativeGap: 1, pathIndex: $0))
      }
      let best = points.min { $0.holdoutError < $1.holdoutError }!
      // Noise at a share p of the positions has a spectral norm that grows as √p.
      let growth = (Double(entries.count) / Double(holdout.training.count)).squareRoot()
      var solver = solver
      (solver.penalty, solver.isExact) = (best.penalty * growth, false)
      var fit = Fit(try solved(solver), entries, unit: unit, penalty: best.penalty * growth * unit)
      if wasInterrupted { fit.outcome = .interrupted(atStep: fit.iterations) }
      fit.holdoutError = best.holdoutError * unit
      fit.path = points.map { $0.rescaled(by: unit) }
      return fit
    }
  }

  private func validate(_ entries: ObservedEntries) throws(Failure) {
    guard tolerance > 0 else { throw .toleranceNotPositive(tolerance) }
    switch penalty {
    case .none: break
    case .fixed(let λ): guard λ > 0, λ.isFinite else { throw .penaltyNotPositive(λ) }
    case .chosen(let fraction):
      guard fraction > 0, fraction < 1 else { throw .holdoutOutOfRange(fraction) }
    }
    guard entries.count > 0 else { throw .noEntries }
  }
}

extension NuclearNormCompleter.Failure: CustomStringConvertible {
  public var description: String {
    switch self {
    case .noEntries: "there is no known entry to complete a matrix from"
    case .penaltyNotPositive(let λ): "a penalty must be positive and finite, not \(λ)"
    case .holdoutOutOfRange(let fraction):
      "the share of entries held out must lie between 0 and 1, not at \(fraction)"
    case .toleranceNotPositive(let tolerance):
      "the relative duality gap to stop at must be positive, not \(tolerance)"
    case .tooFewToHoldOut(let count):
      "none of the \(count) entries can be held out without emptying its row or column: give a penalty"
    }
  }
}
