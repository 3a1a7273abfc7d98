import Foundation
import LinearAlgebra
import LinearNetworks
import RealModule
import Testing
import _TestSupport

@testable import Dynamics

@Suite("Flows that change their coordinates") struct GuardedFlowTests {
  @Test("two layers and symmetric networks move in graded coordinates as their gradients say")
  func factorVelocity() throws {
    var generator = SeededGenerator(seed: 1301)
    var worst = 0.0
    for trial in 0..<500 {
      let isSymmetric = trial % 3 == 0
      let outputs = 2 + generator.nextIndex(below: 3)
      let inputs = isSymmetric ? outputs : 2 + generator.nextIndex(below: 3)
      let width = 1 + generator.nextIndex(below: 7)
      let objective = try BalancedFlowTests.objective(
        trial % 7, outputs, inputs, using: &generator)
      let factor = Matrix.gaussian(rowCount: outputs, columnCount: width, using: &generator)
      worst = max(
        worst,
        try error(
          objective,
          isSymmetric
            ? .symmetric(SymmetricNetwork(factor: factor))
            : .layered(
              .gaussian(
                widths: [inputs, width, outputs], standardDeviation: 0.7, using: &generator)),
          using: &generator))
    }
    #expect(worst < 1e-8, "\(worst)")
  }

  enum Start {
    case layered(LinearNetwork)
    case symmetric(SymmetricNetwork)
  }

  private func error(
    _ objective: some Objective, _ start: Start, using generator: inout SeededGenerator
  ) throws -> Double {
    let made =
      switch start {
      case .layered(let network): FactorFlow(objective, from: network)
      case .symmetric(let network): FactorFlow(objective, from: network)
      }
    var flow = try #require(made)
    var state = flow.start
    let begin = flow.blockSizes[0] + flow.blockSizes[1]
    for k in begin..<begin + flow.blockSizes[2] { state[k] = 0.5 * generator.nextUniform() }
    var velocity = [Double](repeating: 0, count: state.count)
    _ = state.withUnsafeBufferPointer { state in
      velocity.withUnsafeMutableBufferPointer { flow.setVelocity(at: state, into: $0) }
    }
    func stacked(_ δ: Double) -> Matrix {
      flow.stacked(of: zip(state, velocity).map { $0 + δ * $1 })
    }
    let step = 1e-5 / max(velocity.map(abs).max()!, 1e-3)
    let measured = (stacked(step) - stacked(-step)) / (2 * step)
    let expected: Matrix
    switch start {
    case .layered:
      let change = layeredFlow(flow.network(of: state).layers) { objective.gradient(at: $0) }
      expected = .verticallyStacked([change[1], change[0].transposed()])
    case .symmetric:
      let u = stacked(0)
      let gradient = objective.gradient(at: u.timesTransposed(u))
      expected = -((gradient + gradient.transposed()) * u)
    }
    return (measured - expected).frobeniusNorm / expected.frobeniusNorm
  }

  @Test("two gaussian layers of 1e-20 to 1e-300 learn every mode at its time")
  func tinyStarts() throws {
    var generator = SeededGenerator(seed: 1302)
    let target = Matrix.diagonal([3, 2, 1.2], rowCount: 4, columnCount: 3)
    let spread = Matrix.gaussian(rowCount: 7, columnCount: 3, using: &generator)
    /// Layers that are `spread` times e^s, as the stacked Z has it: W_2 above W_1ᵀ.
    func network(_ size: Double) throws -> LinearNetwork {
      try LinearNetwork(layers: [
        size * spread.submatrix(rows: 4..<7, columns: 0..<3).transposed(),
        size * spread.firstRows(4),
      ])
    }
    for exponent in [20.0, 100, 200, 300] {
      let size = Double.exp10(-exponent)
      let end = Double.log(10) * exponent / 1.2 * 1.1 + 5
      let run = GradientFlow(
        until: end, steps: .adaptive(relativeTolerance: 1e-9),
        recording: FlowRecording(times: [], of: [.endToEnd], locatingHalfRises: true)
      ).run(FactorizationObjective(target), from: try network(size))
      #expect(run.trajectory.losses.last! < 1e-8)
      // While W is small Z = e^{At} Z₀. The modes of A with eigenvalues 3, 2, 1.2 are (u, v)/√2, and the k-th is left
      // with what of its row the rows before do not span: the continuous QR of e^{At}Z₀ has that size, and its square is
      // W's. From there each rises as a logistic curve: half of σ at e^{2σt} w₀ = σ.
      var rows = Matrix(
        rows: (0..<3).map { k in
          (0..<3).map { (spread[k, $0] + spread[4 + k, $0]) / 2.0.squareRoot() }
        }
      ).transposed()
      var sizes: [Double] = []
      for k in 0..<3 {
        for l in 0..<k {
          let part = zip(rows.column(k), rows.column(l)).reduce(0) { $0 + $1.0 * $1.1 }
          for i in 0..<3 { rows[i, k] -= part * rows[i, l] }
        }
        let norm = rows.column(k).reduce(0) { $0 + $1 * $1 }.squareRoot()
        for i in 0..<3 { rows[i, k] /= norm }
        sizes.append(norm)
      }
      for (k, σ) in [3, 2, 1.2].enumerated() {
        let logarithm = 2 * (Double.log(sizes[k]) + Double.log(size)) - Double.log(2)
        let exact = (Double.log(σ) - logarithm) / (2 * σ)
        let time = try #require(run.halfRiseTimes?[k])
        // The relative corrections are those of a start that is not small.
        #expect(abs(time - exact) < 1e-3, "\(exponent) \(k): \(time) \(exact)")
      }
    }
  }

  @Test("many balanced modes leave their layers on the way, and resume there to the same bits")
  func switching() throws {
    var generator = SeededGenerator(seed: 1303)
    let sizes = (0..<10).map { _ in 1e-9 * (1 + generator.nextUniform()) }
    let network = BalancedFlowTests.network(depth: 2, sizes: sizes, using: &generator)
    let factors = try #require(BalancedFactors(of: network))
    let values = (0..<10).map { 3.0 * Double.pow(0.6, Double($0)) }
    let target = factors.bases[2].scalingColumns(by: values).timesTransposed(factors.bases[0])
    let objective = FactorizationObjective(target)
    let settings = GradientFlow(
      until: 20, steps: .adaptive(relativeTolerance: 1e-9),
      recording: .at([20], of: [.singularValues]))
    let equation = GuardedFlow(objective, from: network)
    var first = FlowRun(settings, equation)
    let count = first.checkpoint.point.state.count
    var switched = 0
    let whole = first.advance { progress in
      switched = progress.step
      return .goOn
    }
    #expect(first.checkpoint.point.state.count != count)
    // Each singular value against its closed form, as a share of itself.
    let measured = try #require(whole.trajectory.snapshots.last?.singularValues)
    let exact = zip(values, factors.logarithmicSizes).map { σ, h in
      σ * BalancedFlowTests.share(σ: σ, logarithm: 2 * h, time: 20)
    }.sorted(by: >)
    for (a, b) in zip(measured, exact) {
      // Layers are left when the smallest mode is a thousand tolerances of the largest.
      #expect(abs(a / b - 1) < 0.01, "\(a) \(b)")
    }
    for stop in [switched / 4, switched * 3 / 4] {
      var run = FlowRun(settings, equation)
      _ = run.advance { $0.step == stop ? .interrupt : .goOn }
      let data = try PropertyListEncoder().encode(run.checkpoint)
      let checkpoint = try PropertyListDecoder().decode(FlowCheckpoint.self, from: data)
      var resumed = FlowRun(settings, equation, from: checkpoint)
      #expect(resumed.advance() == whole)
    }
  }

  @Test("a checkpoint tells coordinates apart where states are of one size")
  func coordinates() throws {
    var generator = SeededGenerator(seed: 1306)
    // Layers of 3×2 and 7×3, and two modes with their vectors and a hidden basis: 27 numbers each.
    let bases = [2, 3, 7].map {
      Matrix.orthogonal(rowCount: $0, columnCount: 2, using: &generator)
    }
    var network = LinearNetwork(zerosOfWidths: [2, 3, 7])
    network.layers = zip(bases, bases.dropFirst()).map { lower, upper in
      upper.scalingColumns(by: [1e-5, 2e-5]).timesTransposed(lower)
    }
    let target = bases[2].scalingColumns(by: [3, 1]).timesTransposed(bases[0])
    let settings = GradientFlow(until: 20, steps: .adaptive(relativeTolerance: 1e-9))
    let equation = GuardedFlow(FactorizationObjective(target), from: network)
    var run = FlowRun(settings, equation)
    #expect(run.checkpoint.coordinates == .weights && run.checkpoint.point.state.count == 27)
    var last = 0
    let whole = run.advance {
      last = $0.step
      return .goOn
    }
    #expect(run.checkpoint.coordinates == .balanced && run.checkpoint.point.state.count == 27)
    for stop in [last / 5, last - 1] {
      var part = FlowRun(settings, equation)
      _ = part.advance { $0.step == stop ? .interrupt : .goOn }
      let data = try PropertyListEncoder().encode(part.checkpoint)
      let checkpoint = try PropertyListDecoder().decode(FlowCheckpoint.self, from: data)
      #expect(checkpoint.coordinates == (stop == last - 1 ? .balanced : .weights))
      var resumed = FlowRun(settings, equation, from: checkpoint)
      #expect(resumed.advance() == whole)
    }
  }

  @Test("singular values of layers' products are known each to its own accuracy")
  func gradedProducts() throws {
    var generator = SeededGenerator(seed: 1307)
    var (worst, plain) = (0.0, 0.0)
    for trial in 0..<500 {
      let depth = 2 + trial % 3
      let sizes = [1, 0.1, 0.01].map { $0 * (1 + generator.nextUniform()) }
      let network = BalancedFlowTests.network(depth: depth, sizes: sizes, using: &generator)
      let product = try #require(
        SingularValueDecomposition(ofGradedProduct: network.layers, rank: 3))
      let w = network.endToEnd()
      #expect((product.reconstruct() - w).maxAbsolute < 1e-14 * w.maxAbsolute)
      let exact = sizes.map { Double.pow($0, depth) }
      worst = max(worst, zip(product.singularValues, exact).map { abs($0 / $1 - 1) }.max()!)
      plain = max(plain, zip(network.singularValues(), exact).map { abs($0 / $1 - 1) }.max()!)
    }
    // A layer holds its smallest value to rounding of its largest, 200 times as much, in each of four.
    #expect(worst < 16 * 200 * 4 * .ulpOfOne && plain > 100 * worst, "\(worst) \(plain)")
  }

  @Test("half-rises are those of the closed form for every component, whatever its vectors")
  func everyHalfRise() throws {
    var generator = SeededGenerator(seed: 1308)
    for _ in problems(500, debug: 60) {
      let starts = (0..<3).map { _ in Double.pow(10, -4 + 2 * generator.nextUniform()) }
      let targets = [2.5, 1.7, 0.9].map { $0 + 0.5 * generator.nextUniform() }
      let network = BalancedFlowTests.network(
        depth: 2, sizes: starts.map { $0.squareRoot() }, using: &generator)
      let factors = try #require(BalancedFactors(of: network))
      // Targets go with the modes of the start as they stand there, in descending order.
      let target = factors.bases[2].scalingColumns(by: targets.reversed())
        .timesTransposed(factors.bases[0])
      let exact = zip(targets.reversed(), factors.logarithmicSizes).map { σ, h in
        Double.log(σ / .exp(2 * h) - 1) / (2 * σ)
      }
      let run = GradientFlow(
        until: exact.max()! + 8, steps: .adaptive(relativeTolerance: 1e-9),
        recording: FlowRecording(times: [], locatingHalfRises: true)
      ).run(FactorizationObjective(target), from: network)
      for (time, exact) in zip(try #require(run.halfRiseTimes), exact.reversed()) {
        // A cubic between steps of up to 0.2: its error over the speed σ²/2.
        #expect(abs((time ?? .nan) - exact) < 2e-3, "\(time as Any) \(exact)")
      }
    }
  }

  @Test("half-rises follow components where sizes cross, and wait for an end that is reached")
  func components() throws {
    // The second mode begins larger and ends smaller.
    let starts = [1e-3, 1e-2]
    let targets = [2.0, 1]
    let network = try LinearNetwork(
      layers: [
        .diagonal(starts.map { $0.squareRoot() }), .diagonal(starts.map { $0.squareRoot() }),
      ])
    func run(until end: Double) throws -> FlowResult {
      GradientFlow(
        until: end, steps: .adaptive(relativeTolerance: 1e-9),
        recording: FlowRecording(times: [], locatingHalfRises: true)
      ).run(FactorizationObjective(.diagonal(targets)), from: network)
    }
    let exact = zip(targets, starts).map { Double.log($0 / $1 - 1) / (2 * $0) }
    let whole = try #require(try run(until: 30).halfRiseTimes)
    for (time, exact) in zip(whole, exact) { #expect(abs((time ?? .nan) - exact) < 1e-4) }
    // At t = 2 the first has risen, the second is at its half.
    let early = try run(until: 2.6)
    #expect(early.isStillRising == [false, true])
    #expect(early.halfRiseTimes?[1] == nil && early.halfRiseTimes?[0] != nil)
  }

  @Test("says from when on unbalanced layers hold no smallest singular value")
  func rounding() throws {
    var generator = SeededGenerator(seed: 1304)
    var (told, silent) = (0, 0)
    for _ in problems(500, debug: 40) {
      // Diagonal layers, the first mode unbalanced, so that there are no coordinates of a balanced flow. The second one is
      // alike in all and has a slope but no curvature: u′ = −cu², u = u₀/(1 + c u₀ t), and the product is u³.
      let slope = 1 + generator.nextUniform()
      let small = Double.pow(10, -1 - 2 * generator.nextUniform())
      let network = try LinearNetwork(
        layers: (0..<3).map { .diagonal([1 + 0.1 * Double($0), small]) })
      let objective = try RegressionObjective(
        inputCovariance: .diagonal([1, 0]), crossCovariance: .diagonal([2, -slope]))
      let end = Double.pow(10, 2 + 6 * generator.nextUniform())
      let run = GradientFlow(
        until: end, steps: .adaptive(relativeTolerance: 1e-10),
        recording: .at([end], of: [.layers])
      ).run(objective, from: network)
      /// The smallest singular value over that of rounding: ε times the product of the norms of the layers, about 2.
      func share(_ time: Double) -> Double {
        let u = small / (1 + slope * small * time)
        return u * u * u / (2 * .ulpOfOne)
      }
      if share(end) > 100 {
        silent += 1
        #expect(run.roundingTime == nil, "\(share(end))")
      } else if share(end) < 0.01 {
        told += 1
        let time = try #require(run.roundingTime, "\(share(end))")
        // Found at the end of a step, which may be as long as ten times the time before it.
        #expect(share(time) < 100 && share(time / 10) > 0.01, "\(share(time))")
      }
    }
    #expect(min(told, silent) > 5, "\(told) \(silent)")
    let balanced = GradientFlow(until: 100).run(
      FactorizationObjective(.diagonal([3, 2, 1])),
      from: try .balanced(endToEnd: .diagonal([1e-3, 1e-9, 1e-20]), hiddenWidths: [3, 3]))
    #expect(balanced.roundingTime == nil)
  }
}

@Suite("Stiff flows") struct StiffFlowTests {
  static func problem(_ size: Double) throws -> (FactorizationObjective, LinearNetwork) {
    var generator = SeededGenerator(seed: 1401)
    let target = Matrix.gaussian(rowCount: 4, columnCount: 5, using: &generator)
    return (
      FactorizationObjective(target),
      .gaussian(widths: [5, 5, 4], standardDeviation: size, using: &generator)
    )
  }

  @Test("starts of 1e3 to 1e6 end after some hundred steps", arguments: [1e3, 1e4, 1e6])
  func large(_ size: Double) throws {
    let (objective, network) = try Self.problem(size)
    let times = [1e-6, 1, 100]
    let run = GradientFlow(until: 100, recording: .at(times, of: [.endToEnd, .layers]))
      .run(objective, from: network)
    #expect(run.trajectory.outcome == .ended)
    #expect(run.cost.steps < 1000, "\(run.cost)")
    #expect(run.cost.stepsByMethod["radau", default: 0] > 0)
    // At the end nothing moves but by rounding of products of such layers. W need not be Y there: the invariant gives
    // each layer a space, and what lies outside both moves with what is left of the layers there, ‖Y‖/size.
    let end = run.trajectory.finalNetwork
    let gradient = objective.gradient(at: end.endToEnd())
    let rest = 10 * objective.target.inner(objective.target) / size
    let rounding = 1000 * .ulpOfOne * size * size * size
    for change in layeredFlow(end.layers, gradient: { _ in gradient }) {
      #expect(change.frobeniusNorm < max(rounding, rest), "\(change.frobeniusNorm)")
    }
    // The invariant is kept as tightly as the tolerance.
    #expect(run.invariantDrift ?? .nan < 1e-6)
  }

  @Test("the implicit method takes the course of the explicit one") func agreement() throws {
    let (objective, network) = try Self.problem(1e3)
    let times = [1e-7, 1e-6, 1e-5, 1e-3]
    func run(_ method: FlowMethod, _ tolerance: Double) -> FlowResult {
      GradientFlow(
        until: 1e-3, method: method, steps: .adaptive(relativeTolerance: tolerance),
        recording: .at(times, of: [.layers])
      ).run(objective, from: network)
    }
    let (implicit, explicit) = (run(.radau, 1e-9), run(.dormandPrince, 1e-12))
    for (a, b) in zip(implicit.trajectory.snapshots, explicit.trajectory.snapshots) {
      for (a, b) in zip(a.layers!, b.layers!) {
        #expect((a - b).frobeniusNorm < 1e-7 * b.frobeniusNorm)
      }
    }
  }

  @Test("an explicit method that is named says that a flow is stiff instead of going on")
  func named()
    throws
  {
    let (objective, network) = try Self.problem(1e4)
    let run = GradientFlow(until: 100, method: .dormandPrince).run(objective, from: network)
    #expect(run.trajectory.outcome.kind == "stiff")
    #expect(run.cost.steps < 5000)
  }
}
