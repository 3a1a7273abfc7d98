import Dynamics
import LinearAlgebra
import LinearNetworks
import RealModule

/// The path of a network trained on measurements, and the fits of the ranks that it suggests.
struct SensingSearch {
  let sensor: MatrixSensor
  let isCancelled: (Double) -> Bool

  struct Result {
    var left: Matrix
    var right: Matrix
    var isExact: Bool
    var iterations: Int
    var holdoutError: Double?
    var path: CompletionPath
    var outcome: Outcome
    var isUnpredictive = false
    var dualityGap: Double?
  }

  /// Mean squares of the residuals, relative to the values', at which the path is examined.
  private static let stages = [1e-2, 1e-3, 1e-4, 1e-6]
  private static let stepLimit = 3000
  /// ‖e‖/‖b‖ of a fit that counts as exact.
  private static let exactness = 1e-11

  /// - Parameters:
  ///   - comparable: the measurements with equations of comparable sizes, for the search for an exact answer.
  ///   - measurements: as given, for noisy ones: the noise is that of the values.
  func run(
    _ comparable: (LinearMeasurements, [Double]), _ measurements: LinearMeasurements,
    _ values: [Double], using generator: inout SeededGenerator
  ) throws -> Result {
    if sensor.method == .nuclear { return try smallestNorm(comparable) }
    if sensor.depth == 1 { return try linear(comparable) }
    var walk = Walk(self, comparable.0, comparable.1, using: &generator)
    if let exact = try explained(comparable.0, comparable.1, &walk) { return exact }
    return try sensor.holdoutFraction > 0 && values.count > 1
      ? heldOut(measurements, values, walk, using: &generator)
      : judgedBySurplus(measurements, values, walk, using: &generator)
  }

  /// A matrix that explains all measurements to rounding, of the lowest rank that is found to.
  private func explained(
    _ measurements: LinearMeasurements, _ values: [Double], _ walk: inout Walk
  ) throws -> Result? {
    for stage in Self.stages.indices {
      let spectrum = try walk.descend(until: Self.stages[stage]) {
        isCancelled(0.1 * Double(stage))
      }
      if let found = explained(
        measurements, values, spectrum,
        SpectrumGap.candidates(spectrum.singularValues, limit: 2)
          .filter { isDeterminable($0, measurements) }, &walk)
      {
        return found
      }
      if walk.isExhausted || isCancelled(0.1 * Double(stage + 1)) { break }
    }
    guard measurements.count <= Self.projectionLimit, !isCancelled(0.45) else { return nil }
    // What the measurements do not see stays near zero on the path; the least norm has it at zero.
    let least = try SingularValueDecomposition(
      of: MeasurementProjection(measurements, values).leastNorm())
    let size = least.singularValues.first ?? 0
    var ranks = SpectrumGap.candidates(least.singularValues, limit: 2)
      .filter { isDeterminable($0, measurements) }
    if !isDeterminable(1, measurements) {
      // Not even rank one is determined: the lowest rank that agrees is an answer, one of many.
      ranks = Array(1...max(1, least.singularValues.prefix { $0 > 1e-12 * size }.count))
    }
    if let found = explained(measurements, values, least, ranks, &walk) { return found }
    return try explainedFromElsewhere(measurements, values, &walk)
  }

  /// The path's spectrum can hide the rank, and a polish can end in a minimum that is none of all: where that is soon
  /// done, every low rank is tried, from the path's end and from starts by chance.
  private func explainedFromElsewhere(
    _ measurements: LinearMeasurements, _ values: [Double], _ walk: inout Walk
  ) throws -> Result? {
    let (rows, columns) = (measurements.rowCount, measurements.columnCount)
    guard values.count * rows * columns <= Self.elsewhereLimit else { return nil }
    var generator = SeededGenerator(seed: sensor.seed)
    let end = try walk.decomposition()
    let size = rootMeanSquare(end.singularValues)
    for rank in 1...min(Self.elsewhereRanks, sensor.width ?? Self.elsewhereRanks)
    where isDeterminable(rank, measurements) {
      var starts = [end]
      for _ in 1..<Self.elsewhereStarts {
        let left = Matrix.gaussian(rowCount: rows, columnCount: rank, using: &generator)
        let right = Matrix.gaussian(rowCount: rank, columnCount: columns, using: &generator)
        let product = left * right
        let scale = product.frobeniusNorm > 0 ? size / product.frobeniusNorm : 1
        starts.append(try SingularValueDecomposition(of: scale * product))
      }
      for start in starts {
        if let found = explained(measurements, values, start, [rank], &walk) { return found }
      }
    }
    return nil
  }

  /// Elements of all A_i together up to which further starts are tried; the highest rank and how many starts of each.
  private static let elsewhereLimit = 200_000
  private static let elsewhereRanks = 5
  private static let elsewhereStarts = 4

  private func explained(
    _ measurements: LinearMeasurements, _ values: [Double], _ start: SingularValueDecomposition,
    _ ranks: [Int], _ walk: inout Walk
  ) -> Result? {
    for rank in ranks where !isCancelled(0.4) {
      let fit = polish(measurements, values, start, rank, &walk.steps)
      if fit.relativeResidual <= Self.exactness {
        return Result(
          left: fit.left, right: fit.right, isExact: isDeterminable(rank, measurements),
          iterations: walk.steps, holdoutError: nil, path: walk.path, outcome: .converged)
      }
    }
    return nil
  }

  /// More measurements are left to the path.
  private static let projectionLimit = 3000

  /// One layer: the least squares of smallest norm, where its descent from zero ends.
  private func linear(_ problem: (LinearMeasurements, [Double])) throws -> Result {
    let (measurements, values) = problem
    let projection = try MeasurementProjection(measurements, values)
    let w = projection.leastNorm()
    let squared = zip(measurements.values(of: w), values).reduce(0) {
      $0 + ($1.0 - $1.1) * ($1.0 - $1.1)
    }
    let norm = values.reduce(0) { $0 + $1 * $1 }
    let size = measurements.rowCount * measurements.columnCount
    return try Result(
      product: w, isExact: measurements.count > size && squared <= 1e-22 * norm, steps: 1,
      path: CompletionPath())
  }

  private func smallestNorm(_ problem: (LinearMeasurements, [Double])) throws -> Result {
    let solution = try NuclearNormSensing().solve(problem.0, problem.1, isCancelled: isCancelled)
    var result = try Result(
      product: solution.matrix, isExact: false, steps: solution.steps, path: CompletionPath())
    result.dualityGap = solution.dualityGap
    if solution.wasCancelled {
      result.outcome = .interrupted(atStep: solution.steps)
    } else if !solution.isConverged {
      result.outcome = .stepLimit(solution.steps)
    }
    return result
  }

  /// Without measurements held out: the rank of the smallest residual for each measurement beyond the degrees of
  /// freedom, squared as in generalised cross-validation.
  private func judgedBySurplus(
    _ measurements: LinearMeasurements, _ values: [Double], _ whole: Walk,
    using generator: inout SeededGenerator
  ) throws -> Result {
    var walk = Walk(self, measurements, values, using: &generator)
    let spectrum = try walk.descend(until: Self.stages[1]) { isCancelled(0.5) }
    var steps = whole.steps + walk.steps
    let count = Double(values.count)
    let norm = rootMeanSquare(values)
    func score(_ residual: Double, _ rank: Int) -> Double {
      let freedom = Double(rank * (measurements.rowCount + measurements.columnCount - rank))
      return residual / (1 - freedom / count)
    }
    var best = (
      score: norm, left: Matrix.zeros(measurements.rowCount, 0),
      right: Matrix.zeros(measurements.columnCount, 0), rank: 0
    )
    for rank in 1...max(spectrum.singularValues.count, 1)
    where isDeterminable(rank, measurements) && rank <= best.rank + 3 {
      if isCancelled(0.7) { break }
      let fit = polish(measurements, values, spectrum, rank, &steps)
      let next = score(fit.relativeResidual * norm, rank)
      if next < best.score { best = (next, fit.left, fit.right, rank) }
    }
    return Result(
      left: best.left, right: best.right, isExact: false, iterations: steps, holdoutError: nil,
      path: whole.path, outcome: .converged,
      isUnpredictive: 2 * best.score * best.score > norm * norm)
  }

  /// Whether the measurements outnumber the degrees of freedom by a twentieth.
  private func isDeterminable(_ rank: Int, _ measurements: LinearMeasurements) -> Bool {
    let freedom = rank * (measurements.rowCount + measurements.columnCount - rank)
    return rank <= min(measurements.rowCount, measurements.columnCount)
      && 20 * freedom < 19 * measurements.count
  }

  private func polish(
    _ measurements: LinearMeasurements, _ values: [Double], _ start: SingularValueDecomposition,
    _ rank: Int, _ steps: inout Int
  ) -> FactoredLeastSquares.Fit {
    let fit = FactoredLeastSquares().fit(measurements, values, from: start, rank: rank) {
      isCancelled(0.5)
    }
    steps += fit.iterations
    return fit
  }

  /// The rank whose fit to the other measurements predicts the held-out ones best, fitted to all of them.
  private func heldOut(
    _ measurements: LinearMeasurements, _ values: [Double], _ whole: Walk,
    using generator: inout SeededGenerator
  ) throws -> Result {
    let count = max(1, Int((sensor.holdoutFraction * Double(values.count)).rounded()))
    let validation = generator.sample(min(count, values.count - 1), below: values.count)
    let isHeld = Set(validation)
    let training = values.indices.filter { !isHeld.contains($0) }
    let (known, b) = (measurements.selecting(training), training.map { values[$0] })
    let (unseen, expected) = (measurements.selecting(validation), validation.map { values[$0] })
    func error(_ left: Matrix, _ right: Matrix) -> Double {
      rootMeanSquare(zip(unseen.values(left: left, right: right), expected).map { $0 - $1 })
    }
    // Of the same measurements: others may be larger by chance.
    let meanSquare = expected.reduce(0) { $0 + $1 * $1 } / Double(expected.count)
    var walk = Walk(self, known, b, using: &generator)
    let spectrum = try walk.descend(until: Self.stages[1]) { isCancelled(0.5) }
    var best = (
      rank: 0, error: rootMeanSquare(expected), left: Matrix.zeros(known.rowCount, 0),
      right: Matrix.zeros(known.columnCount, 0)
    )
    var steps = whole.steps + walk.steps
    for rank in 1...spectrum.singularValues.count
    where isDeterminable(rank, known) && rank <= best.rank + 3 {
      if isCancelled(0.6) { break }
      let fit = polish(known, b, spectrum, rank, &steps)
      let error = error(fit.left, fit.right)
      if error < best.error { best = (rank, error, fit.left, fit.right) }
    }
    var (left, right) = (best.left, best.right)
    if best.rank > 0 {
      let product = left.timesTransposed(right)
      let fit = polish(
        measurements, values, try SingularValueDecomposition(of: product), best.rank, &steps)
      (left, right) = (fit.left, fit.right)
    }
    return Result(
      left: left, right: right, isExact: false, iterations: steps, holdoutError: best.error,
      path: whole.path, outcome: .converged,
      isUnpredictive: 2 * best.error * best.error > meanSquare)
  }

  /// A network on its way down.
  private struct Walk {
    private var network: LinearNetwork
    private var loss: MeasurementLoss
    private let meanSquare: Double
    private let interval: Int?
    var steps = 0
    var isExhausted = false
    var path = CompletionPath()

    init(
      _ search: SensingSearch, _ measurements: LinearMeasurements, _ values: [Double],
      using generator: inout SeededGenerator
    ) {
      let sensor = search.sensor
      let (rows, columns) = (measurements.rowCount, measurements.columnCount)
      let width = sensor.width ?? min(32, rows, columns)
      let widths = [columns] + [Int](repeating: width, count: sensor.depth - 1) + [rows]
      loss = MeasurementLoss(measurements, values: values, widths: widths)
      meanSquare = values.reduce(0) { $0 + $1 * $1 } / Double(values.count)
      interval = sensor.recordingInterval
      // The multiple of Σ b_i A_i that fits the measurements best is about as large as the matrix.
      let gradient = measurements.combination(values)
      let image = measurements.values(of: gradient)
      let slope = zip(image, values).reduce(0) { $0 + $1.0 * $1.1 }
      let curvature = image.reduce(0) { $0 + $1 * $1 }
      let size = curvature > 0 ? slope / curvature * gradient.frobeniusNorm : 1
      network = .balanced(
        widths: widths, scale: (sensor.initialScale ?? 1e-5) * size, using: &generator)
    }

    /// Where it is.
    func decomposition() throws -> SingularValueDecomposition {
      try network.endToEndDecomposition()
    }

    /// Goes on until the mean square of the residuals is this share of the values', or progress ends.
    mutating func descend(
      until share: Double, isCancelled: () -> Bool
    ) throws -> SingularValueDecomposition {
      let descent = GradientDescent(
        targetLoss: share * meanSquare / 2, stepLimit: SensingSearch.stepLimit - steps)
      let before = steps
      var recent: [Double] = []
      var recorded = path.points
      var isFlat = false
      let (interval, meanSquare) = (interval, meanSquare)
      let trajectory = descent.run(&loss, from: network) { progress in
        let step = before + progress.step
        if let interval, step % interval == 0 {
          recorded.append(
            CompletionPath.Point(
              step: step, trainingError: (2 * progress.loss).squareRoot(), holdoutError: nil,
              singularValues: progress.network.singularValues()))
        }
        recent.append(progress.loss)
        // Hardly any fall over a hundred steps, once the first component has risen.
        if recent.count > 100, 2 * progress.loss < 0.9 * meanSquare,
          progress.loss > 0.98 * recent[recent.count - 101]
        {
          isFlat = true
          return .enough
        }
        return isCancelled() ? .interrupt : .goOn
      }
      network = trajectory.finalNetwork
      steps += trajectory.stepCount
      path.points = recorded
      path.chosenStep = steps
      isExhausted = isFlat || trajectory.outcome != .converged
      return try network.endToEndDecomposition()
    }
  }
}

extension SensingSearch.Result {
  /// A result from the matrix itself.
  fileprivate init(
    product: Matrix, isExact: Bool, steps: Int, path: CompletionPath
  ) throws {
    let svd = try SingularValueDecomposition(of: product)
    let largest = svd.singularValues.first ?? 0
    let rank = svd.singularValues.prefix { $0 > 1e-12 * largest }.count
    self.init(
      left: svd.leftVectors.firstColumns(rank)
        .scalingColumns(by: Array(svd.singularValues.prefix(rank))),
      right: svd.rightVectors.firstColumns(rank), isExact: isExact, iterations: steps,
      holdoutError: nil, path: path, outcome: .converged)
  }
}
