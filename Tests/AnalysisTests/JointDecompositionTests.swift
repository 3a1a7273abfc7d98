import Analysis
import LinearAlgebra
import RealModule
import Testing
import _TestSupport

@Suite struct JointDecompositionTests {
  @Test func agreesWithTheReferenceInEveryConvention() throws {
    let file = try ReferenceCase("joint_decomposition_delta")
    let (x, y) = (file.inputs["X"].matrix, file.inputs["Y_onehot"].matrix)
    var data = CovarianceAccumulator(inputCount: 3, outputCount: 2)
    data.add(inputs: x, targets: y)
    let joint = try JointDecomposition(of: data)
    let expected = [
      (joint.commutatorMeasure, "delta_xy_gidel_v1_eq41"), (joint.commutatorNorm, "commutator_fro"),
      (joint.identityMeasure, "delta_x_gidel_v1_eq41"),
      (
        joint.offDiagonalNorm,
        "offdiag_fro_gidel_v2_eq27 (kernel rotated to diagonalise Sigma_x)"
      ),
      (joint.halfOffDiagonalNorm, "half_offdiag_fro_gidel_v2_eq27"),
      (joint.offDiagonalShare, "offdiag_fro_over_Sx_fro"),
    ]
    for (value, name) in expected {
      expectClose(value, file.outputs[name].number, relative: file.tolerance)
    }
    expectClose(
      joint.inputVectors.map(abs), file.outputs["abs_U_up_to_column_sign"].matrix,
      relative: file.tolerance)
    expectClose(joint.variances, file.outputs["B_diag"].numbers, relative: file.tolerance)
  }

  /// However the rows are cut into blocks, and whether targets are given as labels.
  @Test func blocksAndLabelsGiveTheSameCovariances() throws {
    var generator = SeededGenerator(seed: 1)
    let x = Matrix.gaussian(rowCount: 97, columnCount: 6, using: &generator)
    let labels = (0..<97).map { _ in generator.nextIndex(below: 3) }
    var y = Matrix.zeros(97, 3)
    for (row, label) in labels.enumerated() { y[row, label] = 1 }
    var whole = CovarianceAccumulator(inputCount: 6, outputCount: 3)
    whole.add(inputs: x, targets: y)
    var left = CovarianceAccumulator(inputCount: 6, outputCount: 3)
    var right = left
    for start in stride(from: 0, to: 97, by: 10) {
      let rows = start..<min(start + 10, 97)
      let block = x.submatrix(rows: rows, columns: 0..<6)
      if start < 50 {
        left.add(inputs: block, labels: Array(labels[rows]))
      } else {
        right.add(inputs: block, labels: Array(labels[rows]))
      }
    }
    left.merge(right)
    #expect(left.count == 97 && left.targetEnergy == 97)
    expectClose(left.inputCovariance, whole.inputCovariance, relative: 1e-14)
    expectClose(left.crossCovariance, whole.crossCovariance, relative: 1e-14)
  }

  /// Subtracting means afterwards is the same as before, also where an input is constant.
  @Test func centeringAfterwardsIsCenteringBefore() throws {
    var generator = SeededGenerator(seed: 5)
    var x = Matrix.gaussian(rowCount: 50, columnCount: 4, using: &generator)
    for row in 0..<50 { for j in 0..<4 { x[row, j] += 3 } }
    for row in 0..<50 { x[row, 2] = 7 }
    let labels = (0..<50).map { _ in generator.nextIndex(below: 3) }
    var raw = CovarianceAccumulator(inputCount: 4, outputCount: 3)
    raw.add(inputs: x, labels: labels)
    let means = (0..<4).map { j in x.column(j).reduce(0, +) / 50 }
    let shares = (0..<3).map { k in Double(labels.filter { $0 == k }.count) / 50 }
    for standardizing in [false, true] {
      var centered = x
      var y = Matrix.zeros(50, 3)
      for row in 0..<50 {
        for j in 0..<4 {
          let deviation =
            (x.column(j).reduce(0) { $0 + ($1 - means[j]) * ($1 - means[j]) } / 50).squareRoot()
          centered[row, j] =
            j == 2 ? 0 : (x[row, j] - means[j]) / (standardizing ? deviation : 1)
        }
        for k in 0..<3 { y[row, k] = (labels[row] == k ? 1 : 0) - shares[k] }
      }
      var expected = CovarianceAccumulator(inputCount: 4, outputCount: 3)
      expected.add(inputs: centered, targets: y)
      let actual = raw.centered(standardizing: standardizing)
      expectClose(actual.inputCovariance, expected.inputCovariance, relative: 1e-13)
      expectClose(actual.crossCovariance, expected.crossCovariance, relative: 1e-13)
      expectClose(actual.targetEnergy, expected.targetEnergy, relative: 1e-13)
      #expect(actual.inputProducts[2, 2] == 0)
    }
  }

  /// Both ends of the range are attained: white inputs, and all of them in one direction.
  @Test func theRangeOfTheIdentityMeasureIsAttained() throws {
    var white = CovarianceAccumulator(inputCount: 5, outputCount: 1)
    white.add(inputs: .identity(5), targets: .identity(5, 1))
    let first = try JointDecomposition(of: white)
    expectClose(first.identityMeasure, first.identityMeasureRange.lowerBound, relative: 1e-14)
    var single = CovarianceAccumulator(inputCount: 5, outputCount: 1)
    single.add(
      inputs: .identity(5, 5).submatrix(rows: 1..<2, columns: 0..<5), targets: .identity(1))
    let last = try JointDecomposition(of: single)
    expectClose(last.identityMeasure, last.identityMeasureRange.upperBound, relative: 1e-14)
  }

  /// Where the assumption holds, every measure but the distance from white inputs is zero, also with repeated
  /// singular values, for which an arbitrary decomposition of Σxy does not diagonalise Σx.
  @Test func exactJointDecompositionsAreFoundInsideRepeatedSingularValues() throws {
    var generator = SeededGenerator(seed: 2)
    for _ in 0..<50 {
      let u = Matrix.orthogonal(rowCount: 5, columnCount: 5, using: &generator)
      let v = Matrix.orthogonal(rowCount: 3, columnCount: 3, using: &generator)
      // X = √D Uᵀ stacked on rows that Y does not see; Σx = U D Uᵀ, Σxy = U S Vᵀ with S = (2, 2, 1, 0, 0).
      let variances = (0..<5).map { _ in 1 + generator.nextUniform() }
      let x = u.scalingColumns(by: variances.map { $0.squareRoot() }).transposed()
      let s = zip([2.0, 2, 1], variances).map { $0 / $1.squareRoot() }
      let y = Matrix.diagonal(s, rowCount: 5, columnCount: 3).timesTransposed(v)
      var data = CovarianceAccumulator(inputCount: 5, outputCount: 3)
      data.add(inputs: x, targets: y)
      let joint = try JointDecomposition(of: data)
      #expect(joint.offDiagonalNorm < 1e-13)
      #expect(joint.commutatorNorm < 1e-14)
      // An arbitrary basis of the repeated singular space does not do it.
      let arbitrary = try SingularValueDecomposition(of: data.crossProducts, vectors: .full)
      let rotated = arbitrary.leftVectors.transposedTimes(
        data.inputCovariance * arbitrary.leftVectors)
      #expect((rotated - .diagonal(rotated.diagonal)).frobeniusNorm > 1e-6)
    }
  }

  /// The normalised measures are between 0 and 1; rank one is farthest from white, and inputs commute with themselves.
  @Test func sharesAreWithinTheirRange() throws {
    var generator = SeededGenerator(seed: 4)
    for trial in 0..<200 {
      let n = 2 + trial % 5
      let rows = 1 + trial % 7
      let inputs = Matrix.gaussian(rowCount: rows, columnCount: n, using: &generator)
      var data = CovarianceAccumulator(inputCount: n, outputCount: 2)
      let targets = Matrix.gaussian(rowCount: rows, columnCount: 2, using: &generator)
      data.add(inputs: inputs, targets: targets)
      let joint = try JointDecomposition(of: data)
      let covariance = inputs.transposedTimes(inputs)
      let cross = inputs.transposedTimes(targets)
      let square = cross.timesTransposed(cross)
      let norms = square.frobeniusNorm * covariance.frobeniusNorm
      let share =
        (square * covariance - covariance * square).frobeniusNorm / (Double(2).squareRoot() * norms)
      #expect(abs(joint.commutatorShare - share) <= 1e-13)
      #expect(joint.commutatorShare >= 0 && joint.commutatorShare <= 1 + 1e-14)
      let farthest = (1 - 1 / Double(n)).squareRoot()
      #expect(joint.distanceFromWhite >= 0 && joint.distanceFromWhite <= farthest * (1 + 1e-14))
      if rows == 1 { expectClose(joint.distanceFromWhite, farthest, relative: 1e-13) }

      var same = CovarianceAccumulator(inputCount: n, outputCount: n)
      same.add(inputs: inputs, targets: inputs)
      #expect(try JointDecomposition(of: same).commutatorShare < 1e-14)
    }
  }

  /// Both measures of Equation 41 stay below 1/√2.
  @Test func measuresAreWithinTheirRange() throws {
    var generator = SeededGenerator(seed: 3)
    for trial in 0..<1000 {
      let n = 2 + trial % 5
      var data = CovarianceAccumulator(inputCount: n, outputCount: 2)
      let rows = 1 + generator.nextIndex(below: 8)
      data.add(
        inputs: Matrix.gaussian(rowCount: rows, columnCount: n, using: &generator),
        labels: (0..<rows).map { _ in generator.nextIndex(below: 2) })
      let joint = try JointDecomposition(of: data)
      let largest = 0.5.squareRoot() * (1 + 1e-14)
      #expect(joint.commutatorMeasure >= 0 && joint.commutatorMeasure <= largest)
      #expect(joint.identityMeasure >= 0 && joint.identityMeasure <= largest)
      expectClose(joint.variances.reduce(0, +), 1, relative: 1e-13)
    }
  }
}
