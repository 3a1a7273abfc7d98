import Dynamics
import LinearAlgebra
import LinearNetworks
import RealModule

/// The fits that are compared by the entries held out.
extension NoisyFit {
  /// Whether offsets explain more of the entries than as many offsets would explain of pure noise.
  static func mayMatter(_ offsets: AdditiveOffsets, _ sample: Sample) -> Bool {
    let training = sample.entries
    let before = rootMeanSquare(training.values)
    let after = rootMeanSquare(offsets.subtracted(from: training).values)
    let chance = Double(training.rowCount + training.columnCount) / Double(max(training.count, 1))
    return before > 0 && 1 - (after / before) * (after / before) > min(chance, 0.5)
  }

  /// Variational factors grown from the entries alone, or from what offsets leave of them.
  func grownCandidate(
    _ sample: Sample, _ validation: Sample, offsets: AdditiveOffsets?, offering count: Int,
    path: CompletionPath, _ iterations: inout Int, using generator: inout SeededGenerator
  ) -> [Candidate] {
    let training = sample.entries
    let centred = offsets.map { $0.subtracted(from: training) } ?? training
    let scale = rootMeanSquare(centred.values)
    guard scale > 0, scale.isFinite else { return [] }
    var variational = VariationalFit(
      training.replacingValues(training.values.map { $0 / scale }), pattern: sample.pattern,
      factors: VariationalFactorization(
        rowFactor: Matrix(rowCount: training.rowCount, columnCount: 0),
        columnFactor: Matrix(rowCount: training.columnCount, columnCount: 0), noiseVariance: 1),
      offsets: offsets.map { $0.rescaled(by: 1 / scale) }, rankBound: rank,
      isCancelled: { isCancelled(0.6) })
    variational.run(offering: count, tolerance: tolerance, using: &generator)
    iterations += variational.rounds
    return [
      candidate(variational, validation, path: path, scale: scale)
    ]
  }

  func candidate(
    _ fit: VariationalFit, _ validation: Sample, path: CompletionPath, scale: Double
  ) -> Candidate {
    let offsets = fit.offsets.map { $0.rescaled(by: scale) }
    var result = candidate(
      offsets: offsets, model: Self.model(of: fit.factors, offsets: offsets, scale: scale),
      validation, path: path, scale: scale)
    result.variational = fit.factors
    result.kind = offsets == nil ? .variational : .variationalWithOffsets
    result.noiseVariance = fit.factors.noiseVariance * scale * scale
    return result
  }

  func candidates(
    _ sample: Sample, _ validation: Sample, offsets: AdditiveOffsets?, _ iterations: inout Int,
    using generator: inout SeededGenerator
  ) throws -> [Candidate] {
    let training = sample.entries
    let centred = offsets.map { $0.subtracted(from: training) } ?? training
    let scale = rootMeanSquare(centred.values)
    guard scale > 0, scale.isFinite else {
      return [
        candidate(
          offsets: offsets, model: Self.empty(training, offsets), validation,
          path: CompletionPath(), scale: 1)
      ]
    }
    let normal = centred.replacingValues(centred.values.map { $0 / scale })
    return try follow(
      training, normal, sample.pattern, validation, offsets: offsets, scale: scale, &iterations,
      using: &generator)
  }

  private func follow(
    _ training: ObservedEntries, _ normal: ObservedEntries, _ pattern: ObservedPattern,
    _ validation: Sample, offsets: AdditiveOffsets?, scale: Double,
    _ iterations: inout Int, using generator: inout SeededGenerator
  ) throws -> [Candidate] {
    var descent = PathDescent(
      rowCount: normal.rowCount, columnCount: normal.columnCount, depth: depth,
      width: width ?? min(isLarge ? 16 : 32, normal.rowCount, normal.columnCount),
      initialScale: initialScale,
      recordingInterval: recordingInterval, using: &generator)
    let judge =
      validation.entries.count > 0
      ? HoldoutJudge(
        validation.entries, pattern: validation.pattern, offsets: offsets, scale: scale) : nil
    var best: (meanSquare: Double, network: LinearNetwork, step: Int)?
    var holdoutErrors: [Int: Double] = [:]
    let finished = descent.descend(
      normal, pattern: pattern, untilMeanSquare: 1e-6, stepLimit: 600
    ) { network, step, _ in
      if isCancelled(0.5) { return .cancel }
      guard let judge, step % 5 == 0 || recordingInterval.map({ step % $0 == 0 }) ?? false
      else { return .goOn }
      let meanSquare = judge.meanSquare(of: network)
      holdoutErrors[step] = meanSquare.squareRoot()
      if meanSquare < best?.meanSquare ?? .infinity {
        // Many entries are not overfitted, and the last per cents of a long path are not worth their time.
        if isLarge, let best, meanSquare < 0.5, meanSquare > 0.98 * best.meanSquare {
          return .enough
        }
        best = (meanSquare, network, step)
      } else if let best, step > 2 * best.step + 20, meanSquare > 1.1 * best.meanSquare {
        return .enough
      }
      return .goOn
    }
    iterations += descent.stepCount
    var path = CompletionPath(points: descent.points, chosenStep: best?.step)
    path.rescale(by: scale)
    for index in path.points.indices {
      path.points[index].holdoutError = holdoutErrors[path.points[index].step]
    }
    let network = best?.network ?? descent.network
    var result: [Candidate] = []
    let factors = try Self.factors(of: descent.network)
    // The path has no rank to bound.
    if (judge != nil && rank == nil) || !finished {
      var model = try Self.model(of: network, scale: scale)
      model.offsets = offsets
      var own = candidate(
        offsets: offsets, model: model, validation, path: path, scale: scale)
      own.network = network
      own.isPath = true
      own.kind = offsets == nil ? .path : .pathWithOffsets
      result.append(own)
    }
    guard finished else { return result }
    let count = min(
      rank ?? .max,
      Self.startingRank(factors.singularValues, chosen: network.singularValues(), normal))
    guard count > 0 else { return result }
    var variational = VariationalFit(
      training.replacingValues(training.values.map { $0 / scale }), pattern: pattern,
      factors: VariationalFactorization(
        rowFactor: factors.left.firstColumns(count),
        columnFactor: factors.right.firstColumns(count),
        noiseVariance: max(descent.meanSquare, 1e-4)),
      offsets: offsets.map { $0.rescaled(by: 1 / scale) }, rankBound: rank,
      isCancelled: { isCancelled(0.6) })
    variational.run(tolerance: tolerance, using: &generator)
    iterations += variational.rounds
    result.append(candidate(variational, validation, path: path, scale: scale))
    return result
  }

  /// The number of components to start from: those that have risen at the end of the path, but hardly more
  /// than twice those that had where the held-out error was smallest, as far as there are entries enough.
  private static func startingRank(
    _ values: [Double], chosen: [Double], _ entries: ObservedEntries
  ) -> Int {
    guard let largest = values.first, let largestChosen = chosen.first, largest > 0 else {
      return 0
    }
    let risen = values.prefix { $0 > 1e-2 * largest }.count
    let risenWhenChosen = chosen.prefix { $0 > 1e-2 * largestChosen }.count
    let perLine = entries.count / max(entries.rowCount, entries.columnCount, 1)
    return max(1, min(risen + 2, 2 * risenWhenChosen + 4, values.count, max(perLine, 1)))
  }

  func candidate(
    offsets: AdditiveOffsets?, model: CompletionModel, _ validation: Sample,
    path: CompletionPath, scale: Double
  ) -> Candidate {
    let predictions = model.values(at: validation.entries, pattern: validation.pattern)
    return Candidate(
      offsets: offsets, variational: nil, network: nil, path: path, predictions: predictions,
      squaredErrors: zip(predictions, validation.entries.values).map { ($0 - $1) * ($0 - $1) },
      scale: scale, isPath: false, model: model)
  }

  /// The candidate of smallest held-out error; the path itself, which has no rank to tell, only where it beats
  /// the others by more than two standard errors of the difference of their squared errors.
  ///
  /// Without held-out entries, the last one: the variational fit with offsets, or the offsets alone where they
  /// leave nothing to fit.
  func choose(_ candidates: [Candidate]) -> Candidate {
    guard candidates.contains(where: { !$0.squaredErrors.isEmpty }) else {
      return candidates[candidates.count - 1]
    }
    let factored = candidates.filter { !$0.isPath }
    var best = factored.min { $0.meanSquare < $1.meanSquare } ?? candidates[0]
    for path in candidates.filter(\.isPath) {
      let gains = zip(best.squaredErrors, path.squaredErrors).map { $0 - $1 }
      let mean = gains.reduce(0, +) / Double(gains.count)
      let spread = gains.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
      let standardError = spread.squareRoot() / Double(gains.count)
      if mean > 2 * standardError { best = path }
    }
    return best
  }
}
