import Analysis
import Dynamics
import LinearAlgebra

// With the row factor eliminated, f(V) = ½‖e(V)‖² is a function of the column space alone. Gauss–Newton on it,
// without the term that vanishes with the residual (Kaufman's form), solves
//
//     (S + μ s I + G) δ = g,   S_{jj'} = Σ_i (I − Q_iQ_iᵀ)_{jj'} u_i u_iᵀ,   g_j = Σ_i e_ij u_i,
//
// where μ is Levenberg and Marquardt's damping, s the mean diagonal of S, and G = s VVᵀ ⊗ I removes the
// directions V → V A that do not change the column space. On exact data convergence is quadratic.

/// The least-squares fit of a matrix of given rank to known entries, from a start near it: damped variable
/// projection, which in the literature is also called the Wiberg algorithm.
///
/// - SeeAlso: [okatani2011], [hong2017].
struct VariableProjection {
  /// The rank r of the fit.
  var rank: Int
  var iterationLimit = 50
  /// The fit counts as exact when ‖e‖ is at most this times ‖b‖.
  var exactness = 1e-13

  struct Fit {
    /// Rows × rank and columns × rank; the second has orthonormal columns.
    var rowFactor: Matrix
    var columnFactor: Matrix
    /// ‖e‖/‖b‖.
    var relativeResidual: Double
    var iterations: Int
    var outcome: Outcome
  }

  /// Fits to entries from the column space of a start.
  ///
  /// - Parameter columnFactor: columns × rank, of full rank.
  /// - Complexity: an iteration costs O(Σ_i (k_i r)² + (columns · r)³) directly, or O(|Ω| r) for each step of
  ///   conjugate gradients; k_i is the number of entries of row i.
  func fit(
    _ entries: ObservedEntries, from columnFactor: Matrix, isCancelled: () -> Bool = { false }
  ) throws -> Fit {
    let dataNorm = entries.values.reduce(0) { $0 + $1 * $1 }.squareRoot()
    var v = try QRDecomposition(of: columnFactor).orthogonalFactor
    var current = EliminatedRows(entries: entries, rank: rank)
    current.solve(entries, columnFactor: v)
    var trial = current
    var damping = 1e-2
    var iterations = 0
    var equations = ReducedEquations(entries: entries, rank: rank)
    var outcome = Outcome.stepLimit(iterationLimit)
    var recent: [Double] = []

    func relative(_ squared: Double) -> Double {
      dataNorm == 0 ? 0 : squared.squareRoot() / dataNorm
    }

    iterating: while iterations < iterationLimit {
      if relative(current.squaredResidual) <= exactness {
        outcome = .converged
        break
      }
      if isCancelled() {
        outcome = .interrupted(atStep: iterations)
        break
      }
      iterations += 1
      equations.assemble(entries, current)
      while true {
        guard let step = try equations.solve(entries, current, v, damping: damping) else {
          damping = max(damping, 1e-8) * 10
          continue
        }
        var moved = v
        moved.add(step, scaledBy: 1)
        moved = try QRDecomposition(of: moved).orthogonalFactor
        trial.solve(entries, columnFactor: moved)
        if trial.squaredResidual < current.squaredResidual {
          v = moved
          damping *= 0.1
          break
        }
        damping = max(damping, 1e-12) * 10
        if damping > 1e6 {
          outcome = .stalled(atStep: iterations)
          break iterating
        }
      }
      let fall = 1 - trial.squaredResidual / current.squaredResidual
      swap(&current, &trial)
      // A residual that hardly falls any more is the noise, or a wrong rank.
      recent.append(current.squaredResidual)
      let isSlow = recent.count > 6 && recent[recent.count - 1] > 0.8 * recent[recent.count - 7]
      if fall < 1e-3 || isSlow, relative(current.squaredResidual) > 1e-9 {
        outcome = .stalled(atStep: iterations)
        break
      }
    }
    let residual = relative(current.squaredResidual)
    if residual <= exactness { outcome = .converged }
    return Fit(
      rowFactor: current.rowFactor, columnFactor: v, relativeResidual: residual,
      iterations: iterations, outcome: outcome)
  }
}
