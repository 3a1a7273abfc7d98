import Dynamics
import LinearAlgebra
import LinearNetworks
import RealModule
import Testing
import _TestSupport

@testable import Analysis

/// Theorem 2 where entries or measurements are too few for a strongly convex loss.
@Suite struct RestrictedConvergenceTests {
  struct Problem {
    var objective: any Objective
    var start: Matrix
    var isTall: Bool
    /// The smaller side.
    var outputs: Int
    /// How many columns, or rows of a tall matrix, are seen completely.
    var whole: Int
  }

  /// A matrix whose first columns are seen completely, as many as there are outputs or one more, and the others in part;
  /// by its entries, or by measurements of the product with a random basis. Transposed in every second case.
  static func problem(
    _ trial: Int, complete: Int? = nil, using generator: inout SeededGenerator
  ) throws -> Problem {
    let outputs = 1 + trial / 2 % 3
    let whole = complete ?? outputs + trial / 6 % 2
    let inputs = max(whole, outputs) + 1 + trial % 3
    let isTall = trial / 8 % 2 == 1
    let seen = Matrix.random(
      singularValues: (0..<min(outputs, max(whole, 1))).map { 2 - 0.3 * Double($0) },
      rowCount: outputs, columnCount: max(whole, 1), using: &generator)
    var target = Matrix.gaussian(rowCount: outputs, columnCount: inputs, using: &generator)
    for i in 0..<outputs { for j in 0..<whole { target[i, j] = seen[i, j] } }
    var mask = [Bool](repeating: true, count: outputs * inputs)
    for j in whole..<inputs {
      for i in 0..<outputs { mask[i * inputs + j] = generator.nextIndex(below: 2) == 0 }
      mask[generator.nextIndex(below: outputs) * inputs + j] = false
    }
    let isSensing = trial / 4 % 2 == 1
    let basis =
      isSensing
      ? Matrix.orthogonal(rowCount: inputs, columnCount: inputs, using: &generator)
      : .identity(inputs)
    // The rows of the measurements, in the coordinates of the basis, and in those of the entries.
    var rows: [[Double]] = []
    for k in mask.indices where mask[k] {
      var one = Matrix(rowCount: outputs, columnCount: inputs)
      one[k / inputs, k % inputs] = 1
      let matrix = one.timesTransposed(basis)
      rows.append((isTall ? matrix.transposed() : matrix).elements)
    }
    let turned = target.timesTransposed(basis)
    let matrix = isTall ? turned.transposed() : turned
    let start =
      matrix + 0.05
      * Matrix.gaussian(
        rowCount: matrix.rowCount, columnCount: matrix.columnCount, using: &generator)
    if isSensing {
      // Mixed, so that no measurement is of one element.
      let mixed =
        Matrix.gaussian(rowCount: 4 * rows.count, columnCount: rows.count, using: &generator)
        * Matrix(rows: rows)
      return Problem(
        objective: try SensingObjective(
          measurements: mixed, values: mixed * matrix.elements, outputCount: matrix.rowCount,
          inputCount: matrix.columnCount), start: start, isTall: isTall, outputs: outputs,
        whole: whole)
    }
    var table = target
    for k in mask.indices where !mask[k] { table[k / inputs, k % inputs] = .nan }
    return Problem(
      objective: CompletionObjective(
        try ObservedEntries(notNaN: isTall ? table.transposed() : table)), start: start,
      isTall: isTall, outputs: outputs, whole: whole)
  }

  @Test func flowsConvergeWhereTheDataDetermineEnough() throws {
    var generator = SeededGenerator(seed: 171)
    var counts = [String: Int]()
    let range = problems(1000, debug: 120)
    for trial in range {
      let problem = try Self.problem(trial, using: &generator)
      let depth = 1 + trial % 4
      var network = try LinearNetwork.balanced(
        endToEnd: problem.start,
        hiddenWidths: [Int](
          repeating: min(problem.start.rowCount, problem.start.columnCount), count: depth - 1))
      // Two layers need no balance.
      if depth == 2, trial % 3 == 0 {
        for j in network.layers.indices {
          network.layers[j] += 0.01 * network.layers[j].map(abs)
        }
      }
      func certificates(_ trajectory: Trajectory?) throws -> [Certificate] {
        let run = CertifiedRun(
          objective: problem.objective, from: .layered(network), moving: .flow, accuracy: 1e-8,
          recorded: trajectory)
        return [
          try LinearConvergence.certificate(for: run), try MarginConservation.certificate(for: run),
        ]
      }
      let rate = try #require(try certificates(nil)[0].bounds.first).limit
      guard rate > 0 else { continue }
      let end = 3 / rate
      let trajectory = GradientFlow(
        until: end, steps: .adaptive(relativeTolerance: 1e-10),
        recording: .at([0, 0.1 * end, 0.5 * end, end], of: [.endToEnd])
      ).run(problem.objective, from: network).trajectory
      let honest = try certificates(trajectory)
      for certificate in honest {
        #expect(
          certificate.verdict != .violated,
          "\(trial) \(certificate.claim) \(certificate.violations.first as Any)")
      }
      let kind = problem.objective is SensingObjective ? "sensing" : "completion"
      if honest[0].verdict == .holds { counts["\(kind) rate \(depth)", default: 0] += 1 }
      if honest[1].verdict == .holds { counts["\(kind) margin", default: 0] += 1 }
      // Standing still contradicts the rate, a lost rank the margin.
      var stuck = trajectory
      for k in 1...3 {
        stuck.snapshots[k].loss = trajectory.snapshots[0].loss
        stuck.snapshots[k].endToEnd = trajectory.snapshots[0].endToEnd
      }
      let caught = try certificates(stuck)[0]
      #expect(caught.verdict == .violated, "\(trial)")
      var lost = trajectory
      lost.snapshots[2].endToEnd = try lost.snapshots[2].endToEnd.map {
        let svd = try SingularValueDecomposition(of: $0)
        let last = svd.singularValues.count - 1
        return svd.leftVectors.scalingColumns(
          by: svd.singularValues.enumerated().map { $0.offset == last ? 0 : $0.element })
          * svd.rightVectorsTransposed
      }
      if honest[1].verdict == .holds {
        let caught = try certificates(lost)[1]
        #expect(caught.verdict == .violated, "\(trial)")
      }
    }
    for kind in ["sensing", "completion"] {
      for depth in 1...4 {
        #expect(counts["\(kind) rate \(depth)", default: 0] > range.count / 20, "\(counts)")
      }
      #expect(counts["\(kind) margin", default: 0] > range.count / 5, "\(counts)")
    }
  }

  /// Matrices of no more loss, however large where nothing is seen, have singular values above the margin; for a mask one
  /// of them has it.
  @Test func theMarginIsTheLeastSingularValue() throws {
    var generator = SeededGenerator(seed: 172)
    var attained = 0
    let range = problems(1000, debug: 200)
    for trial in range {
      let problem = try Self.problem(trial, using: &generator)
      let loss = try #require(try StronglyConvexLoss(problem.objective))
      let margin = try loss.margin(of: problem.start).supremum
      let bound = loss.loss(at: problem.start)
      let (rows, columns) = (problem.start.rowCount, problem.start.columnCount)
      for draw in 0..<10 {
        let noise = Matrix.gaussian(rowCount: rows, columnCount: columns, using: &generator)
        let w =
          problem.start
          + Double.pow(10, Double(draw - 5)) * (try Self.unseen(noise, problem.objective))
        #expect(loss.loss(at: w) <= bound * (1 + 1e-6))
        // Rounding is that of the largest element, however large what is unseen.
        let least = try #require(try w.singularValues().last)
        #expect(least >= margin - 1e-12 * w.maxAbsolute, "\(trial)")
      }
      guard let completion = problem.objective as? CompletionObjective, margin > 0 else { continue }
      var (w, isSeen) = Self.table(completion, problem)
      let svd = try SingularValueDecomposition(of: w.firstColumns(problem.whole))
      let u = svd.leftVectors.transposed().row(problem.outputs - 1)
      let ρ = (2 * Double(completion.entries.count) * bound).squareRoot()
      for i in 0..<problem.outputs {
        for j in 0..<problem.whole {
          w[i, j] -= ρ * u[i] * svd.rightVectorsTransposed[problem.outputs - 1, j]
        }
      }
      guard u.allSatisfy({ abs($0) > 1e-2 }) else { continue }
      try Self.hide(&w, isSeen, from: problem.whole, along: u)
      let worst = problem.isTall ? w.transposed() : w
      #expect(abs(loss.loss(at: worst) - bound) <= 1e-9 * bound)
      let least = try #require(try w.singularValues().last)
      #expect(abs(least - margin) <= 1e-9 * w.maxAbsolute, "\(trial)")
      attained += 1
    }
    #expect(attained > range.count / 4, "\(attained)")
  }

  /// The known entries of a wide matrix, zeros between, and where they are.
  private static func table(
    _ completion: CompletionObjective, _ problem: Problem
  ) -> (Matrix, isSeen: [Bool]) {
    let dense = completion.entries.dense(elsewhere: .nan)
    let wide = problem.isTall ? dense.transposed() : dense
    return (wide.map { $0.isNaN ? 0 : $0 }, wide.elements.map { !$0.isNaN })
  }

  /// Makes columns from one on orthogonal to u by an element that nothing binds.
  private static func hide(
    _ w: inout Matrix, _ isSeen: [Bool], from first: Int, along u: [Double]
  ) throws {
    for j in first..<w.columnCount {
      let free = try #require(u.indices.first { !isSeen[$0 * w.columnCount + j] })
      w[free, j] = 0
      let rest = u.indices.reduce(0) { $0 + u[$1] * w[$1, j] }
      w[free, j] = -rest / u[free]
    }
  }

  /// The part of a matrix that the data do not see: a gradient of the loss is zero along it.
  private static func unseen(_ matrix: Matrix, _ objective: any Objective) throws -> Matrix {
    if let completion = objective as? CompletionObjective {
      var result = matrix
      for k in completion.entries.values.indices {
        result[Int(completion.entries.rows[k]), Int(completion.entries.columns[k])] = 0
      }
      return result
    }
    let a = try #require(objective as? SensingObjective).measurements
    let svd = try SingularValueDecomposition(of: a)
    let rank = svd.singularValues.count { $0 > 1e-10 * svd.singularValues[0] }
    let seen = svd.rightVectorsTransposed.firstRows(rank)
    let part = seen.transposedTimes(seen * matrix.elements)
    return Matrix(
      rowCount: matrix.rowCount, columnCount: matrix.columnCount,
      elements: zip(matrix.elements, part).map { $0 - $1 })
  }

  /// With a column too few the hypothesis that fails is named, and a matrix of no loss and hardly any smallest singular
  /// value shows that it must.
  @Test func tooFewCompleteColumnsAreNamed() throws {
    var generator = SeededGenerator(seed: 173)
    var named = 0
    for trial in problems(500, debug: 100) {
      let outputs = 1 + trial / 2 % 3
      guard outputs > 1 else { continue }
      let problem = try Self.problem(trial, complete: outputs - 1, using: &generator)
      let network = try LinearNetwork.balanced(endToEnd: problem.start, hiddenWidths: [outputs])
      let certificate = try LinearConvergence.certificate(
        for: CertifiedRun(objective: problem.objective, from: .layered(network), moving: .flow))
      #expect(certificate.verdict == .notApplicable)
      let failing = certificate.hypotheses.filter { !$0.holds }
      #expect(failing.count == 1 && failing[0].name.contains("along which the data determine W"))
      #expect(failing.first?.measured == Double(outputs - 1))
      guard let completion = problem.objective as? CompletionObjective else { continue }
      // A vector without zeros that the complete columns do not see.
      var (w, isSeen) = Self.table(completion, problem)
      let full = try SingularValueDecomposition(of: w.firstColumns(outputs - 1), vectors: .full)
      let u = full.leftVectors.transposed().row(outputs - 1)
      guard u.allSatisfy({ abs($0) > 1e-2 }) else { continue }
      named += 1
      try Self.hide(&w, isSeen, from: outputs - 1, along: u)
      #expect(problem.objective.value(at: problem.isTall ? w.transposed() : w) <= 1e-24)
      let least = try #require(try w.singularValues().last)
      #expect(least < 1e-12 * w.maxAbsolute)
    }
    #expect(named > 20)
  }
}
