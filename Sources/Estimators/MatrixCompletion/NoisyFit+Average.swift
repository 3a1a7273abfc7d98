import Dynamics
import LinearAlgebra

// Candidates that were fitted to the same entries err differently on those held out, and a weighted mean of them errs
// less than the best. Weights are non-negative and sum to one, so that the mean never leaves the range of what was
// predicted; plain means are always among the candidates. An average is taken where it is better than the single
// fit by more than a standard error of the difference and a quarter of a per cent, judged by weights that have not seen the
// entries they average: a table that one low-rank fit explains keeps its rank.

extension NoisyFit {
  /// What the average of a fit needs of a candidate that is not a single low-rank fit.
  fileprivate struct Sampled {
    var draws: PosteriorDraws
    var schedule: DrawSchedule
  }

  fileprivate struct Penalized {
    var factors: SoftImputation
    var penalty: Double
    var offsets: AdditiveOffsets
    var scale: Double
  }

  /// All kinds of fits of some entries, judged by the others.
  struct Pool {
    fileprivate var trial: Trial
    fileprivate var chosen: Candidate
    fileprivate var candidates: [Candidate]
    fileprivate var sampled: Sampled?
    fileprivate var smoothed: Sampled?
    fileprivate var penalized: Penalized?
    /// How many of the nearest rows predicted best.
    fileprivate var neighbourCount: Int?

    fileprivate subscript(kind: CompletionCandidate.Kind) -> Candidate? {
      candidates.first { $0.kind == kind }
    }
  }

  /// Single fits with the others that take part in an average.
  func pooled(
    _ trial: Trial, _ chosen: Candidate, using generator: inout SeededGenerator
  ) throws -> Pool {
    let (single, training, validation) = (trial.single, trial.training, trial.validation)
    var pool = single.filter { $0.kind != .path || !isLarge }
    pool.append(columnMeans(training, validation))
    var sampled: Sampled?
    var penalized: Penalized?
    if let (candidate, state) = try sampledCandidate(
      chosen, single, training, validation, using: &generator)
    {
      pool.append(candidate)
      sampled = state
    }
    var smoothed: Sampled?
    if hasOrderedRows,
      let (candidate, state) = try smoothedCandidate(training, validation, using: &generator)
    {
      pool.append(candidate)
      smoothed = state
    }
    if hasOrderedRows, let candidate = interpolatedCandidate(training, validation) {
      pool.append(candidate)
    }
    if let (candidate, state) = try penalizedCandidate(training, validation, using: &generator) {
      pool.append(candidate)
      penalized = state
    }
    var neighbourCount: Int?
    if let (candidate, count) = neighbourCandidate(training, validation) {
      pool.append(candidate)
      neighbourCount = count
    }
    return Pool(
      trial: trial, chosen: chosen, candidates: pool, sampled: sampled, smoothed: smoothed,
      penalized: penalized, neighbourCount: neighbourCount)
  }

  private static func commonKinds(_ trials: [Pool]) -> [CompletionCandidate.Kind] {
    CompletionCandidate.Kind.allCases.filter { kind in trials.allSatisfy { $0[kind] != nil } }
  }

  /// The single fit that is best in all trials together, as the first trial has it; nil for none.
  func bestSingle(of trials: [Pool]) -> Candidate? {
    let kinds = Self.commonKinds(trials)
    let wholes = trials[0].trial.single.filter { kinds.contains($0.kind) }.map { candidate in
      var whole = candidate
      whole.squaredErrors = trials.flatMap { ($0[candidate.kind] ?? candidate).squaredErrors }
      return whole
    }
    guard !wholes.isEmpty else { return nil }
    let kind = choose(wholes).kind
    return trials[0].trial.single.first { $0.kind == kind }
  }

  /// The average of all kinds of fits, or nil where a single one predicts the entries held out as well.
  ///
  /// Every trial holds out others; weights count for all of them together, and kinds that were not fitted in one are left
  /// out.
  func average(
    _ trials: [Pool], _ single: Candidate, _ entries: ObservedEntries,
    using generator: inout SeededGenerator
  ) throws -> Result? {
    let judgement = judgement(trials, single)
    guard judgement.isWorthIt else { return nil }
    return try averaged(
      trials, judgement.kinds, judgement.weights, single.kind, entries,
      predictions: judgement.predictions, using: &generator)
  }

  /// What the entries held out say about an average.
  struct Judgement {
    let kinds: [CompletionCandidate.Kind]
    let weights: [Double]
    /// Of the average, on the entries held out in each trial.
    let predictions: [[Double]]
    let isWorthIt: Bool
    /// Whether it seems better than the single fit, by too little for so few entries to say so.
    let isUndecided: Bool
  }

  func judgement(_ trials: [Pool], _ single: Candidate) -> Judgement {
    let kinds = Self.commonKinds(trials)
    let parts = trials.map { trial in kinds.compactMap { trial[$0] } }
    let truths = trials.map(\.trial.validation.entries.values)
    var errors = [[Double]](repeating: [], count: kinds.count)
    for (candidates, truth) in zip(parts, truths) {
      for (index, candidate) in candidates.enumerated() {
        errors[index] += zip(candidate.predictions, truth).map { $0 - $1 }
      }
    }
    // What the average is worth is told by weights that have not seen the entries they average.
    let weightsOfParts = StackingWeights.crossFitted(errors: errors, partCount: Self.partCount)
    var place = 0
    var predictions: [[Double]] = []
    var squares: [Double] = []
    for (candidates, truth) in zip(parts, truths) {
      var mean = [Double](repeating: 0, count: truth.count)
      for k in truth.indices {
        let weights = weightsOfParts[(place + k) % Self.partCount].weights
        for (weight, candidate) in zip(weights, candidates) where weight > 0 {
          mean[k] += weight * candidate.predictions[k]
        }
      }
      place += truth.count
      predictions.append(mean)
      squares += zip(mean, truth).map { ($0 - $1) * ($0 - $1) }
    }
    let singleSquares = trials.flatMap { ($0[single.kind] ?? single).squaredErrors }
    // Unseen errors do not flatter: one standard error is enough, where the gain is worth the rank it costs.
    let gains =
      squares.reduce(0, +) < (1 - leastGain) * singleSquares.reduce(0, +)
    let isSure = Self.isBetter(squares, than: singleSquares, standardErrors: 1)
    return Judgement(
      kinds: kinds, weights: StackingWeights(errors: errors).weights, predictions: predictions,
      isWorthIt: gains && isSure, isUndecided: gains && !isSure)
  }

  /// How many parts of the entries held out are averaged by the weights of the others.
  private static let partCount = 10

  /// An average lowers the mean squared error by at least so much, or is not worth having: a quarter of a per cent of the
  /// error, and anything where all is wanted.
  private var leastGain: Double { effort == .thorough ? 0 : 0.005 }

  /// Whether squared errors are smaller by more than some standard errors of the mean difference.
  static func isBetter(
    _ new: [Double], than old: [Double], standardErrors: Double = 2
  ) -> Bool {
    let gains = zip(old, new).map { $0 - $1 }
    let count = Double(max(gains.count, 1))
    let mean = gains.reduce(0, +) / count
    let spread = gains.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
    return mean > standardErrors * spread.squareRoot() / count
  }

  // MARK: candidates

  private func columnMeans(_ training: Sample, _ validation: Sample) -> Candidate {
    let offsets = Self.columnOffsets(training.entries)
    var result = candidate(
      offsets: offsets, model: Self.empty(training.entries, offsets), validation,
      path: CompletionPath(), scale: 1)
    result.kind = .columnMeans
    return result
  }

  private static func columnOffsets(_ entries: ObservedEntries) -> AdditiveOffsets {
    let mean = entries.values.reduce(0) { $0 + $1 / Double(max(entries.count, 1)) }
    var sums = [Double](repeating: 0, count: entries.columnCount)
    var counts = sums
    for k in entries.values.indices {
      sums[Int(entries.columns[k])] += entries.values[k] - mean
      counts[Int(entries.columns[k])] += 1
    }
    return AdditiveOffsets(
      mean: mean, rows: [Double](repeating: 0, count: entries.rowCount),
      columns: zip(sums, counts).map { $1 > 0 ? $0 / $1 : 0 })
  }

  /// Spare components beside those of the start; as far as the smaller side and the entries go.
  private func spareCount(_ rank: Int, _ entries: ObservedEntries) -> Int {
    let side = min(entries.rowCount, entries.columnCount)
    let perLine = entries.count / max(entries.rowCount, entries.columnCount, 1)
    // A draw costs the cube of the rank for each line; a large table's fit has found what matters.
    let wanted = max(isLarge ? min(rank / 2, 8) : rank / 2, 12 - rank, 2)
    return max(0, min(wanted, side - rank, 2 * perLine + 4))
  }

  private func sampledCandidate(
    _ chosen: Candidate, _ single: [Candidate], _ training: Sample, _ validation: Sample,
    using generator: inout SeededGenerator
  ) throws -> (Candidate, Sampled)? {
    let entries = training.entries
    // The richest variational fit that is not worse than the chosen by a tenth knows most about where to begin.
    let start =
      single.filter { $0.variational != nil && $0.meanSquare < 1.1 * chosen.meanSquare }
      .max { $0.model.rank < $1.model.rank } ?? chosen
    guard start.variational != nil || start.model.rank == 0 else { return nil }
    let rank = start.model.rank + 2
    let noise = start.noiseVariance ?? start.meanSquare
    guard noise > 0 else { return nil }
    var draws = PosteriorDraws(
      training.pattern, entries.values, near: start.model, noiseVariance: noise,
      spare: spareCount(rank, entries), using: &generator)
    let schedule = DrawSchedule(
      effort, entryCount: entries.count, rowCount: entries.rowCount,
      columnCount: entries.columnCount, rank: draws.state.rank)
    var none: FactorAverage?
    let predictions: [Double]
    do {
      if isLarge, effort != .thorough {
        let probed = try draws.run(
          .probe, at: validation.pattern, average: &none, isCancelled: { isCancelled(0.65) },
          using: &generator)
        guard promises(probed, beside: chosen, validation.entries.values) else { return nil }
      }
      predictions = try draws.run(
        schedule, at: validation.pattern, average: &none, isCancelled: { isCancelled(0.7) },
        using: &generator)
    } catch {
      // Rounding can leave a precision without a Cholesky factor where there is hardly any noise.
      return nil
    }
    guard !isCancelled(0.7), predictions.allSatisfy(\.isFinite) else { return nil }
    var result = candidate(
      offsets: nil, model: start.model, validation, path: start.path, scale: draws.scale)
    result.kind = .gibbs
    result.set(predictions: predictions, truth: validation.entries.values)
    return (result, Sampled(draws: draws, schedule: schedule))
  }

  /// Whether a few draws, averaged with the chosen fit, already gain half of what makes an average worth having.
  private func promises(_ probed: [Double], beside chosen: Candidate, _ truth: [Double]) -> Bool {
    let errors = [chosen.predictions, probed].map { zip($0, truth).map { $0 - $1 } }
    let weights = StackingWeights(errors: errors).weights
    let square = truth.indices.reduce(0.0) { sum, k in
      let error = weights[0] * errors[0][k] + weights[1] * errors[1][k]
      return sum + error * error
    }
    return square < (1 - leastGain / 2) * chosen.squaredErrors.reduce(0, +)
  }

  /// A smooth path along the rows for each column beside a few factors: from plain means, because factors of a fit that
  /// knows no order have taken in what the paths are for.
  private func smoothedCandidate(
    _ training: Sample, _ validation: Sample, using generator: inout SeededGenerator
  ) throws -> (Candidate, Sampled)? {
    let entries = training.entries
    let side = min(entries.rowCount, entries.columnCount)
    guard side <= Self.pathLimit, entries.rowCount > 3 else { return nil }
    let offsets = Self.columnOffsets(entries)
    let model = Self.empty(entries, offsets)
    let noise = rootMeanSquare(offsets.subtracted(from: entries).values)
    var draws = PosteriorDraws(
      training.pattern, entries.values, near: model, noiseVariance: 0.1 * noise * noise,
      spare: max(0, min(12, side / 3)), hasOrderedRows: true, using: &generator)
    var schedule = DrawSchedule(
      effort, entryCount: entries.count, rowCount: entries.rowCount,
      columnCount: entries.columnCount, rank: draws.state.rank)
    // Paths and factors share what they explain only after some sweeps.
    schedule.warmUp = max(schedule.warmUp, 40)
    var none: FactorAverage?
    guard
      let predictions = try? draws.run(
        schedule, at: validation.pattern, average: &none, isCancelled: { isCancelled(0.72) },
        using: &generator),
      !isCancelled(0.72), predictions.allSatisfy(\.isFinite)
    else { return nil }
    var result = candidate(
      offsets: nil, model: model, validation, path: CompletionPath(), scale: draws.scale)
    result.kind = .smoothRows
    result.set(predictions: predictions, truth: validation.entries.values)
    return (result, Sampled(draws: draws, schedule: schedule))
  }

  /// Straight lines between the known values of each column: what rows in order say by themselves.
  private func interpolatedCandidate(_ training: Sample, _ validation: Sample) -> Candidate? {
    let entries = training.entries
    guard min(entries.rowCount, entries.columnCount) <= Self.pathLimit, entries.rowCount > 3 else {
      return nil
    }
    var result = candidate(
      offsets: nil, model: Self.interpolation(of: entries), validation, path: CompletionPath(),
      scale: 1)
    result.kind = .interpolation
    return result
  }

  /// Each column is a component of its own. Before its first and after its last known value it stays at those.
  private static func interpolation(of entries: ObservedEntries) -> CompletionModel {
    let columns = entries.transposed()
    var paths = Matrix(rowCount: entries.rowCount, columnCount: entries.columnCount)
    for column in 0..<columns.rowCount {
      let range = columns.rowStarts[column]..<columns.rowStarts[column + 1]
      guard let first = range.first, let last = range.last else { continue }
      var next = first
      for row in 0..<entries.rowCount {
        while next < last, Int(columns.columns[next]) < row { next += 1 }
        let place = Int(columns.columns[next])
        if next == first || place <= row {
          paths[row, column] = columns.values[next]
        } else {
          let before = Int(columns.columns[next - 1])
          let share = Double(row - before) / Double(place - before)
          paths[row, column] = (1 - share) * columns.values[next - 1] + share * columns.values[next]
        }
      }
    }
    return dense(paths)
  }

  /// The nearest rows, as many of them as predict best; nil where the table does not suit.
  private func neighbourCandidate(
    _ training: Sample, _ validation: Sample
  ) -> (Candidate, count: Int)? {
    guard !isLarge, let rows = NearestRows(training.entries),
      let filled = rows.filled(NearestRows.counts, isCancelled: { isCancelled(0.76) })
    else { return nil }
    let candidates = filled.map { matrix in
      candidate(
        offsets: nil, model: Self.dense(matrix), validation, path: CompletionPath(), scale: 1)
    }
    guard
      let best = candidates.indices.min(by: {
        candidates[$0].meanSquare < candidates[$1].meanSquare
      })
    else { return nil }
    var result = candidates[best]
    result.kind = .nearestRows
    return (result, NearestRows.counts[best])
  }

  /// A whole matrix: each column is a component of its own.
  private static func dense(_ matrix: Matrix) -> CompletionModel {
    CompletionModel(rowFactor: matrix, columnFactor: .identity(matrix.columnCount))
  }

  /// The shorter side up to which a path for each column is kept.
  private static let pathLimit = 600

  /// The nuclear norm's path over penalties, on what offsets leave; nil where the table is too large for it to
  /// be worth its time.
  private func penalizedCandidate(
    _ training: Sample, _ validation: Sample, using generator: inout SeededGenerator
  ) throws -> (Candidate, Penalized)? {
    let entries = training.entries
    let side = min(entries.rowCount, entries.columnCount)
    guard !isLarge, side > 1 else { return nil }
    let offsets = AdditiveOffsets(fitting: entries.values, pattern: training.pattern)
    let rest = offsets.subtracted(from: entries).values
    let scale = rootMeanSquare(rest)
    guard scale > 0 else { return nil }
    let values = rest.map { $0 / scale }
    let truth = offsets.subtracted(from: validation.entries).values.map { $0 / scale }
    let width = min(side, side <= 64 ? 64 : 32)
    let widest = min(side, max(width, Self.penalizedWork / entries.count))
    var current = SoftImputation(training.pattern, values, width: width, using: &generator)
    var penalty = current.largestSingularValue(using: &generator)
    var best: (error: Double, state: SoftImputation, penalty: Double, index: Int)?
    var products = [Double](repeating: 0, count: truth.count)
    for index in 0..<40 {
      penalty *= 0.7
      while true {
        try current.solve(
          penalty: penalty, roundLimit: entries.count < 50_000 ? 60 : 15,
          isCancelled: { isCancelled(0.75) })
        let width = current.rowFactor.columnCount
        guard width < widest, try current.isFull() else { break }
        current.widen(to: min(2 * width, widest), using: &generator)
      }
      validation.pattern.products(
        left: current.rowFactor, right: current.columnFactor, into: &products)
      let error = zip(products, truth).reduce(0) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) }
      if error < best?.error ?? .infinity { best = (error, current, penalty, index) }
      if isCancelled(0.75) || index >= (best?.index ?? 0) + 3 { break }
    }
    guard let best, !isCancelled(0.75) else { return nil }
    var result = candidate(
      offsets: offsets,
      model: CompletionModel(
        rowFactor: scale * best.state.rowFactor, columnFactor: best.state.columnFactor,
        offsets: offsets), validation, path: CompletionPath(), scale: scale)
    result.kind = .nuclearNorm
    return (
      result,
      Penalized(factors: best.state, penalty: best.penalty, offsets: offsets, scale: scale)
    )
  }

  /// Entries times components up to which the nuclear norm's factors are widened.
  private static let penalizedWork = 25_000_000

  // MARK: fits of all entries

  private func averaged(
    _ trials: [Pool], _ kinds: [CompletionCandidate.Kind], _ weights: [Double],
    _ single: CompletionCandidate.Kind, _ entries: ObservedEntries, predictions: [[Double]],
    using generator: inout SeededGenerator
  ) throws -> Result {
    let pool = trials[0]
    let validation = pool.trial.validation.entries
    let (sampled, smoothed, penalized) = (pool.sampled, pool.smoothed, pool.penalized)
    let chosen = pool[single] ?? pool.chosen
    let pattern = ObservedPattern(of: entries, threadCount: threadCount)
    let side = min(entries.rowCount, entries.columnCount)
    // What is no product of few factors needs a component for every column.
    let isDense = zip(kinds, weights).contains { kind, weight in
      weight > 0 && [.smoothRows, .interpolation, .nearestRows].contains(kind)
    }
    let limit = isDense ? side : min(side, 2 * (sampled?.draws.state.rank ?? 10) + 40)
    var sum = FactorAverage(
      rowCount: entries.rowCount, columnCount: entries.columnCount, limit: limit)
    var offsets = AdditiveOffsets(
      mean: 0, rows: [Double](repeating: 0, count: entries.rowCount),
      columns: [Double](repeating: 0, count: entries.columnCount))
    var noise = [Double](
      repeating: (chosen.noiseVariance ?? chosen.meanSquare).squareRoot(),
      count: entries.columnCount)
    var spent = trials.reduce(0) { $0 + $1.trial.iterations }
    var path = chosen.path
    for (weight, kind) in zip(weights, kinds) where weight > 0 {
      guard let candidate = pool[kind] else { continue }
      let model: CompletionModel
      switch candidate.kind {
      case .gibbs, .smoothRows:
        guard let sampled = candidate.kind == .gibbs ? sampled : smoothed else { continue }
        var own: FactorAverage? = FactorAverage(
          rowCount: entries.rowCount, columnCount: entries.columnCount, limit: limit)
        var draws = sampled.draws
        draws.move(to: pattern, entries.values)
        var schedule = sampled.schedule
        // It goes on where the draws from nine tenths of the entries have been.
        schedule.warmUp = min(schedule.warmUp, 5)
        _ = try draws.run(
          schedule, at: nil, average: &own, isCancelled: { isCancelled(0.9) },
          using: &generator)
        model =
          try own.map { own in
            var own = own
            return try draws.model(&own)
          } ?? candidate.model
        noise = draws.state.columnPrecisions.map { draws.scale / $0.squareRoot() }
      case .nuclearNorm:
        guard let penalized else { continue }
        model = try refitted(penalized, entries, pattern)
      case .interpolation:
        model = Self.interpolation(of: entries)
      case .nearestRows:
        let filled = pool.neighbourCount.flatMap { count in
          NearestRows(entries)?.filled([count]) { isCancelled(0.9) }?.first
        }
        model = filled.map(Self.dense) ?? candidate.model
      case .columnMeans:
        let own = Self.columnOffsets(entries)
        model = Self.empty(entries, own)
      default:
        let fit = try refit(
          candidate, entries, validation: validation, iterations: 0, using: &generator)
        spent += fit.iterations
        if candidate.isPath { path = fit.path }
        model = fit.model
      }
      if let own = model.offsets { offsets.add(own, weight: weight) }
      try sum.add(model.rowFactor, model.columnFactor, weight: weight)
    }
    // Draws that were averaged leave a tail of small components: left out as far as together they are less than a
    // hundredth of the noise.
    let noiseNorm =
      rootMeanSquare(noise) * (Double(entries.rowCount) * Double(entries.columnCount)).squareRoot()
    let factors = try sum.factors(dividedBy: 1, leavingOut: 0.01 * noiseNorm)
    let model = CompletionModel(
      rowFactor: factors.left, columnFactor: factors.right, offsets: offsets)
    var result = Result(
      model: model.withRowPrior(of: entries, noise: noise), path: path,
      holdoutError: rootMeanSquareError(predictions, trials),
      calibration: [], variational: chosen.variational, pattern: pattern, unit: chosen.scale,
      iterations: spent, outcome: .converged)
    result.columnNoise = noise
    result.candidates = zip(kinds, weights).map { kind, weight in
      CompletionCandidate(
        kind: kind,
        holdoutError: rootMeanSquareError(trials.map { $0[kind]?.predictions ?? [] }, trials),
        weight: weight)
    }
    for (trial, own) in zip(trials, predictions) {
      result.calibration += calibration(
        trial[single] ?? trial.chosen, trial.trial.validation.entries, own)
    }
    result.calibrated = chosen.variational
    if isCancelled(1) { result.outcome = .interrupted(atStep: result.iterations) }
    return result
  }

  /// √ of the mean square over the entries held out in all trials, in the units of the data.
  private func rootMeanSquareError(_ predictions: [[Double]], _ trials: [Pool]) -> Double {
    let counts = trials.map { Double($0.trial.validation.entries.count) }
    let squares = zip(predictions, trials).map { own, trial in
      let error = rootMeanSquareError(own, trial.trial.validation.entries)
      return error * error
    }
    let sum = zip(squares, counts).reduce(0) { $0 + $1.0 * $1.1 }
    return (sum / max(counts.reduce(0, +), 1)).squareRoot()
  }

  private func refitted(
    _ penalized: Penalized, _ entries: ObservedEntries, _ pattern: ObservedPattern
  ) throws -> CompletionModel {
    let offsets = AdditiveOffsets(fitting: entries.values, pattern: pattern)
    let scale = penalized.scale
    var factors = SoftImputation(
      pattern, offsets.subtracted(from: entries).values.map { $0 / scale },
      from: penalized.factors)
    try factors.solve(penalty: penalized.penalty, roundLimit: 100) { isCancelled(0.9) }
    return CompletionModel(
      rowFactor: scale * factors.rowFactor, columnFactor: factors.columnFactor, offsets: offsets)
  }
}

extension NoisyFit.Candidate {
  mutating func set(predictions: [Double], truth: [Double]) {
    self.predictions = predictions
    squaredErrors = zip(predictions, truth).map { ($0 - $1) * ($0 - $1) }
  }
}

extension AdditiveOffsets {
  mutating func add(_ other: AdditiveOffsets, weight: Double) {
    mean += weight * other.mean
    for row in rows.indices { rows[row] += weight * other.rows[row] }
    for column in columns.indices { columns[column] += weight * other.columns[column] }
  }
}
