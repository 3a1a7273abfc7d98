import LinearAlgebra
import LinearNetworks
import Testing
import _TestSupport

/// Every objective of the library, on small random data.
struct ObjectiveRegistry {
  struct Entry: Sendable, CustomTestStringConvertible {
    let name: String
    let objective: any Objective
    var testDescription: String { name }
  }

  static let all: [Entry] = {
    do {
      var random = SeededGenerator(seed: 20)
      let x = Matrix.gaussian(rowCount: 9, columnCount: 4, using: &random)
      let y = Matrix.gaussian(rowCount: 9, columnCount: 3, using: &random)
      let labels = (0..<9).map { _ in random.nextIndex(below: 3) }
      let cells = (0..<12).filter { $0 % 3 != 1 }
      let entries = try ObservedEntries(
        rowCount: 3, columnCount: 4, rows: cells.map { Int32($0 / 4) },
        columns: cells.map { Int32($0 % 4) }, values: cells.map { _ in random.nextGaussian() })
      return [
        Entry(name: "regression", objective: try RegressionObjective(inputs: x, targets: y)),
        Entry(
          name: "covariance",
          objective: try RegressionObjective(
            inputCovariance: x.transposedTimes(x), crossCovariance: y.transposedTimes(x))),
        Entry(name: "completion", objective: CompletionObjective(entries)),
        Entry(
          name: "sensing",
          objective: try SensingObjective(
            measurements: .gaussian(rowCount: 7, columnCount: 12, using: &random),
            values: (0..<7).map { _ in random.nextGaussian() }, outputCount: 3, inputCount: 4)),
        Entry(
          name: "factorization",
          objective: FactorizationObjective(
            .gaussian(rowCount: 3, columnCount: 4, using: &random))),
        Entry(name: "power 2", objective: try PowerObjective(inputs: x, targets: y, power: 2)),
        Entry(name: "power 4", objective: try PowerObjective(inputs: x, targets: y, power: 4)),
        Entry(name: "power 6", objective: try PowerObjective(inputs: x, targets: y, power: 6)),
        Entry(name: "power 2.5", objective: try PowerObjective(inputs: x, targets: y, power: 2.5)),
        // Its second derivative is infinite where a residual is zero, and differences say nothing there: targets that
        // no prediction comes near.
        Entry(
          name: "power 1.5",
          objective: try PowerObjective(
            inputs: x, targets: y.map { $0 > 0 ? 40 : -40 }, power: 1.5)),
        Entry(name: "linear", objective: LinearObjective(slope: y.transposedTimes(x))),
        Entry(
          name: "logistic",
          objective: try LogisticObjective(inputs: x, labels: labels, classCount: 3)),
        Entry(
          name: "sigmoid",
          objective: try SigmoidObjective(inputs: x, targets: y.map { $0 > 0 ? 1 : 0.2 })),
      ]
    } catch {
      Issue.record(error)
      return []
    }
  }()
}

@Suite("Every objective") struct ObjectiveTests {
  @Test("is in the registry") func registryIsComplete() {
    #expect(ObjectiveRegistry.all.count == 13)
  }

  @Test("has the gradient that differences have", arguments: ObjectiveRegistry.all)
  func gradient(_ entry: ObjectiveRegistry.Entry) {
    let objective = entry.objective
    for seed in UInt64(1)...3 {
      var random = SeededGenerator(seed: seed)
      let w = Matrix.gaussian(rowCount: 3, columnCount: 4, using: &random)
      let v = Matrix.gaussian(rowCount: 3, columnCount: 4, using: &random)
      // Fourth-order central difference: truncation h⁴ and rounding ε/h balance near h = 1e-3.
      let h = 1e-3
      func value(_ s: Double) -> Double { objective.value(at: w + s * v) }
      let difference = (8 * (value(h) - value(-h)) - (value(2 * h) - value(-2 * h))) / (12 * h)
      let exact = objective.gradient(at: w).inner(v)
      let size = abs(exact) + abs(objective.value(at: w))
      #expect(abs(difference - exact) <= 1e-8 * size, "\(difference) against \(exact)")
    }
  }

  @Test("has the curvature that differences of its gradient have", arguments: ObjectiveRegistry.all)
  func curvature(_ entry: ObjectiveRegistry.Entry) {
    let objective = entry.objective
    var random = SeededGenerator(seed: 4)
    let w = Matrix.gaussian(rowCount: 3, columnCount: 4, using: &random)
    let v = Matrix.gaussian(rowCount: 3, columnCount: 4, using: &random)
    let u = Matrix.gaussian(rowCount: 3, columnCount: 4, using: &random)
    let h = 1e-3
    func gradient(_ s: Double) -> Matrix { objective.gradient(at: w + s * v) }
    let difference =
      (8 * (gradient(h) - gradient(-h)) - (gradient(2 * h) - gradient(-2 * h))) / (12 * h)
    let exact = objective.curvature(at: w, along: v)
    let size = exact.frobeniusNorm + objective.gradient(at: w).frobeniusNorm
    #expect((difference - exact).frobeniusNorm <= 1e-8 * size)
    // A second derivative is symmetric.
    let mirrored = objective.curvature(at: w, along: u).inner(v)
    #expect(abs(exact.inner(u) - mirrored) <= 1e-12 * (abs(mirrored) + size * u.frobeniusNorm))
  }

  @Test("gives one value in both of its methods", arguments: ObjectiveRegistry.all)
  func values(_ entry: ObjectiveRegistry.Entry) {
    var random = SeededGenerator(seed: 5)
    let w = Matrix.gaussian(rowCount: 3, columnCount: 4, using: &random)
    var gradient = Matrix(rowCount: 4, columnCount: 3)
    let (a, b) = (
      entry.objective.value(at: w), entry.objective.value(at: w, transposedGradient: &gradient)
    )
    #expect(abs(a - b) <= 1e-14 * (abs(a) + abs(b)))
  }

  @Test(
    "is as convex and as smooth as it claims, along random segments",
    arguments: ObjectiveRegistry.all)
  func constants(_ entry: ObjectiveRegistry.Entry) {
    let objective = entry.objective
    #expect(objective.isConvex == (objective.strongConvexity != nil))
    for seed in UInt64(1)...40 {
      var random = SeededGenerator(seed: seed)
      let a = Matrix.gaussian(rowCount: 3, columnCount: 4, standardDeviation: 2, using: &random)
      let b = Matrix.gaussian(rowCount: 3, columnCount: 4, standardDeviation: 2, using: &random)
      let (ga, gb) = (objective.gradient(at: a), objective.gradient(at: b))
      let distance = (a - b).frobeniusNorm
      let rounding = 1e-12 * (ga.frobeniusNorm + gb.frobeniusNorm) * distance
      if let μ = objective.strongConvexity {
        #expect((ga - gb).inner(a - b) >= μ * distance * distance - rounding)
        let middle = objective.value(at: 0.5 * (a + b))
        let chord = (objective.value(at: a) + objective.value(at: b)) / 2
        #expect(middle <= chord - μ / 8 * distance * distance + 1e-12 * (abs(chord) + 1))
      }
      if let smoothness = objective.smoothness {
        #expect((ga - gb).frobeniusNorm <= smoothness * distance * (1 + 1e-12))
      }
    }
  }

  @Test("attains the minimum it claims", arguments: ObjectiveRegistry.all)
  func minimum(_ entry: ObjectiveRegistry.Entry) {
    guard let minimum = entry.objective.minimum else { return }
    let gradient = entry.objective.gradient(at: minimum.endToEnd)
    #expect(gradient.frobeniusNorm <= 1e-12 * (1 + minimum.endToEnd.frobeniusNorm) * 100)
    let value = entry.objective.value(at: minimum.endToEnd)
    #expect(abs(value - minimum.value) <= 1e-12 * (1 + abs(value)))
    var random = SeededGenerator(seed: 6)
    for _ in 0..<20 {
      let other = Matrix.gaussian(rowCount: 3, columnCount: 4, using: &random)
      #expect(entry.objective.value(at: minimum.endToEnd + other) >= minimum.value - 1e-12)
    }
  }

  @Test(
    "curves a network's loss as differences do", arguments: ObjectiveRegistry.all, [1, 2, 3, 4])
  func networkCurvature(_ entry: ObjectiveRegistry.Entry, depth: Int) {
    func check(_ objective: some Objective) {
      var random = SeededGenerator(seed: 7)
      let widths = [4] + [5, 3, 4].prefix(depth - 1) + [3]
      let network = LinearNetwork.gaussian(
        widths: widths, standardDeviation: 0.7, using: &random)
      let direction = LinearNetwork.gaussian(
        widths: widths, standardDeviation: 0.7, using: &random
      ).layers
      var loss = EndToEndLoss(objective, widths: widths)
      func gradients(_ s: Double) -> [Matrix] {
        var moved = network
        for j in 0..<depth { moved.layers[j].add(direction[j], scaledBy: s) }
        var result = network.layers
        _ = loss.value(at: moved)
        loss.gradients(at: moved, into: &result)
        return result
      }
      let h = 1e-3
      let (a, b, c, d) = (gradients(h), gradients(-h), gradients(2 * h), gradients(-2 * h))
      let size = gradients(0).map(\.frobeniusNorm).reduce(1, +)
      var exact = network.layers
      loss.curvature(at: network, along: direction, into: &exact)
      for j in 0..<depth {
        let difference = (8 * (a[j] - b[j]) - (c[j] - d[j])) / (12 * h)
        #expect(
          (difference - exact[j]).frobeniusNorm
            <= 1e-8 * (size + exact.map(\.frobeniusNorm).reduce(0, +)))
      }
    }
    check(entry.objective)
  }
}

@Suite("Objectives") struct ParticularObjectiveTests {
  @Test("regression keeps its relative accuracy at a perfect fit") func accurateNearZero() throws {
    var random = SeededGenerator(seed: 8)
    let x = Matrix.gaussian(rowCount: 30, columnCount: 5, using: &random)
    let truth = Matrix.gaussian(rowCount: 2, columnCount: 5, using: &random)
    let objective = try RegressionObjective(inputs: x, targets: x.timesTransposed(truth))
    var moved = truth
    moved[0, 0] += 1e-7
    // Exactly ½/m ‖X e₁‖² 1e-14, to the rounding of the change itself.
    let column = x.column(0).reduce(0) { $0 + $1 * $1 }
    let exact = column * 1e-14 / 60
    #expect(abs(objective.value(at: moved) - exact) <= 1e-6 * exact)
  }

  @Test("covariances that reach outside their range have no minimum") func unbounded() throws {
    let objective = try RegressionObjective(
      inputCovariance: .diagonal([1, 0]), crossCovariance: Matrix(rows: [[1, 1]]))
    #expect(objective.minimum == nil)
    #expect(objective.value(at: Matrix(rows: [[2, 3]])) == 0.5 * 4 - 5)
  }

  /// Where squares of the inputs vanish or are infinite a loss would be anything: it is refused.
  @Test(arguments: [1e-300, 1e-170, 1e-160, 1e-153, 1e-100, 1, 1e100, 1e150, 1e160, 1e300])
  func sizesWithoutSquaresAreRefused(size: Double) throws {
    var generator = SeededGenerator(seed: 4)
    let inputs = Matrix.gaussian(rowCount: 7, columnCount: 3, using: &generator)
    let targets = Matrix.gaussian(rowCount: 7, columnCount: 2, using: &generator)
    if size * size < .leastNormalMagnitude || size * size == .infinity {
      for (x, y) in [(size * inputs, targets)] + (size > 1 ? [(inputs, size * targets)] : []) {
        let error = #expect(throws: ObjectiveError.self) {
          try RegressionObjective(inputs: x, targets: y)
        }
        #expect(error?.description.contains("beyond the range of numbers") == true)
      }
      return
    }
    // W/size does to X size what W does to X.
    let w = Matrix.gaussian(rowCount: 2, columnCount: 3, using: &generator)
    let plain = try RegressionObjective(inputs: inputs, targets: targets).value(at: w)
    let scaled = try RegressionObjective(inputs: size * inputs, targets: targets)
    #expect(abs(scaled.value(at: w / size) - plain) <= 1e-12 * plain)
  }

  @Test("data that do not fit are refused") func refusals() throws {
    let x = Matrix.identity(3)
    #expect(throws: ObjectiveError.differentSampleCounts(inputs: 3, targets: 2)) {
      try RegressionObjective(inputs: x, targets: .identity(2))
    }
    #expect(throws: ObjectiveError.powerNotAboveOne(1)) {
      try PowerObjective(inputs: x, targets: x, power: 1)
    }
    #expect(throws: ObjectiveError.label(sample: 1, value: 0.5)) {
      try LogisticObjective(
        inputs: x, targets: Matrix(rows: [[0, 1], [0.5, 0.5], [1, 0]]))
    }
    #expect(throws: ObjectiveError.indefiniteCovariance(eigenvalue: -1)) {
      try RegressionObjective(
        inputCovariance: .diagonal([1, -1]), crossCovariance: .identity(2))
    }
  }

  @Test("one-hot rows and class numbers are the same labels") func labels() throws {
    let x = Matrix.identity(3)
    let a = try LogisticObjective(inputs: x, targets: Matrix(rows: [[2], [0], [1]]))
    let b = try LogisticObjective(
      inputs: x, targets: Matrix(rows: [[0, 0, 1], [1, 0, 0], [0, 1, 0]]))
    #expect(a == b)
  }

  @Test("the closest positive semidefinite matrix is the symmetric minimum") func symmetricMinimum()
    throws
  {
    let minimum = try FactorizationObjective(.diagonal([2, -3])).symmetricMinimum()
    #expect(minimum.value == 4.5)
    #expect(minimum.endToEnd == .diagonal([2, 0]))
  }

  @Test("a symmetric network's gradient and curvature are those of differences") func symmetric() {
    var random = SeededGenerator(seed: 9)
    let y = Matrix.gaussian(rowCount: 4, columnCount: 4, using: &random)
    var loss = SymmetricLoss(FactorizationObjective(y))
    let u = Matrix.gaussian(rowCount: 4, columnCount: 3, using: &random)
    let v = Matrix.gaussian(rowCount: 4, columnCount: 3, using: &random)
    func gradient(_ s: Double) -> Matrix {
      var result = u
      _ = loss.value(at: SymmetricNetwork(factor: u + s * v), gradient: &result)
      return result
    }
    let h = 1e-3
    let difference =
      (8 * (gradient(h) - gradient(-h)) - (gradient(2 * h) - gradient(-2 * h))) / (12 * h)
    var exact = u
    loss.curvature(at: SymmetricNetwork(factor: u), along: v, into: &exact)
    #expect((difference - exact).frobeniusNorm <= 1e-9 * exact.frobeniusNorm)
    func value(_ s: Double) -> Double { loss.value(at: SymmetricNetwork(factor: u + s * v)) }
    let slope = (8 * (value(h) - value(-h)) - (value(2 * h) - value(-2 * h))) / (12 * h)
    #expect(abs(slope - gradient(0).inner(v)) <= 1e-8 * abs(slope))
  }
}

@Suite("Spectral start") struct SpectralStartTests {
  @Test("has the sizes asked for, whatever the imbalances", arguments: 1...4) func sizes(depth: Int)
    throws
  {
    var random = SeededGenerator(seed: 10)
    let reference = Matrix.gaussian(rowCount: 4, columnCount: 5, using: &random)
    let network = try LinearNetwork.spectral(
      alignedWith: reference, scales: [0.3, 0.02, 1e-9], imbalances: [0.5, -1],
      hiddenWidths: [Int](repeating: 6, count: depth - 1))
    let decomposition = try SingularValueDecomposition(of: reference)
    let expected =
      decomposition.leftVectors.firstColumns(3).scalingColumns(by: [0.3, 0.02, 1e-9])
      * decomposition.rightVectorsTransposed.firstRows(3)
    expectClose(network.endToEnd(), expected, ulps: 40)
  }

  @Test("at depth 2 has the unbalancedness of its imbalance") func imbalance() throws {
    let network = try LinearNetwork.spectral(
      alignedWith: .identity(3), scales: [0.25], imbalances: [0.7], hiddenWidths: [2])
    // 2 · 0.25 · sinh 0.7
    #expect(abs(network.unbalancedness() - 0.3792918509197665) < 1e-12)
  }
}
