import Analysis
import Estimators
import LinearAlgebra
import LinearNetworks
import Records

/// Matrix completion by descent on networks of several depths, and by the smallest nuclear norm, on the same entries.
///
/// The experiment of Arora, Cohen, Hu and Luo, 2019, which both papers after it show.
struct DepthComparison {
  var size: Int
  var rank: Int
  var depths: [Int]
  /// The singular values of W(0) are this.
  var initialSize = 1e-6

  /// What a method made of the entries.
  struct Result {
    /// ‖W − M‖/‖M‖.
    var relativeError: Double
    var meanSquaredError: Double
    var nuclearNorm: Double
    var effectiveRank: Double
    var steps: Int

    /// Leaves a gap in a curve.
    static var missing: Result {
      Result(
        relativeError: .nan, meanSquaredError: .nan, nuclearNorm: .nan, effectiveRank: .nan,
        steps: 0)
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

  /// - Throws: ``Interrupted``.
  func run(
    entryCount: Int, withCompleter: Bool = true,
    using generator: inout SeededGenerator,
    report: () throws(Interrupted) -> Void
  ) throws -> Comparison {
    let teacher = CompletionTeacher(
      rowCount: size, columnCount: size, rank: rank, entryCount: entryCount)
    let problem = teacher.problem(using: &generator)
    try report()
    let nuclear = try NuclearNormCompleter().fit(problem.entries, atMost: 100)
    try report()
    let completer = try withCompleter ? MatrixCompleter().fit(problem.entries) : nil
    var networks: [Result] = []
    for depth in depths {
      networks.append(try train(problem, depth: depth, using: &generator, report: report))
    }
    return Comparison(
      truth: try judge(problem.truth, problem, steps: 0),
      nuclear: try judge(nuclear.completion, problem, steps: nuclear.iterations),
      networks: networks,
      completer: try completer.map {
        try judge($0.completion(), problem, steps: $0.iterations)
      })
  }

  /// The network itself, all layers as wide as the matrix, trained from near zero until it meets the entries: the
  /// completer's path without what follows it.
  private func train(
    _ problem: CompletionTeacher.Problem, depth: Int, using generator: inout SeededGenerator,
    report: () throws(Interrupted) -> Void
  ) throws -> Result {
    var interruption: Interrupted?
    let fit = try MatrixCompleter(
      depth: depth, width: size, initialScale: initialSize / Double(size), seed: generator.next(),
      polish: .none
    ).fit(problem.entries) { _ in
      do throws(Interrupted) {
        try report()
        return true
      } catch {
        interruption = error
        return false
      }
    }
    if let interruption { throw interruption }
    return try judge(fit.completion(), problem, steps: fit.iterations)
  }

  private func judge(
    _ matrix: Matrix, _ problem: CompletionTeacher.Problem, steps: Int
  ) throws -> Result {
    let error = (matrix - problem.truth).frobeniusNorm
    let spectrum = try SingularSpectrum(of: matrix)
    return Result(
      relativeError: error / problem.truth.frobeniusNorm,
      meanSquaredError: error * error / Double(matrix.count), nuclearNorm: spectrum.nuclearNorm,
      effectiveRank: spectrum.effectiveRank,
      steps: steps)
  }
}
