import Dynamics
import LinearAlgebra
import LinearNetworks
import RealModule

// Entries with noise cannot be fitted exactly. A share of them is held out. On the others the path of the deep
// network is followed until the held-out error has passed its minimum, and variational factors are fitted from
// there: they find the ridge of every component, and with it the rank. Both are done with the values as they
// are and with row and column offsets removed. Beside them stand plain means, the nuclear norm, and draws from the
// posterior of the factors. Weights under which all together predict the held-out entries best decide what each
// is worth; what has weight is then fitted to all entries, and the answers are averaged by the same weights.

/// The fit of entries that no matrix of low rank matches to rounding, chosen by held-out entries.
struct NoisyFit {
  let depth: Int
  let width: Int?
  let initialScale: Double
  let holdoutFraction: Double
  let recordingInterval: Int?
  /// The largest number of components; nil for as many as the data support.
  let rank: Int?
  let threadCount: Int
  /// Whether residuals and deviations of the held-out entries are wanted.
  let isCalibrated: Bool
  /// Whether a second path would cost more than it can tell: with many entries a path is long, and variational
  /// factors find offsets' components by themselves.
  let isLarge: Bool
  var scaling = CompletionScaling.auto
  var effort = CompletionEffort.normal
  /// Whether rows follow each other, as in time.
  var hasOrderedRows = false
  /// The unit of each column, in which errors are told; nil for one unit.
  private(set) var columnUnits: [Double]?
  let isCancelled: (Double) -> Bool

  init(
    depth: Int, width: Int?, initialScale: Double, holdoutFraction: Double,
    recordingInterval: Int?, rank: Int?, threadCount: Int, isCalibrated: Bool, isLarge: Bool,
    scaling: CompletionScaling = .auto, effort: CompletionEffort = .normal,
    isCancelled: @escaping (Double) -> Bool
  ) {
    self.depth = depth
    self.width = width
    self.initialScale = initialScale
    self.holdoutFraction = holdoutFraction
    self.recordingInterval = recordingInterval
    self.rank = rank
    self.threadCount = threadCount
    self.isCalibrated = isCalibrated
    self.isLarge = isLarge
    self.scaling = scaling
    self.effort = effort
    self.isCancelled = isCancelled
  }

  struct Result {
    var model: CompletionModel
    /// Of an average, the single fit beside it: an average has the components of all its parts, and what the entries
    /// determine is asked of one.
    var single: CompletionModel?
    var path: CompletionPath
    /// The root mean square error on the held-out entries, of the chosen kind of fit to the others.
    var holdoutError: Double?
    /// Residuals of the held-out entries and the standard deviations predicted for them, which calibrate
    /// intervals.
    var calibration: [CompletionIntervals.Calibration]
    var variational: VariationalFactorization?
    /// The factors whose deviations were calibrated.
    var calibrated: VariationalFactorization?
    /// The pattern of all entries, when the fit needed it.
    var pattern: ObservedPattern?
    /// The unit of the variational factors.
    var unit: Double
    var iterations: Int
    var outcome: Outcome
    /// What took part in the choice; empty where nothing was held out.
    var candidates: [CompletionCandidate] = []
    /// The deviation of the noise in each column.
    var columnNoise: [Double]?
    /// Centres and deviations that were taken out of the columns.
    var scaling: ColumnScaling?

    /// Turns a result for data divided by a unit into one for the data.
    mutating func rescale(by factor: Double) {
      model.rescale(by: factor)
      path.rescale(by: factor)
      holdoutError = holdoutError.map { $0 * factor }
      for index in calibration.indices {
        calibration[index].residual *= factor
        calibration[index].deviation *= factor
      }
      for index in candidates.indices { candidates[index].holdoutError *= factor }
      columnNoise = columnNoise.map { $0.map { $0 * factor } }
      unit *= factor
    }
  }

  /// To how much of the noise variance fits are finished: what is left then is less than what a tenth of the entries
  /// can tell, the sooner the more there are.
  var tolerance: Double { isLarge ? 1e-4 : 1e-5 }

  /// Entries with the pattern of their positions.
  struct Sample {
    let entries: ObservedEntries
    let pattern: ObservedPattern

    init(_ entries: ObservedEntries, threadCount: Int) {
      self.entries = entries
      pattern = ObservedPattern(of: entries, threadCount: threadCount)
    }
  }

  /// One way to fit, with what it predicts for the held-out entries.
  struct Candidate {
    var kind = CompletionCandidate.Kind.offsets
    var offsets: AdditiveOffsets?
    var variational: VariationalFactorization?
    var network: LinearNetwork?
    var path: CompletionPath
    var predictions: [Double]
    var squaredErrors: [Double]
    var scale: Double
    var isPath: Bool
    var model: CompletionModel
    var noiseVariance: Double?

    var meanSquare: Double {
      squaredErrors.reduce(0, +) / Double(max(squaredErrors.count, 1))
    }
  }

  /// - Parameter entries: in the units of the data, at least one.
  func fit(_ entries: ObservedEntries, using generator: inout SeededGenerator) throws -> Result {
    let pattern = ObservedPattern(of: entries, threadCount: threadCount)
    guard let scaling = ColumnScaling(of: entries, pattern: pattern, scaling: scaling),
      self.scaling == .columns || helps(scaling, entries, using: generator)
    else { return try fitOneUnit(entries, using: &generator) }
    var scaled = self
    scaled.columnUnits = scaling.scales
    var result = try scaled.fitOneUnit(scaling.applied(to: entries), using: &generator)
    result.model = scaling.undone(result.model)
    result.columnNoise = result.columnNoise.map { zip($0, scaling.scales).map { $0 * $1 } }
    result.scaling = scaling
    return result
  }

  /// Whether factors of scaled columns predict entries held out better, each column counted in its own deviations,
  /// by more than two standard errors. Columns of one unit can differ in size because their components do; scaling
  /// them would make their noise unequal for nothing.
  ///
  /// Of a large table some of the rows are asked: ten thousand entries held out tell whether units matter. They must be
  /// enough to fit what the columns have in common, or the sample would be told to be of another kind than the table.
  private func helps(
    _ scaling: ColumnScaling, _ entries: ObservedEntries, using generator: SeededGenerator
  ) -> Bool {
    // A stream of its own: the fit that follows holds out the same entries whether or not the question was asked.
    var generator = generator
    let (entries, scaling) = Self.someRows(of: entries, scaling, using: &generator)
    let split = Holdout(of: entries, fraction: max(holdoutFraction, 0.1), using: &generator)
    guard !split.validation.isEmpty else { return false }
    var errors: [[Double]] = []
    for isScaled in [false, true] {
      let values = isScaled ? scaling.applied(to: entries) : entries
      let training = Sample(values.selecting(split.training), threadCount: threadCount)
      let validation = Sample(values.selecting(split.validation), threadCount: threadCount)
      let offsets = AdditiveOffsets(fitting: training.entries.values, pattern: training.pattern)
      var rounds = 0
      let found = grownCandidate(
        training, validation, offsets: offsets, offering: 2, path: CompletionPath(), &rounds,
        using: &generator)
      let predictions =
        found.first?.predictions
        ?? Self.empty(entries, offsets).values(at: validation.entries)
      errors.append(
        validation.entries.values.indices.map { k in
          let column = Int(validation.entries.columns[k])
          let error = predictions[k] - validation.entries.values[k]
          let unit = isScaled ? 1 : scaling.scales[column]
          // Errors of a fit that misses a unit are out by orders: logarithms keep a few from drowning the others.
          return Double.log(onePlus: (error / unit) * (error / unit))
        })
    }
    return Self.isBetter(errors[1], than: errors[0])
  }

  /// So many entries, and rows, tell whether columns have units of their own.
  private static let unitEntryCount = 100_000
  private static let unitRowCount = 500

  /// Rows drawn at random, with the columns that have entries there; all where they are few.
  private static func someRows(
    of entries: ObservedEntries, _ scaling: ColumnScaling, using generator: inout SeededGenerator
  ) -> (ObservedEntries, ColumnScaling) {
    guard entries.count > 2 * unitEntryCount, entries.rowCount > 2 * unitRowCount else {
      return (entries, scaling)
    }
    var isTaken = [Bool](repeating: false, count: entries.rowCount)
    var (count, rows) = (0, 0)
    for row in generator.permutation(entries.rowCount) {
      if count >= unitEntryCount, rows >= unitRowCount { break }
      isTaken[row] = true
      rows += 1
      count += entries.rowStarts[row + 1] - entries.rowStarts[row]
    }
    let some = entries.selecting(entries.values.indices.filter { isTaken[Int(entries.rows[$0])] })
    let table = OccupiedTable(of: some)
    var own = scaling
    own.centres = table.columns.map { scaling.centres[$0] }
    own.scales = table.columns.map { scaling.scales[$0] }
    return (table.compacted(some), own)
  }

  /// The same for columns of one unit.
  private func fitOneUnit(
    _ entries: ObservedEntries, using generator: inout SeededGenerator
  ) throws -> Result {
    if !hasOrderedRows, effort != .thorough, holdoutFraction > 0,
      let side = LongSide(of: entries, using: &generator), side.isRows || columnUnits == nil
    {
      return try fitLong(side, entries, using: &generator)
    }
    let first = try trial(entries, using: &generator)
    let validation = first.validation.entries
    var chosen = choose(first.single)
    if effort != .quick, rank == nil, validation.count > 0, !isCancelled(0.6) {
      var trials = [try pooled(first, chosen, using: &generator)]
      // Weights from few entries are chance; where entries are few, other tenths of them are soon held out too.
      while trials.count < trialCount(entries)
        || trials.count < Self.mostTrials && entries.count <= Self.retriedCount
          && isUndecided(trials, chosen),
        !isCancelled(0.6)
      {
        let next = try trial(entries, using: &generator)
        trials.append(try pooled(next, choose(next.single), using: &generator))
      }
      chosen = bestSingle(of: trials) ?? chosen
      if var averaged = try average(trials, chosen, entries, using: &generator) {
        averaged.single = chosen.model
        return averaged
      }
    }
    return try refit(
      chosen, entries, validation: validation, iterations: first.iterations, using: &generator)
  }

  /// Where an average seems better by less than chance, another tenth is held out, up to so many times.
  private static let mostTrials = 3
  /// Tables of more entries hold out enough at once.
  private static let retriedCount = 50_000

  private func isUndecided(_ trials: [Pool], _ chosen: Candidate) -> Bool {
    judgement(trials, bestSingle(of: trials) ?? chosen).isUndecided
  }

  /// How often a share of the entries is held out, where averages are weighed by them.
  private func trialCount(_ entries: ObservedEntries) -> Int {
    switch entries.count {
    case ...4_000: effort == .thorough ? 8 : 3
    case ...20_000: effort == .thorough ? 4 : 2
    default: 1
    }
  }

  /// Single fits of some entries, judged by the others.
  struct Trial {
    let training: Sample
    let validation: Sample
    var single: [Candidate]
    var iterations: Int
  }

  func trial(
    _ entries: ObservedEntries, using generator: inout SeededGenerator
  ) throws -> Trial {
    let split = Holdout(of: entries, fraction: holdoutFraction, using: &generator)
    let training = Sample(entries.selecting(split.training), threadCount: threadCount)
    let validation = Sample(entries.selecting(split.validation), threadCount: threadCount)
    let offsets = AdditiveOffsets(fitting: training.entries.values, pattern: training.pattern)
    var iterations = 0
    // A rank that is given need not be read off a path, when there are entries enough to start without one.
    var candidates =
      if isLarge, let rank {
        grownCandidate(
          training, validation, offsets: nil, offering: rank, path: CompletionPath(), &iterations,
          using: &generator)
      } else {
        try self.candidates(training, validation, offsets: nil, &iterations, using: &generator)
      }
    if !isCancelled(0.5), Self.mayMatter(offsets, training), !areComponents(training) {
      if isLarge {
        let found = candidates.last?.variational?.rank ?? 0
        candidates += grownCandidate(
          training, validation, offsets: offsets, offering: rank ?? found + 1,
          path: candidates.first?.path ?? CompletionPath(), &iterations, using: &generator)
      } else {
        candidates += try self.candidates(
          training, validation, offsets: offsets, &iterations, using: &generator)
      }
    }
    if validation.entries.count > 0 || candidates.isEmpty {
      candidates.append(
        candidate(
          offsets: offsets, model: Self.empty(entries, offsets), validation,
          path: candidates.first?.path ?? CompletionPath(), scale: 1))
    }
    return Trial(
      training: training, validation: validation, single: candidates, iterations: iterations)
  }

  /// Whether offsets may as well be two of the components. Those are fitted with a number for each row and column, which
  /// adds the noise's variance times their number over that of the entries; where this is less than twice the gain that
  /// an average must bring, offsets of their own are not worth a second fit of a large table.
  private func areComponents(_ sample: Sample) -> Bool {
    let entries = sample.entries
    return isLarge && rank == nil
      && 100 * (entries.rowCount + entries.columnCount) < entries.count
  }

  /// The root mean square of errors at some positions, in the units of the data.
  func rootMeanSquareError(_ predictions: [Double], _ entries: ObservedEntries) -> Double {
    rootMeanSquare(
      predictions.indices.map {
        (predictions[$0] - entries.values[$0]) * (columnUnits?[Int(entries.columns[$0])] ?? 1)
      })
  }

  // MARK: refitting

  func refit(
    _ chosen: Candidate, _ entries: ObservedEntries, validation: ObservedEntries, iterations: Int,
    using generator: inout SeededGenerator
  ) throws -> Result {
    var result = Result(
      model: Self.empty(entries, chosen.offsets), path: chosen.path,
      holdoutError: validation.count > 0
        ? rootMeanSquareError(chosen.predictions, validation) : nil,
      calibration: [], variational: nil, pattern: nil, unit: chosen.scale, iterations: iterations,
      outcome: .converged)
    let scale = chosen.scale
    result.calibration = calibration(chosen, validation, chosen.predictions)
    result.calibrated = chosen.variational
    if let factors = chosen.variational {
      let pattern = ObservedPattern(of: entries, threadCount: threadCount)
      result.pattern = pattern
      var fit = VariationalFit(
        entries.replacingValues(entries.values.map { $0 / scale }), pattern: pattern,
        factors: factors,
        offsets: chosen.offsets.map { $0.rescaled(by: 1 / scale) }, rankBound: rank,
        isCancelled: { isCancelled(0.9) })
      fit.settle(tolerance: tolerance)
      result.iterations += fit.rounds
      result.model = Self.model(
        of: fit.factors, offsets: fit.offsets.map { $0.rescaled(by: scale) }, scale: scale)
      result.variational = fit.factors
    } else {
      let offsets = chosen.offsets.map { _ in AdditiveOffsets(fitting: entries) }
      if let network = chosen.network {
        // The network is where it should be but for the entries held out; a few more steps take those in.
        let centred = offsets.map { $0.subtracted(from: entries) } ?? entries
        let normal = centred.replacingValues(centred.values.map { $0 / scale })
        let steps = chosen.path.chosenStep.map { max($0 / 5, 5) } ?? 5
        let trajectory = continued(network, on: normal, steps: steps)
        result.iterations += trajectory.stepCount
        result.model = try Self.model(of: trajectory.finalNetwork, scale: scale)
      }
      result.model.offsets = offsets
    }
    if isCancelled(1) { result.outcome = .interrupted(atStep: result.iterations) }
    return result
  }

  /// Residuals of the entries held out beside the deviations that the factors predict there.
  func calibration(
    _ chosen: Candidate, _ validation: ObservedEntries, _ predictions: [Double]
  ) -> [CompletionIntervals.Calibration] {
    guard isCalibrated else { return [] }
    return validation.values.indices.map { k in
      let variance =
        chosen.variational.map {
          $0.variance(row: Int(validation.rows[k]), column: Int(validation.columns[k]))
        } ?? 1
      return CompletionIntervals.Calibration(
        column: Int(validation.columns[k]), residual: validation.values[k] - predictions[k],
        deviation: variance.squareRoot() * chosen.scale)
    }
  }

  private func continued(
    _ network: LinearNetwork, on entries: ObservedEntries, steps: Int
  ) -> Trajectory {
    let descent = GradientDescent(stepLimit: steps)
    if network.depth == 1 {
      var loss = EndToEndLoss(CompletionObjective(entries), widths: network.widths)
      return descent.run(&loss, from: network)
    }
    var loss = SparseCompletionLoss(
      entries, pattern: ObservedPattern(of: entries, threadCount: threadCount),
      widths: network.widths)
    return descent.run(&loss, from: network)
  }
}

/// √(Σ x²/n), zero for no numbers.
func rootMeanSquare(_ values: [Double]) -> Double {
  guard !values.isEmpty else { return 0 }
  return (values.reduce(0) { $0 + $1 * $1 } / Double(values.count)).squareRoot()
}
