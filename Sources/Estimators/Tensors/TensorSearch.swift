import Dynamics
import LinearAlgebra
import RealModule

/// The path of an arithmetic network and the fits of the components that it raises.
struct TensorSearch {
  let completer: TensorCompleter
  /// With mean square one.
  let entries: ObservedTensor
  let isCancelled: (Double) -> Bool

  /// Mean squares of the residuals at which the path is examined.
  private static let stages = [1e-1, 1e-2, 1e-3, 1e-4, 1e-5, 1e-6]
  /// ‖e‖/‖b‖ of a fit that counts as exact.
  private static let exactness = 1e-11
  /// How many entries, known or not, an exact fit is tried at.
  private static let probeCount = 1000

  func run<Factorization: TensorFactorization>(
    _ factorization: Factorization
  ) throws -> TensorCompleter.Fit {
    var generator = SeededGenerator(seed: completer.seed)
    var path: [TensorCompleter.PathPoint] = []
    var descent = TensorDescent(
      factorization, entries, from: start(factorization, using: &generator))
    var steps = 0
    for (number, stage) in Self.stages.enumerated() {
      let goesOn = walk(&descent, until: stage, share: 0.1 * Double(number), path: &path)
      guard goesOn else { break }
      for components in candidates(factorization, descent.parameters) {
        let (smaller, start) = factorization.selecting(components, of: descent.parameters)
        guard isDeterminable(smaller, entries) else { continue }
        let fit = TensorPolish(factorization: smaller).fit(entries, from: start) {
          isCancelled(0.1 * Double(number + 1))
        }
        steps += fit.iterations
        if fit.relativeResidual <= Self.exactness {
          let (least, parameters) = lowered(smaller, fit.parameters, &steps)
          guard isIsolated(least, parameters, &steps) else { continue }
          return TensorCompleter.Fit(
            least, parameters, entries, path: path, isExact: true,
            iterations: descent.stepCount + steps, holdoutError: nil, outcome: .converged)
        }
      }
      if descent.isExhausted { break }
    }
    return try heldOut(
      factorization, path: path, steps: steps + descent.stepCount, using: &generator)
  }

  /// Near zero: every component of the asked size, shared equally among what it multiplies.
  private func start(
    _ factorization: some TensorFactorization, using generator: inout SeededGenerator
  ) -> [Double] {
    let gaussian = (0..<factorization.parameterCount).map { _ in generator.nextGaussian() }
    let size = factorization.componentSizes(gaussian).joined().max() ?? 1
    let scale = completer.initialScale ?? (completer.structure == .canonical ? 1e-5 : 1e-2)
    let target = scale * Double(entries.shape.reduce(1, *)).squareRoot()
    // Sizes are products of as many norms as there are dimensions, or three at each place of a tree.
    let degree = completer.structure == .canonical ? entries.order : 3
    let factor = Double.root(target / size, degree)
    return gaussian.map { factor * $0 }
  }

  private func walk<Factorization: TensorFactorization>(
    _ descent: inout TensorDescent<Factorization>, until stage: Double, share: Double,
    path: inout [TensorCompleter.PathPoint]
  ) -> Bool {
    let factorization = descent.factorization
    return descent.descend(until: stage / 2, stepLimit: completer.stepLimit, start: 0.5) {
      step, parameters, loss in
      if step % completer.recordingInterval == 0 {
        path.append(
          TensorCompleter.PathPoint(
            step: step, trainingError: (2 * loss).squareRoot(),
            componentSizes: factorization.componentSizes(parameters).map { $0.sorted(by: >) }))
      }
      return !isCancelled(share)
    }
  }

  /// The strongest components of every place, cut where their sizes fall most: every choice among the two likeliest
  /// cuts of each place, those of the likeliest first.
  private func candidates(
    _ factorization: some TensorFactorization, _ parameters: [Double]
  ) -> [[[Int]]] {
    factorization.componentSizes(parameters).reduce([[]]) { choices, sizes in
      let order = sizes.indices.sorted { sizes[$0] > sizes[$1] }
      let cuts = SpectrumGap.candidates(order.map { sizes[$0] }, limit: 2)
      return (cuts.isEmpty ? [order.count] : cuts).flatMap { cut in
        choices.map { $0 + [Array(order.prefix(cut))] }
      }
    }
  }

  /// An exact fit without the components that it does not need: a product of vectors may vanish at all known entries
  /// and be large elsewhere. At each place the one that the known entries feel least is left out, as long as the
  /// others can still explain them.
  private func lowered<Factorization: TensorFactorization>(
    _ factorization: Factorization, _ parameters: [Double], _ steps: inout Int
  ) -> (Factorization, [Double]) {
    var (current, x) = (factorization, parameters)
    var place = 0
    var refusals = 0
    while !isCancelled(0.5) {
      let sizes = current.componentSizes(x)
      if refusals == sizes.count { break }
      defer { place = (place + 1) % sizes.count }
      let all = sizes.map { Array($0.indices) }
      let whole = current.values(x, at: entries)
      let trials = all[place].map { component in
        var kept = all
        kept[place].remove(at: component)
        return current.selecting(kept, of: x)
      }
      guard trials.count > 1 else {
        refusals += 1
        continue
      }
      let least = trials.indices.min {
        difference(trials[$0], from: whole) < difference(trials[$1], from: whole)
      }!
      let fit = TensorPolish(factorization: trials[least].0).fit(
        entries, from: trials[least].1
      ) { isCancelled(0.5) }
      steps += fit.iterations
      if fit.relativeResidual <= Self.exactness {
        (current, x) = (trials[least].0, fit.parameters)
        refusals = 0
      } else {
        refusals += 1
      }
    }
    return (current, x)
  }

  /// Whether a fit that starts beside an exact one comes back to it at entries that are not known.
  ///
  /// Components that cancel, or vanish, at all known entries can be changed without any of these noticing; such a fit
  /// says nothing about the others.
  private func isIsolated<Factorization: TensorFactorization>(
    _ factorization: Factorization, _ parameters: [Double], _ steps: inout Int
  ) -> Bool {
    var generator = SeededGenerator(seed: completer.seed)
    let size = rootMeanSquare(parameters)
    let beside = parameters.map { $0 + 1e-3 * size * generator.nextGaussian() }
    let fit = TensorPolish(factorization: factorization).fit(entries, from: beside) {
      isCancelled(0.5)
    }
    steps += fit.iterations
    let positions = (0..<Self.probeCount).flatMap { _ in
      entries.shape.map { generator.nextIndex(below: $0) }
    }
    let probe = ObservedTensor(
      positions: positions, shape: entries.shape,
      values: [Double](repeating: 0, count: Self.probeCount))
    let (there, back) = (
      factorization.values(parameters, at: probe), factorization.values(fit.parameters, at: probe)
    )
    return rootMeanSquare(zip(there, back).map { $0 - $1 }) <= 1e-6 * rootMeanSquare(there)
  }

  private func difference<Factorization: TensorFactorization>(
    _ trial: (Factorization, [Double]), from values: [Double]
  ) -> Double {
    rootMeanSquare(zip(trial.0.values(trial.1, at: entries), values).map { $0 - $1 })
  }

  /// Whether the entries outnumber the degrees of freedom by a twentieth.
  private func isDeterminable(
    _ factorization: some TensorFactorization, _ entries: ObservedTensor
  ) -> Bool {
    20 * (factorization.parameterCount - factorization.gaugeCount) < 19 * entries.count
  }

  /// The number of components whose fit to the other entries predicts the held-out ones best, fitted to all.
  private func heldOut<Factorization: TensorFactorization>(
    _ factorization: Factorization, path: [TensorCompleter.PathPoint], steps: Int,
    using generator: inout SeededGenerator
  ) throws -> TensorCompleter.Fit {
    let wanted = Int((completer.holdoutFraction * Double(entries.count)).rounded())
    let validation = generator.sample(min(max(wanted, 1), entries.count - 1), below: entries.count)
    let isHeld = Set(validation)
    let known = entries.selecting(entries.values.indices.filter { !isHeld.contains($0) })
    let unseen = entries.selecting(validation)
    var descent = TensorDescent(
      factorization, known, from: start(factorization, using: &generator))
    var unused: [TensorCompleter.PathPoint] = []
    _ = walk(&descent, until: Self.stages[2], share: 0.5, path: &unused)
    var steps = steps + descent.stepCount
    let orders = factorization.componentSizes(descent.parameters).map { sizes in
      sizes.indices.sorted { sizes[$0] > sizes[$1] }
    }
    var best = (
      factorization: factorization, parameters: descent.parameters,
      error: error(factorization, descent.parameters, unseen), isPolished: false
    )
    for count in 1...(orders.map(\.count).max() ?? 1) {
      let (smaller, start) = factorization.selecting(
        orders.map { Array($0.prefix(count)) }, of: descent.parameters)
      guard isDeterminable(smaller, known), !isCancelled(0.6) else { break }
      let fit = TensorPolish(factorization: smaller).fit(known, from: start) {
        isCancelled(0.7)
      }
      steps += fit.iterations
      let error = error(smaller, fit.parameters, unseen)
      if error < best.error { best = (smaller, fit.parameters, error, true) }
    }
    var isExact = false
    if best.isPolished {
      let fit = TensorPolish(factorization: best.factorization).fit(
        entries, from: best.parameters
      ) { isCancelled(0.9) }
      steps += fit.iterations
      best.parameters = fit.parameters
      isExact = fit.relativeResidual <= Self.exactness
      if isExact {
        (best.factorization, best.parameters) = lowered(
          best.factorization, best.parameters, &steps)
      }
    }
    return TensorCompleter.Fit(
      best.factorization, best.parameters, entries, path: path, isExact: isExact,
      iterations: steps, holdoutError: best.error, outcome: .converged)
  }

  private func error(
    _ factorization: some TensorFactorization, _ parameters: [Double], _ unseen: ObservedTensor
  ) -> Double {
    rootMeanSquare(zip(factorization.values(parameters, at: unseen), unseen.values).map { $0 - $1 })
  }
}
