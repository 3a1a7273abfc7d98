import Analysis
import LinearAlgebra
import RealModule
import Records

extension Gidel2019 {
  /// How far classification data are from the assumptions.
  struct Table1: Experiment {
    let item = Item(
      id: "gidel-table-1", paper: .gidel2019,
      title: "Table 1: how far data sets are from the assumptions",
      shows: """
        Δxy measures how far Σx and ΣxyΣxyᵀ are from commuting, Δx how far Σx is from the identity. As \
        defined, Δx lies between 0.482 and 0.694 for images of 784 pixels: not even white inputs give \
        zero, and no data give the printed 0.70.
        """,
      seconds: 1, corrections: ["(41)", "Table 1", "B.2, Proposition 3"],
      snippet: """
        // A data set of rank one is as far from white inputs as any can be: ½√(2 − 2/√784).
        var data = CovarianceAccumulator(inputCount: 784, outputCount: 10)
        data.add(
          inputs: Matrix(rowCount: 1, columnCount: 784, repeating: 1),
          targets: Matrix(rowCount: 1, columnCount: 10, repeating: 1))
        let measures = try JointDecomposition(of: data)
        print(measures.commutatorMeasure, measures.identityMeasure)
        """)

    /// A row of the table.
    private struct Row {
      var name: String
      var sampleCount: Int
      var dimension: Int
      var commutator: Double
      var identity: Double
      var offDiagonal: Double
      var offDiagonalShare: Double
      /// ‖[A, B]‖ over its largest value √2 ‖A‖ ‖B‖ for matrices of these sizes.
      var commutatorShare: Double
      /// The distance of Σ̂x from the nearest multiple of the identity, over ‖Σ̂x‖: 0 for white inputs, below 1.
      var colorShare: Double
      var smallestIdentity: Double { 0.5 * (1 - 1 / Double(dimension).squareRoot()) }
      var largestIdentity: Double { Table1.largestIdentity(dimension: dimension) }
    }

    func findings(under conditions: Conditions) throws -> Findings {
      var rows: [Row] = []
      var mnist: Row?
      if let digits = conditions.data.digits {
        let samples = try digits().training
        rows.append(try row("digits, raw pixels", samples, conditions))
        if Self.isMNIST(samples) { mnist = rows[0] }
        rows.append(try row("digits, centred", samples, conditions, centred: true))
      }
      if let colorImages = conditions.data.colorImages {
        let samples = try colorImages()
        rows.append(try row("color images, raw", samples, conditions))
        rows.append(try row("color images, centred", samples, conditions, centred: true))
      }
      let synthetic = try conditions.repetitions(5, from: 0.5, to: 0.8) { repetition, generator in
        let samples = Self.classes(
          count: conditions.isQuick ? 1000 : 5000, dimension: conditions.isQuick ? 64 : 256,
          using: &generator)
        return [
          try row("synthetic \(repetition + 1), raw", samples, conditions),
          try row("synthetic \(repetition + 1), centred", samples, conditions, centred: true),
        ]
      }
      rows += synthetic.flatMap(\.self)
      let random = try conditions.repetitions(conditions.isQuick ? 20 : 200, from: 0.8) {
        _, generator in try twoRoutes(using: &generator)
      }
      let rankOne = try rankOne(dimension: 784)
      let cases = try exactCases(conditions)

      var claims = [
        Claim(
          "largest possible Δx for 784 pixels, constructed: below 0.695, which is the least that rounds to 0.70",
          source: "Table 1 as printed", .atMost, expected: 0.695, measured: rankOne, refutes: true),
        Claim(
          "random data of any size and spectrum, sums of blocks against the samples' own decompositions: largest relative difference of Δxy and of Δx",
          // ‖[A, B]‖² = Σ (a_i − a_j)² B_ij² in the vectors of A; the gaps are above 1e-6 of the largest.
          source: "Equation 41 by two routes", .atMost, expected: 1e-9,
          measured: random.map(\.difference).max()!),
        Claim(
          "white inputs with 784 pixels: Δx, which should be zero, is ½(1 − 1/√784)",
          source: "Equation 41", expected: 0.5 * (1 - 1.0 / 28), measured: cases.whiteIdentity,
          tolerance: 1e-12, refutes: true),
        Claim(
          "white inputs, any targets: Δxy, worst of 5 seeds",
          // Sums of products of numbers below one, and a few operations after.
          source: "Equation 41", .atMost, expected: 1e-13, measured: cases.whiteCommutator),
        Claim(
          "autoencoder: Δxy, worst of 5 seeds", source: "Equation 22", .atMost, expected: 1e-13,
          measured: cases.autoencoder),
        Claim(
          "Δx over Δxy, smallest of all data sets of this table",
          source: "Section 4.1: two orders of magnitude", .atLeast, expected: 100,
          measured: rows.map { $0.identity / $0.commutator }.min()!),
        Claim(
          "distance from white inputs over that from commuting, both between 0 and 1, smallest of all data sets",
          source: "Section 4.1: Assumption 1 is the weaker one", .atLeast, expected: 1,
          measured: rows.map { $0.colorShare / $0.commutatorShare }.min()!),
      ]
      if let mnist {
        // To the three digits to which they were found with another program.
        claims.append(
          Claim(
            "MNIST: Δxy", source: "Equation 41; printed 3.26e-3", expected: 2.05e-4,
            measured: mnist.commutator, tolerance: 0.005e-4))
        claims.append(
          Claim(
            "MNIST: Δx", source: "Equation 41; printed 0.70", expected: 0.531,
            measured: mnist.identity, tolerance: 0.0005))
      }
      var result = Findings(
        summary: [
          Fact("largest possible Δx at d = 784", .number(rankOne)),
          Fact("printed for MNIST", "0.70"),
          Fact("Δxy, \(rows[0].name)", .number(rows[0].commutator)),
          Fact("Δx, \(rows[0].name)", .number(rows[0].identity)),
        ],
        settings: [
          Fact("X̂, Ŷ", "X and Y divided by their Frobenius norms, as printed"),
          Fact("Y", "one column for each class, with a one for the class of a sample"),
          Fact("raw", "inputs as they are, not centred, as the paper has it"),
          Fact(
            "synthetic",
            "10 Gaussian classes with nonnegative means and a falling spectrum, 5 seeds"),
          Fact("tolerance of equal singular values", "1e-10"),
        ], claims: claims,
        notices: [
          Notice(
            .caution,
            """
            Δx is at most ½√(2 − 2/√d), attained by data of rank one: 0.6944 for MNIST's 784 pixels. The \
            printed 0.70 is larger, so that the table was not made by its formula. Tried were inputs as they are, \
            centred, and divided by 255 (which changes nothing), with one column for each class: the table has them. \
            None gives the printed numbers.
            """),
          Notice(
            .caution,
            """
            Δx is not zero for white inputs, but ½(1 − 1/√d), 0.482 for 784 pixels, because Σ̂x has trace one and \
            Î norm one. And Δxy is small by its scale alone, as a product of three small matrices. Their \
            quotient therefore says little. The last two columns and the figure have measures that are zero exactly \
            if the assumption holds and at most one: with them the conclusion stands, the factor does not.
            """),
        ]
          + (conditions.data.digits == nil
            ? [
              Notice(
                .information,
                "No images were given: name a folder with `--mnist` to have MNIST in the table.")
            ] : []),
        sections: [
          Section(
            heading: "The table",
            blocks: [.figure(figure(rows)), .table(table(rows)), .table(Self.printed)]),
          Section(
            heading: "Where Δx can lie",
            prose: """
              With Σ̂x of trace one, Δx² = ¼(‖Σ̂x‖² + 1 − 2/√d), and ‖Σ̂x‖ lies between 1/√d for white inputs \
              and one for data of rank one.
              """,
            blocks: [.figure(maximumFigure(rows))]),
        ])
      result.isSynthetic = conditions.data.digits == nil && conditions.data.colorImages == nil
      return result
    }

    /// ½√(2 − 2/√d).
    private static func largestIdentity(dimension: Int) -> Double {
      0.5 * (2 - 2 / Double(dimension).squareRoot()).squareRoot()
    }

    /// Whether these are MNIST's training images: their number, shape and mean.
    private static func isMNIST(_ samples: LabelledSamples) -> Bool {
      let inputs = samples.inputs
      guard inputs.rowCount == 60_000, inputs.columnCount == 784 else { return false }
      let sum = inputs.withUnsafeElements { $0.reduce(0, +) }
      return abs(sum / Double(inputs.count) - 33.3184) < 1e-3
    }

    private func row(
      _ name: String, _ samples: LabelledSamples, _ conditions: Conditions, centred: Bool = false
    ) throws -> Row {
      let inputs = samples.inputs
      let count = inputs.rowCount
      // Centred data have products less those of the mean.
      let mean = inputs.transposedTimes([Double](repeating: 1 / Double(count), count: count))
      var data = CovarianceAccumulator(
        inputCount: inputs.columnCount, outputCount: samples.classCount)
      let blockLength = 5000
      for start in stride(from: 0, to: count, by: blockLength) {
        try conditions.report(0.25 * Double(start) / Double(count))
        let rows = start..<min(start + blockLength, count)
        var block = inputs.submatrix(rows: rows, columns: 0..<inputs.columnCount)
        if centred {
          block -=
            Matrix(rowCount: rows.count, columnCount: 1, repeating: 1)
            * Matrix(rowCount: 1, columnCount: mean.count, elements: mean)
        }
        data.add(inputs: block, labels: Array(samples.labels[rows]))
      }
      return try row(name, data)
    }

    private func row(_ name: String, _ data: CovarianceAccumulator) throws -> Row {
      let measures = try JointDecomposition(of: data)
      return Row(
        name: name, sampleCount: data.count, dimension: data.inputProducts.rowCount,
        commutator: measures.commutatorMeasure, identity: measures.identityMeasure,
        offDiagonal: measures.halfOffDiagonalNorm, offDiagonalShare: measures.offDiagonalShare,
        commutatorShare: measures.commutatorShare, colorShare: measures.distanceFromWhite)
    }

    /// Gaussian classes like images: nonnegative means, and the same falling spectrum in each class.
    private static func classes(
      count: Int, dimension: Int, using generator: inout SeededGenerator
    ) -> LabelledSamples {
      let classCount = 10
      let common = Matrix.uniform(rowCount: 1, columnCount: dimension, using: &generator)
      let means = Matrix.uniform(rowCount: classCount, columnCount: dimension, using: &generator)
      let basis = Matrix.orthogonal(
        rowCount: dimension, columnCount: dimension, using: &generator)
      let deviations = (1...dimension).map { 2 / Double($0) }
      var inputs = Matrix.gaussian(rowCount: count, columnCount: dimension, using: &generator)
      inputs = inputs.scalingColumns(by: deviations).timesTransposed(basis)
      let labels = (0..<count).map { _ in generator.nextIndex(below: classCount) }
      for (row, label) in labels.enumerated() {
        for column in 0..<dimension {
          inputs[row, column] += common[0, column] + 0.5 * means[label, column]
        }
      }
      return LabelledSamples(inputs: inputs, labels: labels, classCount: classCount)
    }

    /// Δx of data of rank one.
    private func rankOne(dimension: Int) throws -> Double {
      var generator = SeededGenerator(seed: 0)
      var data = CovarianceAccumulator(inputCount: dimension, outputCount: 1)
      data.add(
        inputs: .gaussian(rowCount: 1, columnCount: dimension, using: &generator),
        targets: .identity(1))
      return try JointDecomposition(of: data).identityMeasure
    }

    /// Data of random sizes and spectra: both measures from the sums over two blocks, against those from the samples'
    /// own singular values and vectors, relatively.
    private func twoRoutes(
      using generator: inout SeededGenerator
    ) throws -> (difference: Double, sampleCount: Int) {
      let dimension = 2 + generator.nextIndex(below: 10)
      let outputs = 1 + generator.nextIndex(below: 4)
      let slope = 6 * generator.nextUniform()
      let basis = Matrix.orthogonal(
        rowCount: dimension, columnCount: dimension, using: &generator)
      let inputs = Matrix.gaussian(rowCount: 20, columnCount: dimension, using: &generator)
        .scalingColumns(by: (0..<dimension).map { .exp(-slope * Double($0)) })
        .timesTransposed(basis)
      var data = CovarianceAccumulator(inputCount: dimension, outputCount: outputs)
      let targets = Matrix.gaussian(rowCount: 20, columnCount: outputs, using: &generator)
      for rows in [0..<7, 7..<20] {
        data.add(
          inputs: inputs.submatrix(rows: rows, columns: 0..<dimension),
          targets: targets.submatrix(rows: rows, columns: 0..<outputs))
      }
      let measures = try JointDecomposition(of: data)
      // Σ̂x = V diag(s²) Vᵀ from X̂ = U diag(s) Vᵀ.
      let x = inputs / inputs.frobeniusNorm
      let y = targets / targets.frobeniusNorm
      let decomposition = try SingularValueDecomposition(of: x)
      let squares = decomposition.singularValues.map { $0 * $0 }
      let cross = decomposition.rightVectors.transposedTimes(x.transposedTimes(y))
      let products = cross.timesTransposed(cross)
      var commutator = 0.0
      for i in 0..<dimension {
        for j in 0..<dimension {
          let element = (squares[i] - squares[j]) * products[i, j]
          commutator += element * element
        }
      }
      let root = 1 / Double(dimension).squareRoot()
      let identity =
        0.5 * squares.map { ($0 - root) * ($0 - root) }.reduce(0, +).squareRoot()
      return (
        max(
          abs(measures.commutatorMeasure / (0.5 * commutator.squareRoot()) - 1),
          abs(measures.identityMeasure / identity - 1)), 20
      )
    }

    /// White inputs of 784 pixels; white inputs with any targets; inputs as targets.
    private func exactCases(
      _ conditions: Conditions
    ) throws -> (whiteIdentity: Double, whiteCommutator: Double, autoencoder: Double) {
      var images = CovarianceAccumulator(inputCount: 784, outputCount: 784)
      images.add(inputs: .identity(784), targets: .identity(784))
      var result = (
        whiteIdentity: try JointDecomposition(of: images).identityMeasure, whiteCommutator: 0.0,
        autoencoder: 0.0
      )
      for seed in 0..<5 {
        var generator = conditions.generator(seed)
        let inputs = Matrix.orthogonal(rowCount: 40, columnCount: 12, using: &generator)
        let targets = Matrix.gaussian(rowCount: 40, columnCount: 3, using: &generator)
        var white = CovarianceAccumulator(inputCount: 12, outputCount: 3)
        white.add(inputs: inputs, targets: targets)
        result.whiteCommutator = max(
          result.whiteCommutator, try JointDecomposition(of: white).commutatorMeasure)
        let samples = Matrix.gaussian(rowCount: 40, columnCount: 12, using: &generator)
        var same = CovarianceAccumulator(inputCount: 12, outputCount: 12)
        same.add(inputs: samples, targets: samples)
        result.autoencoder = max(
          result.autoencoder, try JointDecomposition(of: same).commutatorMeasure)
      }
      return result
    }

    private func figure(_ rows: [Row]) -> Figure {
      // Of the synthetic sets the first stands for all.
      let shown = rows.filter { !$0.name.hasPrefix("synthetic") || $0.name.contains(" 1,") }
      return Figure(
        title: "How far from each assumption",
        caption: """
          The commutator of Σ̂xyΣ̂xyᵀ and Σ̂x over the largest that matrices of these norms can have, and the \
          distance of Σ̂x from the nearest multiple of the identity over ‖Σ̂x‖. Each is zero if and only if the \
          assumption holds.
          """,
        .bars(
          BarChart(
            categories: shown.map(\.name), horizontalTitle: "data set",
            vertical: Axis("share of the largest possible", lower: 0, upper: 1),
            bars: [
              Bars("from commuting (Assumption 1)", values: shown.map(\.commutatorShare)),
              Bars("from white inputs", values: shown.map(\.colorShare)),
            ])))
    }

    private func table(_ rows: [Row]) -> Table {
      Table(
        title: "Measured",
        caption: """
          Δxy and Δx as printed; ½‖B‖ of the published version, and ‖B‖/‖Σ̂x‖, with B the part of UᵀΣ̂xU off the \
          diagonal. The last two are the shares of the figure.
          """,
        columns: [
          Column("data", alignment: .leading), Column("samples", significantDigits: 6), Column("d"),
          Column("Δxy"), Column("Δx"), Column("least Δx"), Column("largest Δx"), Column("½‖B‖"),
          Column("‖B‖/‖Σ̂x‖"), Column("from commuting"), Column("from white"),
        ],
        rows: rows.map {
          [
            .text($0.name), .number(Double($0.sampleCount)), .number(Double($0.dimension)),
            .number($0.commutator), .number($0.identity), .number($0.smallestIdentity),
            .number($0.largestIdentity), .number($0.offDiagonal), .number($0.offDiagonalShare),
            .number($0.commutatorShare), .number($0.colorShare),
          ]
        })
    }

    private static let printed = Table(
      title: "As printed",
      caption: "Only MNIST's Δx is beyond its maximum; the others are possible.",
      columns: [
        Column("data", alignment: .leading), Column("d", significantDigits: 5), Column("Δxy"),
        Column("Δx"), Column("largest Δx"),
      ],
      rows: [
        ["MNIST", 784, 3.26e-3, 0.70, .number(largestIdentity(dimension: 784))],
        ["CIFAR-10", 3072, 3.43e-3, 0.68, .number(largestIdentity(dimension: 3072))],
        ["ImageNet64", 12288, 1.07e-3, 0.70, .number(largestIdentity(dimension: 12288))],
      ])

    private func maximumFigure(_ rows: [Row]) -> Figure {
      let dimensions = (0...80).map { Double.exp10(1 + 3.2 * Double($0) / 80) }
      let smallest = dimensions.map { 0.5 * (1 - 1 / $0.squareRoot()) }
      let largest = dimensions.map { 0.5 * (2 - 2 / $0.squareRoot()).squareRoot() }
      return Figure(
        title: "The range of Δx",
        caption: """
          Whatever the data, Δx lies in the shaded range. Of the printed values MNIST's, the leftmost, lies above it.
          """,
        .lines(
          LinePlot(
            horizontal: Axis("input dimension d", .logarithmic),
            vertical: Axis("Δx", lower: 0.3, upper: 0.75),
            series: [
              Series(
                "largest possible", x: dimensions, y: largest,
                band: Band("possible", lower: smallest, upper: largest)),
              Series(
                "printed", x: [784, 3072, 12288], y: [0.70, 0.68, 0.70], style: .points,
                color: .palette(1)),
              Series(
                "measured", x: rows.map { Double($0.dimension) }, y: rows.map(\.identity),
                style: .points, color: .palette(2)),
            ])))
    }
  }
}
