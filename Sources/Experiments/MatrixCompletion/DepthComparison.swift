import Analysis
import Dynamics
import Estimators
import LinearAlgebra
import LinearNetworks
import RealModule
import Records

/// Matrix completion by descent on networks of several depths, and by the smallest nuclear norm, on the same entries.
///
/// The experiment of Arora, Cohen, Hu and Luo, 2019, which both papers after it show.
struct DepthComparison {
  var size: Int
  var rank: Int
  var depths: [Int]
  /// ‖W(0)‖ is about this.
  var initialSize = 1e-6
  /// Training ends at this mean square of the residuals.
  var targetMeanSquare: Double
  /// Below this mean square all components have been chosen and the rest is stiff: gradient flow, by a stabilised
  /// integrator, takes over from descent.
  var stiffMeanSquare = 1e-5
  /// Of the descent.
  var stepLimit = 5000

  /// What a method made of the entries.
  struct Result {
    /// ‖W − M‖/‖M‖.
    var relativeError: Double
    var meanSquaredError: Double
    var nuclearNorm: Double
    var effectiveRank: Double
    /// The root mean square at the known entries.
    var trainingError: Double
    var steps: Int

    /// Leaves a gap in a curve.
    static var missing: Result {
      Result(
        relativeError: .nan, meanSquaredError: .nan, nuclearNorm: .nan, effectiveRank: .nan,
        trainingError: .nan, steps: 0)
    }
  }

  /// All methods on one problem.
  struct Comparison {
    var truth: Result
    var nuclear: Result
    /// In the order of the depths.
    var networks: [Result]
    /// The library's own completer; nil where it was left out.
    var completer: Result?
  }

  /// - Parameter isDetermined: whether problems are drawn until every entry is determined as far as counting tells: a small
  ///   matrix often has a row or column without enough known entries, of which no method can say anything.
  /// - Throws: ``Interrupted``.
  func run(
    entryCount: Int, isDetermined: Bool = false, withCompleter: Bool = true,
    using generator: inout SeededGenerator,
    report: () throws(Interrupted) -> Void
  ) throws -> Comparison {
    let teacher = CompletionTeacher(
      rowCount: size, columnCount: size, rank: rank, entryCount: entryCount)
    var problem = teacher.problem(using: &generator)
    while isDetermined,
      MaskReport(of: problem.entries, rank: rank).undeterminedEntryCount > 0
    {
      try report()
      problem = teacher.problem(using: &generator)
    }
    try report()
    let nuclear = try NuclearNormCompleter().fit(problem.entries, atMost: 100)
    try report()
    let completer = try withCompleter ? MatrixCompleter().fit(problem.entries) : nil
    var networks: [Result] = []
    for depth in depths {
      networks.append(try descend(problem, depth: depth, using: &generator, report: report))
    }
    return Comparison(
      truth: try judge(problem.truth, problem, steps: 0),
      nuclear: try judge(nuclear.completion, problem, steps: nuclear.iterations),
      networks: networks,
      completer: try completer.map {
        try judge($0.completion(), problem, steps: $0.iterations)
      })
  }

  /// Training of all layers, as wide as the matrix, from Gaussian weights near zero.
  private func descend(
    _ problem: CompletionTeacher.Problem, depth: Int, using generator: inout SeededGenerator,
    report: () throws(Interrupted) -> Void
  ) throws -> Result {
    // A layer with this deviation scales lengths by initialSize^{1/N}.
    let start = LinearNetwork.gaussian(
      widths: [Int](repeating: size, count: depth + 1),
      standardDeviation: Double.root(initialSize, depth) / Double(size).squareRoot(),
      using: &generator)
    var loss = SparseCompletionLoss(problem.entries, widths: start.widths)
    var interruption: Interrupted?
    func goOnUnlessInterrupted() -> GradientDescent.Verdict {
      do throws(Interrupted) {
        try report()
        return .goOn
      } catch {
        interruption = error
        return .interrupt
      }
    }
    let descent = GradientDescent(
      targetLoss: max(targetMeanSquare, stiffMeanSquare) / 2, stepLimit: stepLimit)
    let run = descent.run(&loss, from: start) { progress in
      progress.step % 200 == 0 ? goOnUnlessInterrupted() : .goOn
    }
    if let interruption { throw interruption }
    guard targetMeanSquare < stiffMeanSquare, run.outcome == .converged else {
      return try judge(run.finalNetwork.endToEnd(), problem, steps: run.stepCount)
    }
    let flow = GradientFlow(
      until: .infinity, method: .chebyshev, steps: .adaptive(relativeTolerance: 1e-3),
      targetLoss: targetMeanSquare / 2, stepLimit: 1000
    ).run(CompletionObjective(problem.entries), from: run.finalNetwork) { _ in
      goOnUnlessInterrupted()
    }
    if let interruption { throw interruption }
    return try judge(
      flow.trajectory.finalNetwork.endToEnd(), problem,
      steps: run.stepCount + flow.trajectory.stepCount)
  }

  private func judge(
    _ matrix: Matrix, _ problem: CompletionTeacher.Problem, steps: Int
  ) throws -> Result {
    let error = (matrix - problem.truth).frobeniusNorm
    let spectrum = try SingularSpectrum(of: matrix)
    let entries = problem.entries
    var sum = 0.0
    for k in entries.values.indices {
      let residual = matrix[Int(entries.rows[k]), Int(entries.columns[k])] - entries.values[k]
      sum += residual * residual
    }
    return Result(
      relativeError: error / problem.truth.frobeniusNorm,
      meanSquaredError: error * error / Double(matrix.count), nuclearNorm: spectrum.nuclearNorm,
      effectiveRank: spectrum.effectiveRank,
      trainingError: (sum / Double(entries.count)).squareRoot(), steps: steps)
  }
}
