import Analysis
import Dynamics
import LinearAlgebra
import LinearNetworks
import Testing
import _TestSupport

/// True trajectories pass every certificate; the same made to stand still, slowed down, with two times exchanged or with
/// noise of 1e-3 do not.
@Suite struct DoctoredTrajectoryTests {
  @Test func trueTrajectoriesPassAndDoctoredOnesDoNot() throws {
    var generator = SeededGenerator(seed: 21)
    var flagged = [String: Int]()
    var passed: [String] = []
    let range = problems(1000, debug: 240)
    for trial in range {
      let run = try Self.run(trial, using: &generator)
      for certificate in try Certificates.all(for: run.certified(run.trajectory)) {
        #expect(
          certificate.verdict != .violated,
          "\(trial) \(run.name) \(certificate.claim): \(certificate.violations.first as Any)")
      }
      let kind = Doctoring.allCases[trial % Doctoring.allCases.count]
      guard let doctored = try run.doctored(kind, using: &generator) else { continue }
      let certificates = try Certificates.all(for: run.certified(doctored))
      if certificates.contains(where: { $0.verdict == .violated }) {
        flagged[kind.rawValue, default: 0] += 1
      } else {
        passed.append("\(trial) \(run.name) \(kind)")
      }
    }
    #expect(passed.isEmpty, "\(passed)")
    for kind in Doctoring.allCases {
      #expect(flagged[kind.rawValue, default: 0] > range.count / 8, "\(kind): \(flagged)")
    }
  }

  enum Doctoring: String, CaseIterable { case stuck, slowed, swapped, noisy }

  /// A run, and how its trajectory is made at any times.
  struct Run {
    var name: String
    var objective: any Objective
    var start: ExactSolutions.Start
    var motion: CertifiedRun.Motion
    var accuracy: Double
    var trajectory: Trajectory
    var slowed: Trajectory
    var quantities: Set<Recording.Quantity>

    func certified(_ trajectory: Trajectory) -> CertifiedRun {
      CertifiedRun(
        objective: objective, from: start, moving: motion, accuracy: accuracy,
        recorded: trajectory)
    }

    /// Nil where the doctored trajectory differs from the true one by less than 1e-3.
    func doctored(
      _ kind: Doctoring, using generator: inout SeededGenerator
    ) throws -> Trajectory? {
      var result = trajectory
      let last = result.snapshots.count - 1
      switch kind {
      case .stuck:
        for k in 1...last {
          result.snapshots[k] = result.snapshots[0]
          result.snapshots[k].time = trajectory.snapshots[k].time
        }
      case .slowed: result = slowed
      case .swapped:
        result.snapshots.swapAt(1, 2)
        for k in 1...2 { result.snapshots[k].time = trajectory.snapshots[k].time }
      case .noisy:
        let k = 1 + generator.nextIndex(below: last)
        var point = result.snapshots[k]
        func noise(_ matrix: Matrix) -> Matrix {
          matrix + 1e-3 * matrix.maxAbsolute
            * Matrix.gaussian(
              rowCount: matrix.rowCount, columnCount: matrix.columnCount, using: &generator)
        }
        // Consistent with itself: only what theory says of the path can tell.
        if let layers = point.layers {
          let weights = layers.map(noise)
          point.layers = weights
          let w = weights.dropFirst().reduce(weights[0]) { $1 * $0 }
          let isSymmetric = if case .symmetric = start { true } else { false }
          let product = isSymmetric ? weights[0].timesTransposed(weights[0]) : w
          point.endToEnd = point.endToEnd.map { _ in product }
          point.singularValues = try point.singularValues.map { _ in
            try product.singularValues()
          }
          point.loss = objective.value(at: product)
          point.unbalancedness = point.unbalancedness.map { _ in
            GramDifferences.of(weights).map(\.frobeniusNorm).max() ?? 0
          }
        } else if let w = point.endToEnd {
          let product = noise(w)
          point.endToEnd = product
          point.singularValues = try point.singularValues.map { _ in
            try product.singularValues()
          }
          point.loss = objective.value(at: product)
        } else {
          point.loss *= 1 + 1e-3
          point.singularValues = point.singularValues.map { $0.map { $0 * (1 - 1e-3) } }
        }
        result.snapshots[k] = point
      }
      let differs = zip(result.snapshots, trajectory.snapshots).contains { a, b in
        let loss =
          abs(a.loss - b.loss) > 1e-4
          * objective.value(
            at: Matrix(rowCount: objective.outputCount, columnCount: objective.inputCount))
        guard let v = a.endToEnd, let w = b.endToEnd else { return loss }
        return (v - w).maxAbsolute > 1e-4 * w.maxAbsolute
      }
      return differs ? result : nil
    }
  }

  /// Flows and descents of every kind of loss and start, with much or little recorded.
  static func run(_ trial: Int, using generator: inout SeededGenerator) throws -> Run {
    let (outputs, inputs) = (2 + trial % 3, 2 + trial / 3 % 2)
    let times = [0, 0.2, 0.5, 1, 1.7, 2.5]
    let quantities: Set<Recording.Quantity> =
      switch trial / 2 % 4 {
      case 0: Set(Recording.Quantity.allCases)
      case 1: [.layers]
      case 2: [.endToEnd, .singularValues]
      default: []
      }
    // A record of 1e-6 may be off by 1e-4 in each layer: noise of 1e-3 in it would not contradict much.
    let isNoisy = Doctoring.allCases[trial % Doctoring.allCases.count] == .noisy
    let tolerance = [isNoisy ? 1e-9 : 1e-6, 1e-8, 1e-10][trial % 3]
    let target = Matrix.gaussian(rowCount: outputs, columnCount: inputs, using: &generator)
    let size = 0.2 + 0.6 * generator.nextUniform()
    let widths =
      trial % 2 == 0 ? [inputs, 4, outputs] : [inputs, 4, 3 + trial % 2, outputs]
    var network = LinearNetwork.gaussian(
      widths: widths, standardDeviation: size, using: &generator)
    var motion = CertifiedRun.Motion.flow
    var start: ExactSolutions.Start?
    let objective: any Objective
    let name: String
    switch trial / 4 % 8 {
    case 0:
      (name, objective) = ("factorization", FactorizationObjective(target))
    case 1:
      let x = Matrix.gaussian(rowCount: 12, columnCount: inputs, using: &generator)
      (name, objective) = (
        "regression", try RegressionObjective(inputs: x, targets: x.timesTransposed(target))
      )
    case 2:
      var table = target
      table[0, 0] = .nan
      (name, objective) = ("completion", CompletionObjective(try ObservedEntries(notNaN: table)))
    case 3:
      (name, objective) = ("balanced", FactorizationObjective(target))
      network = try .balanced(
        endToEnd: size
          * Matrix.gaussian(
            rowCount: outputs, columnCount: inputs, using: &generator),
        hiddenWidths: Array(widths.dropFirst().dropLast()))
    case 4:
      (name, objective) = ("endToEndFlow", FactorizationObjective(target))
      network = try .balanced(
        endToEnd: size
          * Matrix.gaussian(
            rowCount: outputs, columnCount: inputs, using: &generator),
        hiddenWidths: [max(inputs, outputs)])
      motion = .endToEndFlow
    case 5:
      let square = Matrix.gaussian(rowCount: inputs, columnCount: inputs, using: &generator)
      (name, objective) = ("symmetric", FactorizationObjective(square.symmetrized()))
      start = .symmetric(
        factor: size * Matrix.gaussian(rowCount: inputs, columnCount: inputs, using: &generator))
    case 6:
      let a = Matrix.gaussian(
        rowCount: 2 * inputs * outputs, columnCount: inputs * outputs, using: &generator)
      (name, objective) = (
        "sensing",
        try SensingObjective(
          measurements: a, values: a * target.elements, outputCount: outputs, inputCount: inputs)
      )
    default:
      (name, objective) = ("descent", FactorizationObjective(target))
      motion = .descent(stepSize: 0.02)
    }
    let begin = start ?? .layered(network)
    func trajectory(_ times: [Double]) -> Trajectory {
      switch (motion, begin) {
      case (.descent(let step), _):
        var run = Descent(
          stepSize: step, stepLimit: Int(times.last! * 30),
          recording: Recording(.at(Set(times.map { Int($0 * 30) })), of: quantities)
        ).run(objective, from: network)
        if run.snapshots.count > times.count { run.snapshots.removeLast() }
        return run
      case (.endToEndFlow, _):
        return flow(endToEndFlow(objective), times)
      case (_, .symmetric(let factor)):
        return flow(symmetricFlow(objective, factor), times)
      default:
        return GradientFlow(
          until: times.last!, steps: .adaptive(relativeTolerance: tolerance),
          recording: .at(times, of: quantities)
        ).run(objective, from: network).trajectory
      }
    }
    func endToEndFlow(_ objective: some Objective) -> any FlowEquation {
      EndToEndFlow(objective, depth: 2, from: network.endToEnd())
    }
    func symmetricFlow(_ objective: some Objective, _ factor: Matrix) -> any FlowEquation {
      SymmetricFlow(objective, from: SymmetricNetwork(factor: factor))
    }
    func flow(_ equation: some FlowEquation, _ times: [Double]) -> Trajectory {
      var recorded = quantities
      if motion == .endToEndFlow { recorded.subtract([.layers, .unbalancedness]) }
      var result = GradientFlow(
        until: times.last!, steps: .adaptive(relativeTolerance: tolerance),
        recording: .at(times, of: recorded)
      ).run(equation).trajectory
      for k in result.snapshots.indices where start != nil {
        result.snapshots[k].layers = result.snapshots[k].layers.map { [$0[1]] }
      }
      return result
    }
    let whole = trajectory(times)
    var slowed = trajectory(times.map { $0 / 3 })
    for k in slowed.snapshots.indices where k < whole.snapshots.count {
      slowed.snapshots[k].time = whole.snapshots[k].time
    }
    slowed.snapshots = Array(slowed.snapshots.prefix(whole.snapshots.count))
    let accuracy = if case .descent = motion { 1e-9 } else { max(1e-9, 100 * tolerance) }
    return Run(
      name: "\(name) \(quantities.map(\.rawValue).sorted())", objective: objective, start: begin,
      motion: motion, accuracy: accuracy, trajectory: whole, slowed: slowed,
      quantities: quantities)
  }
}
