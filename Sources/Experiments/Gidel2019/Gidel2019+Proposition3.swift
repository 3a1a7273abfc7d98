import Analysis
import LinearAlgebra
import RealModule
import Records

extension Gidel2019 {
  /// Which singular vectors of Σxy diagonalise Σx, and how the two measures of that go together.
  struct Proposition3: Experiment {
    let item = Item(
      id: "gidel-proposition-3", paper: .gidel2019,
      title: "Proposition 3: singular vectors that diagonalise the input covariance",
      shows: """
        Σx commutes with ΣxyΣxyᵀ if and only if some singular vectors of Σxy diagonalise it. Where \
        singular values repeat, as all the zeros do, not any will do: the right ones come from \
        diagonalising Σx inside each singular subspace.
        """,
      seconds: 0.1, corrections: ["B.2, Proposition 3"],
      snippet: """
        // All singular values of Σxy are equal, and Σx is not diagonal.
        var data = CovarianceAccumulator(inputCount: 2, outputCount: 2)
        let inputs = Matrix(rows: [[2, 1], [1, 3]])
        data.add(inputs: inputs, targets: try LUDecomposition(of: inputs).inverse())
        let joint = try JointDecomposition(of: data)
        print(joint.inputVectors, joint.offDiagonalNorm, joint.commutatorNorm)
        """)

    var sampleCount = 40
    /// Of Σxy, with repetitions among the positive ones and three zeros.
    private let singularValues: [Double] = [2, 2, 2, 1, 1, 0, 0, 0]

    /// What one problem showed.
    private struct Outcome {
      /// The share of Σx off the diagonal in the basis of the joint decomposition, and in that of a plain one.
      var joint = 0.0
      var plain = 0.0
      /// For data that do not commute: relative error of the commutator's norm computed from the part off the diagonal.
      var identity = 0.0
      /// Σ̂x in both bases.
      var matrices: [Matrix] = []
    }

    static var adjustables: [Adjustable<Self>] {
      [
        Adjustable("samples", .count(\.sampleCount, 10...10_000), "of each problem")
      ]
    }

    func findings(under conditions: Conditions) throws -> Findings {
      let outcomes = try conditions.repetitions(conditions.isQuick ? 20 : 200) { _, generator in
        try outcome(using: &generator)
      }
      return Findings(
        summary: [
          Fact("off the diagonal, joint decomposition", .number(outcomes.map(\.joint).max()!)),
          Fact("off the diagonal, plain decomposition", .number(outcomes.map(\.plain).median)),
        ],
        settings: [
          Fact("problems", .number(Double(outcomes.count))), Fact("inputs and outputs", "8"),
          Fact("singular values of Σxy", "2, 2, 2, 1, 1, 0, 0, 0"),
          Fact("variances of the inputs", "uniform in [0.5, 1.5]"),
          Fact("problems that do not commute", "as many, Gaussian, 6 inputs and 3 outputs"),
        ],
        claims: [
          Claim(
            "commuting: share of Σx off the diagonal in the joint decomposition, worst problem",
            // Vectors of a subspace with a gap of a fifth are good to some 1e-15 of the data over that gap.
            source: "Proposition 3, corrected", .atMost, expected: 1e-12,
            measured: outcomes.map(\.joint).max()!),
          Claim(
            "the same in the vectors of a plain singular value decomposition, best problem",
            source: "Proposition 3's proof", .atLeast, expected: 1e-3,
            measured: outcomes.map(\.plain).min()!),
          Claim(
            "not commuting: relative error of ‖[ΣxyΣxyᵀ, Σx]‖² = Σ (s_i² − s_j²)² B_ij², worst problem",
            source: "Equation 41 and Equation 27 of the published version", .atMost,
            expected: 1e-12, measured: outcomes.map(\.identity).max()!),
        ],
        notices: [
          Notice(
            .caution,
            """
            The proof takes any singular value decomposition. Inside the subspace of a repeated singular value \
            its vectors are arbitrary, and so is Σx in them. With two outputs fewer \
            than inputs, or more, zero always repeats.
            """),
          Notice(
            .information,
            """
            The two measures in use, the commutator and the part B off the diagonal, vanish together only \
            once B is free of what is inside the singular subspaces, which the commutator does not see.
            """),
        ],
        sections: [
          Section(
            heading: "The same Σx in two bases of singular vectors of the same Σxy",
            blocks: [
              .row([
                figure(
                  "Plain decomposition", outcomes[0].matrices[0],
                  "Blocks of the size of each repeated singular value are full."),
                figure(
                  "Joint decomposition", outcomes[0].matrices[1],
                  "Diagonal, with variances descending inside each block."),
              ])
            ])
        ])
    }

    private func outcome(using generator: inout SeededGenerator) throws -> Outcome {
      let count = singularValues.count
      // X = √m A Λ^{1/2} Uᵀ with orthonormal columns in A, and Y = X U Λ⁻¹ S Vᵀ: Σx = U Λ Uᵀ and Σxy = U S Vᵀ.
      let variances = (0..<count).map { _ in 0.5 + generator.nextUniform() }
      let u = Matrix.orthogonal(rowCount: count, columnCount: count, using: &generator)
      let v = Matrix.orthogonal(rowCount: count, columnCount: count, using: &generator)
      let a = Matrix.orthogonal(rowCount: sampleCount, columnCount: count, using: &generator)
      let inputs =
        Double(sampleCount).squareRoot()
        * a.scalingColumns(by: variances.map { $0.squareRoot() }).timesTransposed(u)
      let map = u.scalingColumns(by: zip(singularValues, variances).map { $0 / $1 })
        .timesTransposed(v)
      var data = CovarianceAccumulator(inputCount: count, outputCount: count)
      data.add(inputs: inputs, targets: inputs * map)

      var result = Outcome()
      let joint = try JointDecomposition(of: data)
      result.joint = joint.offDiagonalShare
      let normalised = data.inputProducts / data.inputProducts.trace
      let plain = try SingularValueDecomposition(of: data.crossProducts, vectors: .full)
        .leftVectors
      result.matrices = [plain, joint.inputVectors].map {
        $0.transposedTimes(normalised * $0)
      }
      let rotated = result.matrices[0]
      result.plain =
        (rotated - .diagonal(rotated.diagonal)).frobeniusNorm / normalised.frobeniusNorm

      var other = CovarianceAccumulator(inputCount: 6, outputCount: 3)
      other.add(
        inputs: .gaussian(rowCount: 20, columnCount: 6, using: &generator),
        targets: .gaussian(rowCount: 20, columnCount: 3, using: &generator))
      let decomposition = try JointDecomposition(of: other)
      let basis = decomposition.inputVectors
      let off = basis.transposedTimes(other.inputProducts / other.inputProducts.trace * basis)
      let squares = decomposition.singularValues.map { $0 * $0 } + [0, 0, 0]
      var sum = 0.0
      for i in 0..<6 {
        for j in 0..<6 where i != j {
          let entry = (squares[i] - squares[j]) * off[i, j]
          sum += entry * entry
        }
      }
      let norm = decomposition.commutatorNorm
      result.identity = abs(sum / (norm * norm) - 1)
      return result
    }

    private func figure(_ title: String, _ matrix: Matrix, _ caption: String) -> Figure {
      Figure(
        title: title, caption: "UᵀΣ̂xU. \(caption)",
        .heatMap(
          HeatMap(
            rowCount: matrix.rowCount, columnCount: matrix.columnCount, values: matrix.elements,
            horizontal: Axis("singular vector, from 0", .whole),
            vertical: Axis("singular vector, from 0", .whole),
            colors: ColorScale(.diverging, title: "element"))))
    }
  }
}
