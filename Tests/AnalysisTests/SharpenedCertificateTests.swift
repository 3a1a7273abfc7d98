import Analysis
import Dynamics
import LinearAlgebra
import LinearNetworks
import RealModule
import Testing
import _TestSupport

/// Certificates that go beyond what the papers print: any Σx, signs, sizes, losses and starts.
@Suite struct SharpenedCertificateTests {
  // MARK: Phases of descent and of the flow

  /// Descent from equal starts of 1e-40 to 1e-300: at every mode's own step the larger ones are learned and the smaller
  /// ones are not, within the bounds for this δ, whatever the gap; a value that is off is a violation.
  @Test func theOwnClockSeparatesEveryGap() throws {
    var generator = SeededGenerator(seed: 41)
    for trial in problems(500, debug: 200) {
      let gap = [0.5, 0.9, 0.97][trial % 3]
      let σ = [1.0, gap, gap * gap]
      let λ = σ.map { $0 * (0.5 + generator.nextUniform()) }
      let η = 0.5 * (0.2 + 0.8 * generator.nextUniform())
      let δ = 46 + 300 * generator.nextUniform()
      let objective = try RegressionObjective(
        inputCovariance: .diagonal(λ), crossCovariance: .diagonal(σ))
      let network = LinearNetwork.identity(widths: [3, 3, 3], scale: .exp(-δ))
      let w0 = network.endToEnd()[0, 0]
      let steps = σ.map {
        Int(PhaseSeparation.steps(toRiseFrom: w0, target: $0, stepSize: η).rounded())
      }
      let trajectory = Descent(
        stepSize: η, stepLimit: steps[2] + 20,
        recording: Recording(.at(Set(steps)), of: [.endToEnd])
      ).run(objective, from: network)
      func certificate(_ trajectory: Trajectory) throws -> Certificate {
        try PhaseSeparation.certificate(
          for: CertifiedRun(
            objective: objective, from: .layered(network), moving: .descent(stepSize: η),
            recorded: trajectory))
      }
      let honest = try certificate(trajectory)
      #expect(honest.verdict == .holds, "\(honest.violations.first as Any) \(honest.failing)")
      var doctored = trajectory
      let room = PhaseSeparation.distances(
        target: σ[1], curvature: λ[1], initial: w0, stepSize: η, after: steps[0])
      doctored.snapshots[0].endToEnd?[1, 1] = 1.001 * room.fromZero + 1e-9
      #expect(try certificate(doctored).verdict == .violated)
      doctored = trajectory
      doctored.snapshots[doctored.snapshots.count - 1].endToEnd?[0, 0] *= 1.001
      #expect(try certificate(doctored).verdict == .violated)
    }
  }

  @Test func hypothesesOfThePhasesAreNamed() throws {
    let objective = try RegressionObjective(
      inputCovariance: .identity(2), crossCovariance: .diagonal([1, 0.8]))
    func certificate(_ starts: [Double], _ η: Double) throws -> Certificate {
      let root = Matrix.diagonal(starts.map { $0.squareRoot() })
      return try PhaseSeparation.certificate(
        for: CertifiedRun(
          objective: objective, from: .layered(try LinearNetwork(layers: [root, root])),
          moving: .descent(stepSize: η)))
    }
    #expect(try certificate([1e-60, 1e-60], 0.3).verdict == .notMeasured)
    #expect(
      try certificate([1e-60, 1e-60], 0.6).failing.map(\.name)
        == ["twice step times the largest target"])
    let reversed = try certificate([1e-60, 1e-20], 0.3)
    #expect(reversed.verdict == .notApplicable)
    #expect(reversed.failing.contains { $0.name.hasPrefix("order reversed by unequal starts") })
    // Unequal, but in the order of σ still.
    let unequal = try certificate([1e-60, 1e-59], 0.3)
    #expect(unequal.verdict == .notApplicable)
    #expect(!unequal.failing.contains { $0.name.hasPrefix("order reversed") })
  }

  /// The closed form from 1e-16 to 1e-300, in rotated bases, square or not, recorded on plateaus: no certificate is
  /// violated. One exchanged for another's value is.
  @Test func vanishingStartsGiveNoFalseAlarm() throws {
    var generator = SeededGenerator(seed: 42)
    var holding = 0
    let range = problems(500, debug: 120)
    for trial in range {
      let exponent = [-16, -30, -60, -120, -200, -300][trial % 6]
      let (outputs, inputs) = [(3, 3), (4, 2), (2, 3)][trial % 3]
      let count = min(outputs, inputs)
      let σ = (0..<count).map { 2 / Double($0 + 1) + 0.1 * generator.nextUniform() }
      let target = Matrix.random(
        singularValues: σ, rowCount: outputs, columnCount: inputs, using: &generator)
      let vectors = try SingularValueDecomposition(of: target)
      let size = Double.exp(0.5 * Double(exponent) * .log(10))
      let network = try LinearNetwork(layers: [
        size * vectors.rightVectorsTransposed, size * vectors.leftVectors,
      ])
      let δ = -Double.log(size)
      let first = δ / σ[0] + (count > 1 ? 0.5 * (δ / σ[1] - δ / σ[0]) : 1)
      for times in [[first], [0, 0.3 * first, first, 1.02 * first]] {
        let solution = try ExactSolutions.solve(
          objective: FactorizationObjective(target), from: .layered(network), at: times,
          quantities: Set(Recording.Quantity.allCases))!
        let run = CertifiedRun(
          objective: FactorizationObjective(target), from: .layered(network), moving: .flow,
          recorded: solution.trajectory)
        for certificate in try Certificates.all(for: run) {
          #expect(
            certificate.verdict != .violated,
            "1e\(exponent) \(outputs)×\(inputs) \(certificate.claim): \(certificate.violations.first as Any)"
          )
          if certificate.claim == "modes are learned one after the other",
            certificate.verdict == .holds
          {
            holding += 1
          }
        }
      }
    }
    #expect(holding > 2 * range.count * 7 / 8, "\(holding)")
  }

  // MARK: Theorem 2

  /// Random flows of every strongly convex loss from starts that are nearly balanced, or not at all: the bound holds.
  @Test func nearlyBalancedLayersConvergeToo() throws {
    var generator = SeededGenerator(seed: 43)
    var holding = [String: Int]()
    for trial in 0..<1000 {
      let (outputs, inputs) = [(2, 2), (3, 2), (2, 3)][trial % 3]
      let target = Matrix.random(
        singularValues: [2, 1], rowCount: outputs, columnCount: inputs, using: &generator)
      let objective: any Objective
      let name: String
      switch trial / 3 % 4 {
      case 0:
        let a = Matrix.gaussian(
          rowCount: 40 * inputs * outputs, columnCount: inputs * outputs, using: &generator)
        (name, objective) = (
          "sensing",
          try SensingObjective(
            measurements: a, values: a * target.elements, outputCount: outputs,
            inputCount: inputs)
        )
      case 1:
        (name, objective) = (
          "completion", CompletionObjective(try ObservedEntries(notNaN: target))
        )
      case 2:
        let x = Matrix.gaussian(rowCount: 30, columnCount: inputs, using: &generator)
        (name, objective) = (
          "power", try PowerObjective(inputs: x, targets: x.timesTransposed(target), power: 2)
        )
      default: (name, objective) = ("factorization", FactorizationObjective(target))
      }
      let start =
        target + 0.1 * Matrix.gaussian(rowCount: outputs, columnCount: inputs, using: &generator)
      let depth = 2 + trial % 2
      var network = try LinearNetwork.balanced(
        endToEnd: start, hiddenWidths: [Int](repeating: 3, count: depth - 1))
      let disturbance = [0, 1e-3, 0.05][trial / 7 % 3]
      for j in network.layers.indices {
        network.layers[j] +=
          disturbance
          * Matrix.gaussian(
            rowCount: network.layers[j].rowCount, columnCount: network.layers[j].columnCount,
            using: &generator)
      }
      let trajectory = GradientFlow(
        until: 3, steps: .adaptive(relativeTolerance: 1e-10),
        recording: .at([0, 0.3, 1, 3], of: [.endToEnd])
      ).run(objective, from: network).trajectory
      func certificate(_ trajectory: Trajectory) throws -> Certificate {
        try LinearConvergence.certificate(
          for: CertifiedRun(
            objective: objective, from: .layered(network), moving: .flow, accuracy: 1e-8,
            recorded: trajectory))
      }
      let honest = try certificate(trajectory)
      #expect(honest.verdict != .violated, "\(name) \(honest.violations.first as Any)")
      guard honest.verdict == .holds else { continue }
      holding["\(name) \(disturbance == 0 ? "balanced" : "not")", default: 0] += 1
      var stuck = trajectory
      stuck.snapshots[3].loss = trajectory.snapshots[0].loss
      #expect(try certificate(stuck).verdict == .violated)
    }
    #expect(holding.count == 8, "\(holding)")
    #expect(holding.values.allSatisfy { $0 > 40 }, "\(holding)")
  }

  // MARK: Proposition 5, Lemma 2, Theorem 3

  /// Any size, signs and values, any norm: matrices near the known entries with the diverging sign of the determinant.
  @Test func everyMatrixRespectsTheNormBoundOfItsEntries() throws {
    var generator = SeededGenerator(seed: 44)
    var informative = 0
    for trial in 0..<1000 {
      let side = 2 + trial % 3
      let (row, column) = (trial / 3 % side, trial / 5 % side)
      var table = Matrix.gaussian(rowCount: side, columnCount: side, using: &generator)
      if trial % 2 == 0, side == 2 {
        // The paper's kind: the minor is zero.
        table[1 - row, 1 - column] = 0
      } else if trial % 2 == 0 {
        // One row of the minor is another one.
        let rows = (0..<side).filter { $0 != row }
        for j in 0..<side where j != column { table[rows[1], j] = table[rows[0], j] }
      }
      table[row, column] = .nan
      let entries = try ObservedEntries(notNaN: table)
      let divergence = try #require(try NormDivergence(entries))
      let objective = CompletionObjective(entries)
      let near = Double.pow(10, -1 - 4 * generator.nextUniform())
      var w = entries.dense(elsewhere: 0)
      w += near * Matrix.gaussian(rowCount: side, columnCount: side, using: &generator)
      w[row, column] = generator.nextGaussian() / near
      guard try DeterminantSign.of(w) == divergence.divergingSign else { continue }
      let loss = objective.value(at: w)
      #expect(abs(w[row, column]) >= divergence.smallestEntry(atLoss: loss))
      let sum = { (m: Matrix) in m.elements.reduce(0) { $0 + 2 * abs($1) } }
      #expect(sum(w) >= divergence.smallestNorm(atLoss: loss, in: sum))
      #expect(w.maxAbsolute >= divergence.smallestNorm(atLoss: loss, in: \.maxAbsolute))
      if divergence.smallestEntry(atLoss: loss) > 1 { informative += 1 }
    }
    #expect(informative > 100, "\(informative)")
    // The paper's own problem: (1 − r)²/r with r = √(6ℓ), above its bound for the Frobenius norm.
    let paper = try #require(
      try NormDivergence(
        ObservedEntries(
          rowCount: 2, columnCount: 2, rows: [0, 1, 1], columns: [1, 0, 1], values: [1, 1, 0])))
    #expect(paper.divergingSign == 1)
    for loss in [1e-3, 1e-6, 1e-9] {
      let r = (6 * loss).squareRoot()
      expectClose(paper.smallestEntry(atLoss: loss), (1 - r) * (1 - r) / r, relative: 1e-12)
      #expect(paper.smallestEntry(atLoss: loss) > NormDivergence.bound(atLoss: loss))
    }
  }

  /// Several unknown entries beside a block of zeros: matrices near the known entries with the other sign of the
  /// determinant have the norm that is claimed, and one unknown entry that counts is not claimed for.
  @Test func severalUnknownEntriesForceTheNormToo() throws {
    var generator = SeededGenerator(seed: 48)
    var informative = 0
    for trial in 0..<1000 {
      let side = 3 + trial % 3
      let block = 1 + generator.nextIndex(below: side - 1)
      let rows = (0..<side).shuffled(using: &generator)
      let columns = (0..<side).shuffled(using: &generator)
      var table = Matrix.gaussian(rowCount: side, columnCount: side, using: &generator)
      // Zeros below, unknown entries above, in any order of rows and columns.
      for i in 0..<side {
        for j in 0..<side {
          if i >= block, j < block { table[rows[i], columns[j]] = 0 }
          if i < block, j >= block, generator.nextUniform() < 0.7 || (i == 0 && j == block) {
            table[rows[i], columns[j]] = .nan
          }
        }
      }
      let entries = try ObservedEntries(notNaN: table)
      guard let norm = try UnknownEntriesNorm(entries) else { continue }
      let objective = CompletionObjective(entries)
      let near = Double.pow(10, -1 - 6 * generator.nextUniform())
      let w = Matrix(
        rowCount: side, columnCount: side,
        elements: table.elements.map {
          ($0.isNaN ? 3 * generator.nextGaussian() / near : $0) + near * generator.nextGaussian()
        })
      guard try DeterminantSign.of(w) == norm.divergingSign else { continue }
      let least = norm.smallestSpectralNorm(atLoss: objective.value(at: w))
      #expect(try w.singularValues()[0] >= least)
      if least > 1 { informative += 1 }
    }
    #expect(informative > 100, "\(informative)")
    // Here an unknown entry decides.
    let table = Matrix(rows: [[1, .nan, .nan], [0.5, 1, 0], [0, 1, 1]])
    #expect(try UnknownEntriesNorm(ObservedEntries(notNaN: table)) == nil)
  }

  /// Lemma 2, Theorem 3 and Proposition 5 along random balanced flows, the hypothesis read at the start; a run whose
  /// determinant changes sign is a violation, not beside the point.
  @Test func flowsKeepRankAndSignAndSpeed() throws {
    var generator = SeededGenerator(seed: 45)
    var (norms, signs) = (0, 0)
    let range = problems(500, debug: 120)
    for trial in range {
      let side = 2 + trial % 2
      var table = Matrix.gaussian(rowCount: side, columnCount: side, using: &generator)
      table[0, 0] = .nan
      let objective = CompletionObjective(try ObservedEntries(notNaN: table))
      let start = 0.6 * Matrix.gaussian(rowCount: side, columnCount: side, using: &generator)
      let network = try LinearNetwork.balanced(
        endToEnd: start, hiddenWidths: [Int](repeating: side, count: 1 + trial % 2))
      let trajectory = GradientFlow(
        until: 4, steps: .adaptive(relativeTolerance: 1e-10),
        recording: .at([0, 0.5, 1, 2, 4], of: [.endToEnd])
      ).run(objective, from: network).trajectory
      func certificates(_ trajectory: Trajectory) throws -> [Certificate] {
        let run = CertifiedRun(
          objective: objective, from: .layered(network), moving: .flow, accuracy: 1e-8,
          recorded: trajectory)
        return try [
          RankConservation.certificate(for: run), SingularValueSpeed.certificate(for: run),
          NormDivergence.certificate(for: run), SingularValueReach.certificate(for: run),
        ]
      }
      let honest = try certificates(trajectory)
      for certificate in honest {
        #expect(
          certificate.verdict != .violated,
          "\(trial) \(certificate.claim) \(certificate.violations.first as Any)")
      }
      #expect(honest[1].verdict == .holds)
      #expect(honest[3].verdict == .holds)
      if honest[2].verdict == .holds { norms += 1 }
      // One row reversed: the determinant has the other sign.
      var flipped = trajectory
      var w = flipped.snapshots[4].endToEnd!
      for j in 0..<side { w[0, j] = -w[0, j] }
      flipped.snapshots[4].endToEnd = w
      if honest[0].verdict == .holds, try w.singularValues().last! > 1e-6 {
        signs += 1
        #expect(try certificates(flipped)[0].verdict == .violated)
      }
      // The same distance in a thousandth of the time.
      var fast = trajectory
      for k in fast.snapshots.indices { fast.snapshots[k].time *= 1e-3 }
      #expect(try certificates(fast)[1].verdict == .violated)
      // A millionth of the time: the least change that the record shows is more than any slope allows.
      for k in fast.snapshots.indices { fast.snapshots[k].time *= 1e-3 }
      #expect(try certificates(fast)[3].verdict == .violated)
    }
    #expect(signs > range.count * 2 / 3, "\(signs)")
    #expect(norms > range.count / 30, "\(norms)")
  }

  /// A start of rank one in a flow that ends with rank two.
  @Test func aRankThatGrowsIsAViolation() throws {
    var generator = SeededGenerator(seed: 46)
    let target = Matrix.gaussian(rowCount: 3, columnCount: 3, using: &generator)
    let start = 0.5 * Matrix.lowRank(rowCount: 3, columnCount: 3, rank: 1, using: &generator)
    let network = try LinearNetwork.balanced(endToEnd: start, hiddenWidths: [3])
    func verdict(_ w: Matrix) throws -> Certificate.Verdict {
      try RankConservation.certificate(
        for: CertifiedRun(
          objective: FactorizationObjective(target), from: .layered(network), moving: .flow,
          recorded: Trajectory(
            snapshots: [Snapshot(time: 1, loss: 0, endToEnd: w)], outcome: .converged,
            finalNetwork: network, stepCount: 1))
      ).verdict
    }
    #expect(try verdict(2 * start) == .holds)
    #expect(try verdict(target) == .violated)
  }

  // MARK: Rates from imbalance, symmetric networks, a single layer

  /// On random problems each bound holds, and a record that stands still is a violation.
  @Test func furtherRatesAreRespected() throws {
    var generator = SeededGenerator(seed: 47)
    var holding = [String: Int]()
    for trial in 0..<1000 {
      let (outputs, inputs) = (2 + trial % 2, 2 + trial / 4 % 2)
      let target = Matrix.gaussian(rowCount: outputs, columnCount: inputs, using: &generator)
      let quantities: Set<Recording.Quantity> = [.endToEnd]
      let recording = FlowRecording.at([0, 0.5, 2, 4], of: quantities)
      let flow = GradientFlow(
        until: 4, steps: .adaptive(relativeTolerance: 1e-10), recording: recording)
      let run: CertifiedRun
      switch trial % 4 {
      case 0:
        // Wide layers of different sizes.
        let network = try LinearNetwork(layers: [
          0.1 * Matrix.gaussian(rowCount: 8, columnCount: inputs, using: &generator),
          0.7 * Matrix.gaussian(rowCount: outputs, columnCount: 8, using: &generator),
        ])
        let objective = FactorizationObjective(target)
        run = CertifiedRun(
          objective: objective, from: .layered(network), moving: .flow, accuracy: 1e-8,
          recorded: flow.run(objective, from: network).trajectory)
      case 1:
        let square = Matrix.gaussian(rowCount: inputs, columnCount: inputs, using: &generator)
        let factor = Matrix.gaussian(rowCount: inputs, columnCount: 4, using: &generator)
        let objective = FactorizationObjective(square)
        run = CertifiedRun(
          objective: objective, from: .symmetric(factor: factor), moving: .flow, accuracy: 1e-8,
          recorded: flow.run(
            SymmetricFlow(objective, from: SymmetricNetwork(factor: factor))
          ).trajectory)
      default:
        // A singular covariance in half of them.
        let x = Matrix.gaussian(
          rowCount: trial % 8 < 4 ? 1 : 6, columnCount: inputs, using: &generator)
        let objective = try RegressionObjective(inputs: x, targets: x.timesTransposed(target))
        let network = try LinearNetwork(layers: [
          Matrix.gaussian(rowCount: outputs, columnCount: inputs, using: &generator)
        ])
        if trial % 4 == 2 {
          run = CertifiedRun(
            objective: objective, from: .layered(network), moving: .flow, accuracy: 1e-8,
            recorded: flow.run(objective, from: network).trajectory)
        } else {
          let largest = try objective.inputCovariance.symmetricEigenvalues()[0]
          let step = 1.9 * generator.nextUniform() / largest
          run = CertifiedRun(
            objective: objective, from: .layered(network), moving: .descent(stepSize: step),
            recorded: Descent(
              stepSize: step, stepLimit: 40, recording: Recording(.every(10), of: quantities)
            ).run(objective, from: network))
        }
      }
      func certificates(_ trajectory: Trajectory?) throws -> [Certificate] {
        let run = CertifiedRun(
          objective: run.objective, from: run.start, moving: run.motion, accuracy: run.accuracy,
          recorded: trajectory)
        return try [
          ImbalanceRate.certificate(for: run), SymmetricConvergence.certificate(for: run),
          LinearModelConvergence.certificate(for: run),
        ]
      }
      var stuck = run.trajectory
      for k in stuck!.snapshots.indices {
        stuck!.snapshots[k] = run.trajectory!.snapshots[0]
        stuck!.snapshots[k].time = run.trajectory!.snapshots[k].time
      }
      for (honest, doctored) in zip(
        try certificates(run.trajectory), try certificates(stuck))
      {
        #expect(
          honest.verdict != .violated,
          "\(trial) \(honest.claim) \(honest.violations.first as Any)")
        guard honest.verdict == .holds else { continue }
        holding[honest.claim, default: 0] += 1
        // Weak rates have not done anything by then.
        let last = honest.bounds.last!
        if last.limit < 0.9 * honest.bounds[0].measured! {
          #expect(doctored.verdict == .violated, "\(trial) \(honest.claim)")
        }
      }
    }
    #expect(holding.count == 3, "\(holding)")
    #expect(holding.values.allSatisfy { $0 > 100 }, "\(holding)")
  }

  // MARK: Nothing measured

  /// A certificate does not hold because nothing was recorded that could contradict it.
  @Test func nothingMeasuredIsSaid() throws {
    let network = LinearNetwork.identity(widths: [2, 2, 2], scale: 0.3)
    let objective = FactorizationObjective(.diagonal([2, 1]))
    func verdicts(_ snapshots: [Snapshot]?) throws -> [String: Certificate.Verdict] {
      let run = CertifiedRun(
        objective: objective, from: .layered(network), moving: .flow,
        recorded: snapshots.map {
          Trajectory(snapshots: $0, outcome: .converged, finalNetwork: network, stepCount: 0)
        })
      return Dictionary(
        uniqueKeysWithValues: try Certificates.all(for: run).map { ($0.claim, $0.verdict) })
    }
    let before = try verdicts(nil)
    #expect(!before.values.contains(.holds))
    let solution = try ExactSolutions.solve(
      objective: objective, from: .layered(network), at: [0, 1, 2],
      quantities: Set(Recording.Quantity.allCases))!
    let all = solution.trajectory.snapshots
    let start = try verdicts([all[0]])
    #expect(start["conservation of balance"] == .notMeasured)
    #expect(start["loss never rises"] == .notMeasured)
    #expect(try verdicts([all[1]])["conservation of balance"] == .notMeasured)
    #expect(try verdicts(all)["conservation of balance"] == .holds)
    let losses = all.map { Snapshot(time: $0.time, loss: $0.loss) }
    let bare = try verdicts(losses)
    #expect(bare["conservation of balance"] == .notMeasured)
    #expect(bare["the record follows its dynamics"] == .holds)
    #expect(bare["loss rate"] == .holds)
  }
}
