import LinearAlgebra

/// Penalised fits for descending penalties, each started from the one before, judged by held-out entries.
struct PenaltyPath {
  let training: ObservedEntries
  let validation: ObservedEntries

  /// Each penalty is this fraction of the one before; the first is just below the one whose answer is zero.
  private static let ratio = 0.7
  private static let lengthLimit = 30
  /// The path ends when the held-out error has not improved for so many penalties.
  private static let patience = 4
  private static let tolerance = 1e-4

  /// Follows the path until the held-out error is past its minimum, or the observer has seen enough.
  func follow(
    observe: (Int) -> Bool
  ) throws(DecompositionError) -> (points: [NuclearNormCompleter.PathPoint], wasInterrupted: Bool) {
    let pattern = ObservedPattern(of: training)
    var penalty = try Self.ratio * training.dense(elsewhere: 0).spectralNorm()
    var points: [NuclearNormCompleter.PathPoint] = []
    var state: NuclearNormSolver.State?
    var best = 0
    for index in 0..<Self.lengthLimit {
      let solver = NuclearNormSolver(
        penalty: penalty, isExact: false, tolerance: Self.tolerance, entries: training,
        pattern: pattern)
      var current: NuclearNormSolver.State
      if let state { current = state } else { current = try solver.start() }
      var isStopped = false
      try solver.solve(&current) { _ in
        if !isStopped { isStopped = !observe(index) }
        return isStopped
      }
      points.append(point(current, penalty))
      if points[index].holdoutError < points[best].holdoutError { best = index }
      if isStopped { return (points, true) }
      if index - best >= Self.patience { break }
      penalty *= Self.ratio
      current.multipliers = current.multipliers.map { $0 * Self.ratio }
      state = current
    }
    return (points, false)
  }

  private func point(
    _ state: NuclearNormSolver.State, _ penalty: Double
  ) -> NuclearNormCompleter.PathPoint {
    NuclearNormCompleter.PathPoint(
      penalty: penalty, rank: state.rank,
      nuclearNorm: state.certificate?.singularValues.reduce(0, +) ?? 0,
      trainingError: error(state.matrix, training), holdoutError: error(state.matrix, validation))
  }

  private func error(_ matrix: Matrix, _ entries: ObservedEntries) -> Double {
    rootMeanSquare(
      entries.values.indices.map {
        matrix[Int(entries.rows[$0]), Int(entries.columns[$0])] - entries.values[$0]
      })
  }
}
