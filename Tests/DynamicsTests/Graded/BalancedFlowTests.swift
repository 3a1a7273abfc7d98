import LinearAlgebra
import LinearNetworks
import RealModule
import Testing
import _TestSupport

@testable import Dynamics

@Suite("A balanced flow in graded coordinates") struct BalancedFlowTests {
  /// A balanced network of random widths with given singular values of its layers, and its bases.
  static func network(
    depth: Int, sizes: [Double], using generator: inout SeededGenerator
  ) -> LinearNetwork {
    let widths = (0...depth).map { _ in sizes.count + generator.nextIndex(below: 3) }
    let bases = widths.map {
      Matrix.orthogonal(rowCount: $0, columnCount: sizes.count, using: &generator)
    }
    var network = LinearNetwork(zerosOfWidths: widths)
    network.layers = zip(bases, bases.dropFirst()).map { lower, upper in
      upper.scalingColumns(by: sizes).timesTransposed(lower)
    }
    return network
  }

  static func sizes(_ count: Int, using generator: inout SeededGenerator) -> [Double] {
    (0..<count).map { _ in 0.3 + generator.nextUniform() }
  }

  /// An objective of one of seven kinds.
  static func objective(
    _ kind: Int, _ outputs: Int, _ inputs: Int, using generator: inout SeededGenerator
  ) throws -> any Objective {
    let x = Matrix.gaussian(rowCount: 7, columnCount: inputs, using: &generator)
    let y = Matrix.gaussian(rowCount: 7, columnCount: outputs, using: &generator)
    let target = Matrix.gaussian(rowCount: outputs, columnCount: inputs, using: &generator)
    switch kind {
    case 0: return FactorizationObjective(target)
    case 1: return try RegressionObjective(inputs: x, targets: y)
    case 2:
      let places = (0..<outputs * inputs).filter { $0 == 0 || generator.nextIndex(below: 3) > 0 }
      return CompletionObjective(
        try ObservedEntries(
          rowCount: outputs, columnCount: inputs,
          rows: places.map { Int32($0 / inputs) }, columns: places.map { Int32($0 % inputs) },
          values: places.map { target.elements[$0] }))
    case 3:
      return try SensingObjective(
        measurements: .gaussian(rowCount: 9, columnCount: outputs * inputs, using: &generator),
        values: (0..<9).map { _ in generator.nextUniform() }, outputCount: outputs,
        inputCount: inputs)
    case 4: return try PowerObjective(inputs: x, targets: y, power: 4)
    case 5:
      return try LogisticObjective(
        inputs: x, labels: (0..<7).map { $0 % outputs }, classCount: outputs)
    default:
      return try SigmoidObjective(inputs: x, targets: y.map { $0 > 0 ? 1 : 0 })
    }
  }

  @Test("moves the layers as their gradients say, for every objective, depth and rank")
  func velocity() throws {
    var generator = SeededGenerator(seed: 1201)
    var worst = 0.0
    for trial in 0..<500 {
      let depth = 2 + trial % 4
      let rank = 1 + generator.nextIndex(below: 4)
      var sizes = Self.sizes(rank, using: &generator)
      if rank > 1, trial % 3 == 0 { sizes[1] = sizes[0] }
      let network = Self.network(depth: depth, sizes: sizes, using: &generator)
      let target = try Self.objective(
        trial % 7, network.outputCount, network.inputCount, using: &generator)
      worst = max(worst, try error(of: target, network, using: &generator))
    }
    // Central differences with a step of 1e-5 of the state.
    #expect(worst < 1e-8, "\(worst)")
  }

  private func error(
    of objective: some Objective, _ network: LinearNetwork, using generator: inout SeededGenerator
  ) throws -> Double {
    let factors = try #require(BalancedFactors(of: network))
    var flow = BalancedFlow(objective, from: factors)
    var state = flow.start
    // Away from R̃ = 1: any orthogonal change of all bases leaves the network.
    let begin = flow.coreRange.lowerBound + flow.rank
    for k in begin..<flow.coreRange.upperBound { state[k] = 0.5 * generator.nextUniform() }
    let start = flow.network(of: state)
    var velocity = [Double](repeating: 0, count: state.count)
    _ = state.withUnsafeBufferPointer { state in
      velocity.withUnsafeMutableBufferPointer { flow.setVelocity(at: state, into: $0) }
    }
    func layers(_ δ: Double) -> [Matrix] {
      flow.network(of: zip(state, velocity).map { $0 + δ * $1 }).layers
    }
    let expected = layeredFlow(start.layers) { objective.gradient(at: $0) }
    let speed = expected.map(\.frobeniusNorm).max()!
    let step = 1e-5 / max(velocity.map(abs).max()!, 1e-3)
    let measured = zip(layers(step), layers(-step)).map { ($0 - $1) / (2 * step) }
    // Of a rank below the width the coordinates know the end-to-end matrix and hidden bases; both must move right.
    return zip(measured, expected).map { ($0 - $1).frobeniusNorm / speed }.max()!
  }

  @Test("is the flow of the layers, by an independent integration")
  func againstExtrapolation() throws {
    var generator = SeededGenerator(seed: 1202)
    var worst = 0.0
    for trial in problems(500, debug: 100) {
      let depth = 2 + trial % 3
      let network = Self.network(
        depth: depth, sizes: Self.sizes(1 + trial % 3, using: &generator), using: &generator)
      let target = try Self.objective(
        trial % 7, network.outputCount, network.inputCount, using: &generator)
      let end = 1.5
      let run = Self.run(target, network, until: end, tolerance: 1e-11)
      let expected = ExtrapolationIntegrator.solve(
        from: network.layers, until: end, tolerance: 1e-13
      ) { layeredFlow($0) { Self.gradient(target, $0) } }
      for (a, b) in zip(run.trajectory.finalNetwork.layers, expected) {
        worst = max(worst, (a - b).frobeniusNorm / b.frobeniusNorm)
      }
    }
    #expect(worst < 1e-8, "\(worst)")
  }

  static func gradient(_ objective: some Objective, _ matrix: Matrix) -> Matrix {
    objective.gradient(at: matrix)
  }

  static func run(
    _ objective: some Objective, _ network: LinearNetwork, until end: Double, tolerance: Double,
    times: [Double] = []
  ) -> FlowResult {
    GradientFlow(
      until: end, steps: .adaptive(relativeTolerance: tolerance),
      recording: .at(times, of: [.endToEnd, .singularValues, .unbalancedness])
    ).run(objective, from: network)
  }

  /// w(t) of a mode of size s₀ at depth 2 on a target σ, as a share of σ, from log s₀.
  static func share(σ: Double, logarithm: Double, time: Double) -> Double {
    1 / (1 + .exp(Double.log(σ) - logarithm - 2 * σ * time))
  }

  @Test("holds modes from vanishing starts in any bases, where layers hold one at most")
  func vanishingStarts() throws {
    var generator = SeededGenerator(seed: 1203)
    var worst = 0.0
    let range = problems(500, debug: 60)
    for trial in range {
      let rank = 2 + trial % 2
      // Singular values of the layers from 1e-8 down to 1e-150: of the product from 1e-16 to 1e-300.
      let logarithm = -Double.log(10) * (8 + 142 * Double(trial) / Double(range.count - 1))
      let sizes = (0..<rank).map { _ in Double.exp(logarithm) * (0.5 + generator.nextUniform()) }
      let network = Self.network(depth: 2, sizes: sizes, using: &generator)
      let values = (0..<rank).map { 1.5 - 0.4 * Double($0) }
      let upper = network.layers[1]
      // The targets' vectors are those of the start.
      let factors = try #require(BalancedFactors(of: network))
      let target = factors.bases[2].scalingColumns(by: values).timesTransposed(factors.bases[0])
      let halves = zip(values, factors.logarithmicSizes).map { σ, h in
        (Double.log(σ) - 2 * h) / (2 * σ)
      }
      let times = halves.sorted()
      let run = Self.run(
        FactorizationObjective(target), network, until: times.last! + 0.5, tolerance: 1e-10,
        times: times)
      #expect(upper.count > 0 && run.trajectory.outcome == .ended)
      for (time, snapshot) in zip(times, run.trajectory.snapshots) {
        let exact = zip(values, factors.logarithmicSizes).map { σ, h in
          σ * Self.share(σ: σ, logarithm: 2 * h, time: time)
        }
        let matrix = factors.bases[2].scalingColumns(by: exact).timesTransposed(factors.bases[0])
        worst = max(worst, (snapshot.endToEnd! - matrix).frobeniusNorm / matrix.frobeniusNorm)
      }
    }
    // A relative rounding of ε in σ alone moves a half-rise at 2σt = 700 by 700 ε; bases agree to some ε times 700.
    #expect(worst < 1e-7, "\(worst)")
  }

  @Test("keeps rank and zero modes") func rank() throws {
    var generator = SeededGenerator(seed: 1204)
    for trial in problems(500, debug: 50) {
      let depth = 2 + trial % 3
      let rank = 1 + trial % 2
      let start = Self.network(
        depth: depth, sizes: Self.sizes(rank, using: &generator), using: &generator)
      let target = Matrix.gaussian(
        rowCount: start.outputCount, columnCount: start.inputCount, using: &generator)
      let run = Self.run(
        FactorizationObjective(target), start, until: 50, tolerance: 1e-9, times: [50])
      let values = try #require(run.trajectory.snapshots.last?.singularValues)
      #expect(values.dropFirst(rank).allSatisfy { $0 == 0 } && values[rank - 1] > 0)
      #expect(try run.trajectory.finalNetwork.endToEnd().rank() <= rank)
    }
  }

  @Test("keeps the determinant's sign on Proposition 5's problem, to its end")
  func determinantSign() throws {
    let objective = CompletionObjective(
      try ObservedEntries(
        rowCount: 2, columnCount: 2,
        rows: [0, 1, 1], columns: [1, 0, 1], values: [1, 1, 0]))
    let start = Matrix(rows: [[0.3, 0.05], [-0.1, 0.2]])
    let factors = try #require(
      BalancedFactors(of: try .balanced(endToEnd: start, hiddenWidths: [2])))
    let flow = BalancedFlow(objective, from: factors)
    for method in [FlowMethod.automatic, .dormandPrince] {
      var run = FlowRun(
        GradientFlow(until: 1000, method: method, recording: .at([316, 1000], of: [.endToEnd])),
        flow)
      let trajectory = run.advance().trajectory
      let w = try #require(trajectory.snapshots.last?.endToEnd)
      // The smaller singular value is far below rounding of the larger one: the sign is that of the bases.
      let end = flow.factors(of: run.checkpoint.point.state)
      let sign = try LUDecomposition(of: end.bases[2].timesTransposed(end.bases[0])).determinant
      // Bases are orthonormal to the tolerance of 1e-8.
      #expect(abs(sign - 1) < 1e-7)
      // By an implicit integration at 1e-10 in singular vectors with logarithmic sizes.
      #expect(abs(w.frobeniusNorm - 12.3) < 0.05, "\(w.frobeniusNorm)")
      #expect(abs(trajectory.losses.last! - 1.10e-3) < 0.005e-3, "\(trajectory.losses)")
    }
  }

  // Vectors along the axes: turned by rounding they would leave this unstable course, as exact layers would.
  @Test("holds sizes that shrink for good, each to its own accuracy")
  func shrinking() throws {
    var generator = SeededGenerator(seed: 1205)
    for depth in 2...4 {
      for _ in 0..<10 {
        // A linear loss ⟨C, W⟩ with C aligned to W: s′ = −N s^{2−2/N} c for every mode.
        let sizes = Self.sizes(3, using: &generator)
        let layer = Matrix.diagonal(sizes)
        let network = try LinearNetwork(layers: [Matrix](repeating: layer, count: depth))
        let factors = try #require(BalancedFactors(of: network))
        let slopes = [1.0, 0.5, 0.25]
        let cross = factors.bases[depth].scalingColumns(by: slopes).timesTransposed(
          factors.bases[0])
        let objective = try RegressionObjective(
          inputCovariance: .zeros(network.inputCount, network.inputCount), crossCovariance: -cross)
        let run = Self.run(objective, network, until: 60, tolerance: 1e-12, times: [60])
        let values = try #require(run.trajectory.snapshots.last?.singularValues)
        let exact = zip(slopes, factors.logarithmicSizes).map { c, h -> Double in
          let s = Double.exp(Double(depth) * h)
          if depth == 2 { return s * .exp(-2 * c * 60) }
          let p = 2 / Double(depth) - 1
          return .pow(.pow(s, p) - p * Double(depth) * c * 60, 1 / p)
        }.sorted(by: >)
        for (a, b) in zip(values, exact) { #expect(abs(a / b - 1) < 1e-8, "\(a) \(b)") }
      }
    }
  }
}
