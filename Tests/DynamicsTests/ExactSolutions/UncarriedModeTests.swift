import Dynamics
import LinearAlgebra
import LinearNetworks
import RealModule
import Testing
import _TestSupport

/// Starts in which a mode of the data is zero in some layer: bottlenecks, fewer sizes than modes, layers that begin
/// at zero.
@Suite struct UncarriedModeTests {
  @Test func modesThatSomeLayersDoNotCarryFollowGradientFlow() throws {
    var generator = SeededGenerator(seed: 41)
    var (still, revived, carried) = (0, 0, 0)
    for trial in 0..<500 {
      let random = PartlyCarried(depth: 2 + trial % 4, using: &generator)
      let time = 0.2 + generator.nextUniform()
      let solution = try ExactSolutions.solve(
        random.problem, from: .layered(random.network), at: [time],
        quantities: Set(Recording.Quantity.allCases))
      #expect(solution.method == .spectralModes)
      let expected = ExtrapolationIntegrator.solve(
        from: random.network.layers, until: time, tolerance: 1e-12
      ) { layeredFlow($0, gradient: random.problem.gradient) }
      let snapshot = solution.trajectory.snapshots[0]
      let largest = expected.map(\.maxAbsolute).max() ?? 0
      for (layer, other) in zip(try #require(snapshot.layers), expected) {
        #expect((layer - other).maxAbsolute <= 1e-9 * largest, "\(trial)")
      }
      let w = expected.dropFirst().reduce(expected[0]) { $1 * $0 }
      let size = max(w.maxAbsolute, 1e-3)
      let found = try #require(snapshot.endToEnd)
      #expect((found - w).maxAbsolute <= 1e-9 * size, "\(trial)")
      still += random.zeros.count { $0 > 1 }
      revived += random.zeros.count { $0 == 1 }
      carried += random.zeros.count { $0 == 0 }
    }
    #expect(still > 200 && revived > 100 && carried > 200, "\(still), \(revived), \(carried)")
  }

  /// A bottleneck keeps its rank for ever: rounding does not grow into the modes that it leaves out.
  @Test(arguments: 2...5) func aBottleneckNeverLearnsMoreThanItsWidth(depth: Int) throws {
    var generator = SeededGenerator(seed: 42)
    for _ in 0..<25 {
      let (m, n, r) = (5, 6, 2)
      let bases = [n] + [Int](repeating: r, count: depth - 1) + [m]
      let q = bases.map { Matrix.orthogonal(rowCount: $0, columnCount: $0, using: &generator) }
      let σ = (0..<m).map { 2 - 0.3 * Double($0) + 0.1 * generator.nextUniform() }
      let target = q[depth].scalingColumns(by: σ).timesTransposed(q[0].firstColumns(m))
      let layers = (1...depth).map {
        0.1 * q[$0].firstColumns(r).timesTransposed(q[$0 - 1].firstColumns(r))
      }
      let solution = try ExactSolutions.solve(
        .factorization(target: target), from: .layered(LinearNetwork(layers: layers)), at: [1e4])
      let limit = q[depth].firstColumns(r).scalingColumns(by: Array(σ.prefix(r)))
        .timesTransposed(q[0].firstColumns(r))
      expectClose(try #require(solution.trajectory.snapshots[0].endToEnd), limit, relative: 1e-12)
      expectClose(
        solution.trajectory.snapshots[0].loss, σ.dropFirst(r).reduce(0) { $0 + $1 * $1 / 2 },
        relative: 1e-12)
    }
  }

  /// u = 0, v ≠ 0: u′ = σv at first, and u² − v² = −v₀² for ever.
  @Test func aLayerThatBeginsAtZeroMoves() throws {
    let (σ, v) = (1.3, 0.4)
    let network = try LinearNetwork(layers: [.zeros(1, 1), Matrix(rows: [[v]])])
    let times = [0.5, 1, 3, 50]
    let solution = try ExactSolutions.solve(
      .factorization(target: Matrix(rows: [[σ]])), from: .layered(network), at: times)
    for snapshot in solution.trajectory.snapshots {
      let w = ExtrapolationIntegrator.solve(from: [0, v], until: snapshot.time) { _, y in
        let gap = σ - y[0] * y[1]
        return [gap * y[1], gap * y[0]]
      }.reduce(1, *)
      expectClose(try #require(snapshot.endToEnd)[0, 0], w, relative: 1e-11)
    }
    expectClose(
      try #require(solution.trajectory.snapshots.last?.endToEnd)[0, 0], σ, relative: 1e-15)
  }

  /// Both layers zero along a mode: it stays there, even at times at which rounding would have grown.
  @Test func modesAbsentFromBothLayersStayAbsent() throws {
    var generator = SeededGenerator(seed: 43)
    for _ in 0..<50 {
      let q = (0..<3).map { _ in Matrix.orthogonal(rowCount: 4, columnCount: 4, using: &generator) }
      let sizes = [0.3, 0, 0.2, 0]
      let layers = (1...2).map { q[$0].scalingColumns(by: sizes).timesTransposed(q[$0 - 1]) }
      let target = q[2].scalingColumns(by: [1, 2, 3, 4]).timesTransposed(q[0])
      let solution = try ExactSolutions.solve(
        .factorization(target: target), from: .layered(LinearNetwork(layers: layers)),
        at: [1000])
      let limit = q[2].scalingColumns(by: [1, 0, 3, 0]).timesTransposed(q[0])
      expectClose(try #require(solution.trajectory.snapshots[0].endToEnd), limit, relative: 1e-12)
    }
  }

  /// The inputs' covariance need not be diagonal along modes that are never carried.
  @Test func inputsMayBeCorrelatedAlongModesThatAreNotCarried() throws {
    var generator = SeededGenerator(seed: 44)
    for _ in 0..<50 {
      let q = (0..<3).map { _ in Matrix.orthogonal(rowCount: 4, columnCount: 4, using: &generator) }
      var inner = Matrix.identity(4)
      let block = Matrix.gaussian(rowCount: 2, columnCount: 2, using: &generator)
      let coupled = block.timesTransposed(block)
      for i in 0..<2 { for j in 0..<2 { inner[2 + i, 2 + j] = coupled[i, j] } }
      let problem = QuadraticProblem.regression(
        inputCovariance: (q[0] * inner.timesTransposed(q[0])).symmetrized(),
        crossCovariance: q[2].scalingColumns(by: [2, 1.5, 1, 0.5]).timesTransposed(q[0]))
      let layers = (1...2).map {
        q[$0].scalingColumns(by: [0.2, 0.1, 0, 0]).timesTransposed(q[$0 - 1])
      }
      let solution = try ExactSolutions.solve(
        problem, from: .layered(LinearNetwork(layers: layers)), at: [1])
      let expected = ExtrapolationIntegrator.solve(from: layers, until: 1, tolerance: 1e-13) {
        layeredFlow($0, gradient: problem.gradient)
      }
      expectClose(
        try #require(solution.trajectory.snapshots[0].endToEnd), expected[1] * expected[0],
        relative: 1e-10)
    }
  }

  /// What is refused is refused for a misalignment that is there, and the message says how large it is.
  @Test(arguments: [1e-3, 1e-6]) func aBottleneckThatIsMisalignedIsRefused(size: Double) throws {
    var generator = SeededGenerator(seed: 45)
    for depth in 2...4 {
      for layer in 0..<depth {
        let widths = [5] + [Int](repeating: 2, count: depth - 1) + [4]
        let q = widths.map { Matrix.orthogonal(rowCount: $0, columnCount: $0, using: &generator) }
        var layers = (1...depth).map {
          0.5 * q[$0].firstColumns(2).timesTransposed(q[$0 - 1].firstColumns(2))
        }
        layers[layer] +=
          size
          * Matrix.gaussian(
            rowCount: layers[layer].rowCount, columnCount: layers[layer].columnCount,
            using: &generator)
        let target = q[depth].scalingColumns(by: [2, 1.5, 1, 0.5])
          .timesTransposed(q[0].firstColumns(4))
        let refusal = #expect(throws: NoExactSolution.self) {
          try ExactSolutions.solve(
            .factorization(target: target), from: .layered(LinearNetwork(layers: layers)), at: [1])
        }
        let failing = refusal?.attempts.first?.failing.map(\.measured) ?? []
        #expect(!failing.isEmpty && failing.allSatisfy { $0 > 0.05 * size && $0 < 50 * size })
      }
    }
  }

  @Test(arguments: [
    "modes-not-carried-depth2", "modes-not-carried-depth3", "bottleneck-autoencoder",
  ])
  func agreesWithTheReference(name: String) throws {
    let file = try ReferenceCase(name)
    let solution = try ExactSolutions.solve(
      .regression(
        inputCovariance: file.inputs["inputCovariance"].matrix,
        crossCovariance: file.inputs["crossCovariance"].matrix),
      from: .layered(LinearNetwork(layers: file.inputs["layers"].matrices)),
      at: file.inputs["times"].numbers)
    #expect(solution.method == .spectralModes)
    let expected = file.outputs["endToEnd"].matrices
    #expect(expected.count == 3)
    for (snapshot, w) in zip(solution.trajectory.snapshots, expected) {
      expectClose(try #require(snapshot.endToEnd), w, relative: file.tolerance)
    }
  }
}

/// A network aligned with its data in which some modes are zero in some layers, with any signs and imbalance, and
/// with weights that are cut off from inputs or outputs.
private struct PartlyCarried {
  var problem: QuadraticProblem
  var network: LinearNetwork
  /// For each mode with a correlation, in how many layers it is zero.
  var zeros: [Int] = []

  init(depth: Int, using generator: inout SeededGenerator) {
    let widths = (0...depth).map { _ in 1 + generator.nextIndex(below: 5) }
    let count = min(widths[0], widths[depth])
    let bases = widths.map { Matrix.orthogonal(rowCount: $0, columnCount: $0, using: &generator) }
    let variances = (0..<widths[0]).map { _ in 0.3 + generator.nextUniform() }
    let targets = (0..<count).map { _ in 0.2 + 1.8 * generator.nextUniform() }
    var cores = zip(widths, widths.dropFirst()).map { Matrix.zeros($1, $0) }
    for k in 0..<count {
      let isBalanced = generator.nextIndex(below: 2) == 0
      let size = 0.3 + 0.6 * generator.nextUniform()
      var values = (0..<depth).map { _ in
        (generator.nextIndex(below: 2) == 0 ? -1.0 : 1)
          * (isBalanced ? size : 0.2 + 0.8 * generator.nextUniform())
      }
      switch generator.nextIndex(below: 5) {
      case 0: values[generator.nextIndex(below: depth)] = 0
      case 1: for _ in 0..<2 { values[generator.nextIndex(below: depth)] = 0 }
      default: break
      }
      for j in 0..<depth where k >= min(widths[j], widths[j + 1]) { values[j] = 0 }
      for j in 0..<depth where values[j] != 0 { cores[j][k, k] = values[j] }
      zeros.append(values.count { $0 == 0 })
    }
    // Between hidden units that no mode uses anything may stand.
    for j in 1..<max(depth - 1, 1) {
      for row in count..<max(widths[j + 1], count) {
        for column in count..<max(widths[j], count) {
          cores[j][row, column] = generator.nextUniform()
        }
      }
    }
    problem = .regression(
      inputCovariance: bases[0].scalingColumns(by: variances).timesTransposed(bases[0])
        .symmetrized(),
      crossCovariance: bases[depth].firstColumns(count).scalingColumns(by: targets)
        .timesTransposed(bases[0].firstColumns(count)))
    network = LinearNetwork(zerosOfWidths: widths)
    network.layers = cores.enumerated().map { j, core in
      bases[j + 1] * core.timesTransposed(bases[j])
    }
  }
}
