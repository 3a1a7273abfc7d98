import DataFormats
import Foundation
import Jobs
import LinearAlgebra
import Testing

/// What a specification's keys do, against what they are by definition.
@Suite struct SpecificationTests {
  private func run(
    _ text: String, _ arrays: [String: Matrix] = [:]
  ) throws -> NPZArchive {
    let context = JobContext(arrays: arrays.mapValues { NPYArray($0) })
    return try Simulation(.text(text)).run(in: context, observing: .none).arrays()
  }

  private func matrices(_ archive: NPZArchive, _ name: String) throws -> [Matrix] {
    let array = try #require(archive[name])
    let (rows, columns) = (array.shape[1], array.shape[2])
    return (0..<array.shape[0]).map { k in
      Matrix(
        rowCount: rows, columnCount: columns,
        elements: Array(array.elements[k * rows * columns..<(k + 1) * rows * columns]))
    }
  }

  @Test func valuesSayWhatTheirTextSays() throws {
    let text = """
      {"objective": {"kind": "factorization", "target": {"array": "y"}}, "seed": 3,
       "network": {"widths": [2, 3, 2], "initial": {"kind": "gaussian", "standardDeviation": 1e-1}},
       "dynamics": {"kind": "descent", "stepSize": 0.05, "method": "heavyBall", "momentum": 0.5},
       "recording": {"times": [0, 7, 20], "quantities": ["loss", "endToEnd"]}}
      """
    let values = try JSONDecoder().decode(JSONTree.self, from: Data(text.utf8))
    let target = Matrix(rowCount: 2, columnCount: 2, elements: [2, 1, 0, 1])
    let context = JobContext(arrays: ["y": NPYArray(target)])
    let result = try Simulation.run(values, in: context, observing: .none)
    #expect(try result.arrays().encoded() == run(text, ["y": target]).encoded())
    for wrong in [#"{"seed": "3"}"#, #"{"seed": true}"#, "[1]", "{}", #"{"objective": null}"#] {
      let values = try JSONDecoder().decode(JSONTree.self, from: Data(wrong.utf8))
      #expect(throws: BadInput.self) {
        try Simulation.run(values, in: context, observing: .none)
      }
    }
  }

  /// Steps by hand: W ← W − η r_j s(t) (∇φ + δ W).
  @Test func decayRatesAndSchedulesAreWhatTheySay() throws {
    var generator = SeededGenerator(seed: 5)
    for trial in 0..<20 {
      let target = Matrix.gaussian(rowCount: 2, columnCount: 3, using: &generator)
      var lower = Matrix.gaussian(rowCount: 2, columnCount: 3, using: &generator)
      var upper = Matrix.gaussian(rowCount: 2, columnCount: 2, using: &generator)
      let start = (lower, upper)
      let schedules = [
        "{ kind: stepwise, steps: 3, factor: 0.1 }", "{ kind: exponential, steps: 4, factor: 0.5 }",
        "{ kind: inverseTime, steps: 5 }", "{ kind: cosine, steps: 6, end: 0.2 }",
        "{ kind: linear, steps: 6, warmup: 2 }",
      ]
      func factor(_ step: Int) -> Double {
        let t = Double(step)
        switch trial % 5 {
        case 0: return Foundation.pow(0.1, Double(step / 3))
        case 1: return Foundation.pow(0.5, t / 4)
        case 2: return 1 / (1 + t / 5)
        case 3: return 0.2 + 0.8 * 0.5 * (1 + Foundation.cos(Double.pi * min(t / 6, 1)))
        default: return step < 2 ? (t + 1) / 3 : 1 - min((t - 2) / 6, 1)
        }
      }
      let archive = try run(
        """
        objective: { kind: factorization, target: { array: y } }
        network: { initial: { kind: layers, files: [{ array: a }, { array: b }] } }
        dynamics: { kind: descent, stepSize: 0.05, weightDecay: 0.3, layerRates: [1, 0.5],
          schedule: \(schedules[trial % 5]) }
        recording: { times: [0, 8], quantities: [layers] }
        """, ["y": target, "a": start.0, "b": start.1])
      for step in 0..<8 {
        let gradient = upper * lower - target
        let (da, db) = (
          upper.transposedTimes(gradient) + 0.3 * lower,
          gradient.timesTransposed(lower) + 0.3 * upper
        )
        lower -= 0.05 * factor(step) * da
        upper -= 0.5 * 0.05 * factor(step) * db
      }
      let (a, b) = (try matrices(archive, "layer1")[1], try matrices(archive, "layer2")[1])
      #expect((a - lower).maxAbsolute < 1e-13 && (b - upper).maxAbsolute < 1e-13)
    }
  }

  /// With rates r the flow is that of W₁/√r₁, W₂/√r₂ scaled; small steps of descent approach both.
  @Test func flowsTakeDecayAndRatesAsDescentDoes() throws {
    let target = Matrix(rows: [[1, 0.3], [-0.2, 0.8]])
    func end(_ dynamics: String, _ time: String) throws -> Matrix {
      let archive = try run(
        """
        objective: { kind: factorization, target: { array: y } }
        network: { widths: [2, 3, 2], initial: { kind: gaussian, standardDeviation: 0.5 } }
        dynamics: { \(dynamics), weightDecay: 0.1, layerRates: [0.3, 1] }
        recording: { times: [\(time)], quantities: [endToEnd] }
        """, ["y": target])
      return try matrices(archive, "endToEnd")[0]
    }
    let flow = try end("kind: flow, relativeTolerance: 1e-10", "2")
    let coarse = (try end("kind: descent, stepSize: 0.002", "1000") - flow).frobeniusNorm
    let fine = (try end("kind: descent, stepSize: 0.001", "2000") - flow).frobeniusNorm
    // Of first order in the step.
    #expect(abs(coarse / fine - 2) < 0.1 && fine < 1e-3)
  }

  /// Label noise of a full batch adds a Gaussian of variance noise²/m XᵀX/m to each row of the gradient.
  @Test func labelNoiseHasItsVariance() throws {
    var generator = SeededGenerator(seed: 9)
    let x = Matrix.gaussian(rowCount: 20, columnCount: 1, using: &generator)
    let variance = x.inner(x) / 20
    let archive = try run(
      """
      objective: { kind: regression, inputs: { array: x }, targets: { array: y } }
      network: { widths: [1, 1], initial: { kind: zero } }
      dynamics: { kind: descent, stepSize: \(1 / variance), labelNoise: 0.5 }
      recording: { times: { from: 1, to: 4000, count: 4000 }, quantities: [endToEnd] }
      """, ["x": x, "y": 0 * x])
    // With η = 1/Σx every step forgets the one before: W is the noise alone.
    let values = try #require(archive["endToEnd"]?.elements)
    let mean = values.reduce(0, +) / 4000
    let square = values.reduce(0) { $0 + $1 * $1 } / 4000
    let expected = 0.25 / (20 * variance)
    // The standard errors are 1/√4000 and √(2/4000) of it; four of them.
    #expect(abs(mean) < 4 * (expected / 4000).squareRoot())
    #expect(abs(square / expected - 1) < 4 * (2.0 / 4000).squareRoot())
  }

  /// Closed forms of the regularised flow and of descent, against the integration and the steps.
  @Test func closedFormsOfOtherDynamics() throws {
    var generator = SeededGenerator(seed: 6)
    for trial in 0..<40 {
      let (outputs, inputs, width) = (2 + trial % 2, 2 + trial / 2 % 2, 1 + trial % 4)
      let target = Matrix.gaussian(rowCount: outputs, columnCount: inputs, using: &generator)
      let a = 0.6 * Matrix.gaussian(rowCount: width, columnCount: inputs, using: &generator)
      let b = 0.6 * Matrix.gaussian(rowCount: outputs, columnCount: width, using: &generator)
      let imbalance = [0.0, 0.5, -0.7][trial % 3]
      func find(_ dynamics: String) throws -> NPZArchive {
        try run(
          """
          objective: { kind: factorization, target: { array: y } }
          network: { initial: { kind: layers, files: [{ array: a }, { array: b }] } }
          dynamics: { \(dynamics), imbalance: \(imbalance) }
          recording: { times: [0, 0.5, 3], quantities: [endToEnd] }
          """, ["y": target, "a": a, "b": b])
      }
      let exact = try find("kind: exact, of: regularizedFlow")
      let flow = try find("kind: regularizedFlow, relativeTolerance: 1e-11")
      for (u, v) in zip(try matrices(exact, "endToEnd"), try matrices(flow, "endToEnd")) {
        #expect((u - v).maxAbsolute < 1e-8)
      }
      for (u, v) in zip(exact["loss"]!.elements, flow["loss"]!.elements) {
        #expect(abs(u - v) < 1e-8 * (1 + v))
      }
      let x = Matrix.gaussian(rowCount: inputs, columnCount: inputs + 1, using: &generator)
      let sx = x.timesTransposed(x).symmetrized()
      func linear(_ dynamics: String) throws -> NPZArchive {
        try run(
          """
          objective: { kind: covariance, inputCovariance: { array: sx }, crossCovariance: { array: y } }
          network: { initial: { kind: layers, files: [{ array: w }] } }
          dynamics: { \(dynamics), stepSize: 0.02 }
          recording: { times: [0, 1, 30], quantities: [endToEnd] }
          """, ["sx": sx, "y": target, "w": b * a])
      }
      let closed = try matrices(try linear("kind: exact, of: descent"), "endToEnd")
      let steps = try matrices(try linear("kind: descent"), "endToEnd")
      for (u, v) in zip(closed, steps) {
        #expect((u - v).maxAbsolute < 1e-11 * (1 + v.maxAbsolute))
      }
    }
    let refusal = #expect(throws: BadInput.self) {
      try run(
        """
        objective: { kind: factorization, target: [[1]] }
        network: { widths: [1, 1, 1], initial: { kind: identity, scale: 0.1 } }
        dynamics: { kind: exact, of: descent, stepSize: 0.1 }
        recording: { times: [0, 1] }
        """)
    }
    #expect(refusal?.sentence.contains("layers beyond one") == true)
  }

  /// Where modes mix a little, the closed form of the modes is within its bound of the flow.
  @Test func closedFormsThatAreNotExactHaveABound() throws {
    var generator = SeededGenerator(seed: 12)
    for trial in 0..<20 {
      let noise = Matrix.gaussian(rowCount: 2, columnCount: 2, using: &generator).symmetrized()
      let x = .diagonal([1, 0.8]) + Double(trial + 1) * 2e-3 * noise
      func text(_ dynamics: String) -> String {
        """
        objective: { kind: covariance, inputCovariance: { array: x }, crossCovariance: [[1, 0], [0, 0.6]] }
        network: { widths: [2, 2, 2], initial: { kind: identity, scale: 0.2 } }
        dynamics: { \(dynamics) }
        recording: { times: [0, 1, 3], quantities: [endToEnd, unbalancedness] }
        """
      }
      var simulation = Simulation(.text(text("kind: exact")))
      let context = JobContext(arrays: ["x": NPYArray(x)])
      #expect(throws: BadInput.self) { try simulation.run(in: context, observing: .none) }
      simulation.approximate = true
      let result = try simulation.run(in: context, observing: .none)
      let archive = try result.arrays()
      let flow = try run(text("kind: flow, relativeTolerance: 1e-11"), ["x": x])
      let bounds = try #require(archive["errorBound"]?.elements)
      let (a, b) = (try matrices(archive, "endToEnd"), try matrices(flow, "endToEnd"))
      for k in 0..<3 { #expect((a[k] - b[k]).frobeniusNorm <= 1.001 * bounds[k] + 1e-9) }
      #expect(bounds[0] == 0 && bounds[1] < 0.2)
    }
  }

  /// A free weight of the penalty: large ones hold the imbalance at Λ.
  @Test func thePenaltysWeightIsFree() throws {
    func imbalance(_ weight: Double, _ dynamics: String) throws -> Double {
      let archive = try run(
        """
        objective: { kind: factorization, target: [[2, 0], [0, 1]] }
        network: { widths: [2, 2, 2], initial: { kind: gaussian, standardDeviation: 0.5 } }
        dynamics: { \(dynamics), imbalance: 0.4, penalty: \(weight) }
        recording: { times: [200], quantities: [layers] }
        """)
      let (a, b) = (try matrices(archive, "layer1")[0], try matrices(archive, "layer2")[0])
      return (b.transposedTimes(b) - a.timesTransposed(a) - 0.4 * .identity(2)).frobeniusNorm
    }
    let none = try imbalance(0, "kind: regularizedFlow")
    #expect(none > 0.05)
    #expect(try imbalance(2, "kind: regularizedFlow") < 1e-4)
    #expect(try imbalance(2, "kind: regularizedDescent, stepSize: 0.02") < 0.5 * none)
  }

  /// Σ of the layers' variances, and modes of any sign with their imbalance.
  @Test func initialsAreWhatTheyAreCalled() throws {
    let widths = (60, 90, 40)
    let variances: [(String, Double, Double)] = [
      ("xavier", 2.0 / 150, 2.0 / 130), ("xavierUniform", 2.0 / 150, 2.0 / 130),
      ("lecun", 1.0 / 60, 1.0 / 90), ("he", 2.0 / 60, 2.0 / 90), ("heUniform", 2.0 / 60, 2.0 / 90),
      ("maximalUpdate", 1.0 / 60, 1.0 / 8100),
    ]
    var generator = SeededGenerator(seed: 2)
    let target = Matrix.gaussian(rowCount: 40, columnCount: 60, using: &generator)
    for (kind, first, second) in variances {
      let archive = try run(
        """
        objective: { kind: factorization, target: { array: y } }
        network: { widths: [\(widths.0), \(widths.1), \(widths.2)], initial: { kind: \(kind), gain: 2 } }
        dynamics: { kind: flow }
        recording: { times: [0], quantities: [layers] }
        """, ["y": target])
      for (name, variance) in [("layer1", first), ("layer2", second)] {
        let layer = try matrices(archive, name)[0]
        let measured = layer.inner(layer) / Double(layer.count) / 4
        // √(2/count) of a Gaussian's variance, four times.
        #expect(
          abs(measured / variance - 1) < 4 * (2 / Double(layer.count)).squareRoot(), "\(kind)")
      }
    }
    let archive = try run(
      """
      objective: { kind: factorization, target: [[2, 0], [0, 1]] }
      network: { widths: [2, 2, 2], initial: { kind: spectral, scales: [0.3, -0.2], difference: [0.5, -0.1], rotation: random } }
      dynamics: { kind: flow }
      recording: { times: [0], quantities: [layers, endToEnd] }
      """)
    let (a, b, w) = (
      try matrices(archive, "layer1")[0], try matrices(archive, "layer2")[0],
      try matrices(archive, "endToEnd")[0]
    )
    #expect((w - .diagonal([0.3, -0.2])).maxAbsolute < 1e-15)
    let invariants = try (b.transposedTimes(b) - a.timesTransposed(a)).symmetricEigenvalues()
    #expect(zip(invariants, [0.5, -0.1]).allSatisfy { abs($0 - $1) < 1e-14 })
    let symmetric = try run(
      """
      objective: { kind: factorization, target: [[1, 2], [2, 1]] }
      network: { kind: symmetric, widths: [2, 2], initial: { kind: spectral, scales: [0.3, 0.2] } }
      dynamics: { kind: flow }
      recording: { times: [0], quantities: [endToEnd] }
      """)
    // (1, 1)/√2 has the eigenvalue 3.
    let half = Matrix(rows: [[0.25, 0.05], [0.05, 0.25]])
    #expect((try matrices(symmetric, "endToEnd")[0] - half).maxAbsolute < 1e-15)
  }

  /// Every derived quantity by its definition, from the matrices recorded beside it.
  @Test func derivedQuantitiesAreTheirDefinitions() throws {
    var generator = SeededGenerator(seed: 7)
    for trial in 0..<25 {
      let target = Matrix.gaussian(rowCount: 2, columnCount: 3, using: &generator)
      let archive = try run(
        """
        objective: { kind: factorization, target: { array: y } }
        network: { widths: [3, 3, 2], initial: { kind: gaussian, standardDeviation: 0.6 } }
        dynamics: { kind: flow }
        recording:
          times: { from: 0.1, to: 10, count: 3, spacing: logarithmic }
          quantities: [endToEnd, layers, relativeError, effectiveRank, nuclearNorm, schattenNorm, layerNorms,
            alignment, gradientNorm, sharpness, preconditionerSpectrum]
          truth: { array: y }
          schatten: 0.6666666666666666
        seed: \(trial)
        """, ["y": target])
      #expect(zip(archive["times"]!.elements, [0.1, 1, 10]).allSatisfy { abs($0 - $1) < 1e-12 })
      func value(_ name: String, _ k: Int) throws -> [Double] {
        let array = try #require(archive[name])
        let width = array.elements.count / 3
        return Array(array.elements[k * width..<(k + 1) * width])
      }
      for k in 0..<3 {
        let w = try matrices(archive, "endToEnd")[k]
        let (a, b) = (try matrices(archive, "layer1")[k], try matrices(archive, "layer2")[k])
        let σ = try w.singularValues()
        func close(_ name: String, _ expected: [Double], _ tolerance: Double = 1e-9) throws {
          let measured = try value(name, k)
          let scale = expected.map(abs).max() ?? 0
          #expect(
            measured.count == expected.count
              && zip(measured, expected).allSatisfy { abs($0 - $1) <= tolerance * scale },
            "\(name): \(measured) \(expected)")
        }
        try close("relativeError", [(w - target).frobeniusNorm / target.frobeniusNorm])
        let p = σ.map { $0 / σ.reduce(0, +) }
        try close(
          "effectiveRank", [Foundation.exp(-p.reduce(0) { $0 + $1 * Foundation.log($1) })])
        try close("nuclearNorm", [σ.reduce(0, +)])
        let sum = σ.reduce(0) { $0 + Foundation.pow($1, 2.0 / 3) }
        try close("schattenNorm", [Foundation.pow(sum, 1.5)])
        try close("layerNorms", [a.frobeniusNorm, b.frobeniusNorm])
        let gradient = w - target
        let (da, db) = (b.transposedTimes(gradient), gradient.timesTransposed(a))
        try close("gradientNorm", [(da.inner(da) + db.inner(db)).squareRoot()], 1e-7)
        let (u, v) = (
          try SingularValueDecomposition(of: a).leftVectors.column(0),
          try SingularValueDecomposition(of: b).rightVectorsTransposed.row(0)
        )
        try close("alignment", [abs(zip(u, v).reduce(0) { $0 + $1.0 * $1.1 })])
        // Eigenvalues of the preconditioner of two layers: σ_r + σ_s, with a zero for the third input.
        let pairs = σ.flatMap { r in (σ + [0]).map { r + $0 } }.sorted(by: >)
        try close("preconditionerSpectrum", pairs)
        // The Hessian by differences of the gradient.
        func gradients(_ x: [Double]) -> [Double] {
          let a = Matrix(rowCount: 3, columnCount: 3, elements: Array(x[0..<9]))
          let b = Matrix(rowCount: 2, columnCount: 3, elements: Array(x[9..<15]))
          let r = b * a - target
          return b.transposedTimes(r).elements + r.timesTransposed(a).elements
        }
        let x = a.elements + b.elements
        var hessian = Matrix(rowCount: 15, columnCount: 15)
        for column in 0..<15 {
          var (up, down) = (x, x)
          up[column] += 1e-5
          down[column] -= 1e-5
          for (row, (p, q)) in zip(gradients(up), gradients(down)).enumerated() {
            hessian[row, column] = (p - q) / 2e-5
          }
        }
        try close("sharpness", [try hessian.symmetrized().symmetricEigenvalues()[0]], 1e-6)
      }
    }
  }
}
