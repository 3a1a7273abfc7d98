import DataFormats
import Foundation
import Jobs
import LinearAlgebra
import Testing

/// Small files on which something was said that was not so: each with what is right. The files stand in `Fills`.
@Suite struct FilledTableTests {
  private static let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    .appendingPathComponent("Fills")

  private func source(_ name: String) -> DataSource {
    DataSource(Self.folder.appendingPathComponent(name).path)
  }

  private func matrix(_ name: String) throws -> Matrix {
    try DataFile.readArray(from: Self.folder.appendingPathComponent(name).path).matrix
  }

  private func completion(_ result: CompletionResult) throws -> Matrix {
    try #require(result.arrays()["completion"]).matrix
  }

  private func inFolder(_ body: (URL) throws -> Void) throws {
    let folder = FileManager.default.temporaryDirectory
      .appendingPathComponent("deeplinear-fills-\(UInt64.random(in: 0 ... .max))")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    try body(folder)
  }

  // MARK: exact and determined

  /// A column that is 100 in every known cell, in a table that is exact without it: its empty cells are not determined,
  /// and a guess there is what the column itself says.
  @Test func constantColumnIsNotDetermined() throws {
    var request = Completion(source("const.csv"))
    let left = try request.run()
    #expect(left.summary.outcome.exact && left.summary.leftEmpty > 0)
    let open = try completion(left)
    request.fillUndetermined = true
    let filled = try completion(try request.run())
    for row in 0..<open.rowCount {
      #expect(open[row, 5].isNaN || open[row, 5] == 100)
      #expect(abs(filled[row, 5] - 100) <= 1e-6)
    }
  }

  @Test func twoColumnsOnALineAreExact() throws {
    var request = Completion(source("affine2.npy"))
    request.truth = source("affine2_truth.npy")
    let summary = try request.run().summary
    #expect(summary.outcome.exact && summary.mask.undeterminedEntries == 0)
    #expect(try #require(summary.relativeError) <= 1e-11)
  }

  /// One entry in each row: nothing says more about an empty cell than the mean of its column.
  @Test func oneEntryARowIsFilledByMeans() throws {
    let given = try matrix("disjoint.npy")
    var request = Completion(source("disjoint.npy"))
    request.fillUndetermined = true
    let filled = try completion(try request.run())
    for column in 0..<given.columnCount {
      let known = (0..<given.rowCount).map { given[$0, column] }.filter { !$0.isNaN }
      let mean = known.reduce(0, +) / Double(known.count)
      let deviation =
        (known.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(known.count)).squareRoot()
      let empty = (0..<given.rowCount).filter { given[$0, column].isNaN }
      let away = empty.reduce(0.0) {
        $0 + (filled[$1, column] - mean) * (filled[$1, column] - mean)
      }
      // The mean of thirty cells is known to a fifth of a deviation, and costs a fiftieth of its square.
      #expect((away / Double(empty.count)).squareRoot() <= 0.2 * deviation)
    }
  }

  /// A signal of size one on an offset of 10⁹: entries round at 10⁻⁷, and so does an answer that is called exact.
  @Test func signalOnALargeOffset() throws {
    var request = Completion(source("offset1e9.npy"))
    request.truth = source("offset1e9_truth.npy")
    let summary = try request.run().summary
    let error = try #require(summary.meanSquaredError).squareRoot()
    #expect(summary.outcome.exact)
    // 64 ε of an entry's size, magnified little by three coordinates from eighteen entries.
    #expect(error <= 10 * 64 * 1e9 * .ulpOfOne)
  }

  @Test func oneHugeEntryIsNoAnswer() throws {
    try inFolder { folder in
      var request = Completion(source("outlier_1e13.csv"))
      request.outliers = folder.appendingPathComponent("outliers.csv").path
      let result = try request.run()
      #expect(!result.summary.outcome.exact)
      #expect(result.summary.outliers?.map(\.value) == [1e13])
      let filled = try completion(result)
      #expect(filled.elements.allSatisfy { abs($0) < 10 || $0 == 1e13 })
      try result.write()
      let text = try String(
        contentsOf: folder.appendingPathComponent("outliers.csv"), encoding: .utf8)
      let lines = text.split(separator: "\n")
      #expect(lines.count == 2 && lines[0] == "row,column,rowName,columnName,value,predicted")
      #expect(lines[1].contains(",10000000000000.0,"))
    }
  }

  /// The same ratings with identifiers ten times as large: the same fit to the bit.
  @Test func gapsBetweenIdentifiersChangeNothing() throws {
    let (near, far) = (
      try Completion(source("gap1.csv")).run(), try Completion(source("gap10.csv")).run()
    )
    #expect(near.summary.rank == far.summary.rank)
    #expect(near.summary.holdoutError.value == far.summary.holdoutError.value)
    #expect(near.summary.trainingError.value == far.summary.trainingError.value)
    #expect(near.summary.nuclearNorm.value == far.summary.nuclearNorm.value)
  }

  // MARK: measurements

  /// 80 measurements whose sizes differ by 10⁴, of a matrix of rank 2.
  @Test func measurementsOfAnySize() throws {
    let result = try Sensing(
      measurements: source("scaled_1_a.npy"), values: source("scaled_1_b.npy")
    ).run()
    #expect(result.summary.outcome.exact && result.summary.rank == 2)
    #expect(result.summary.determination.isDetermined)
  }

  /// Sums over random subsets of the elements: no component is rounding.
  @Test func sumsOverSubsets() throws {
    let result = try Sensing(measurements: source("binary_a.npy"), values: source("binary_b.npy"))
      .run()
    #expect(result.summary.outcome.exact && result.summary.determination.isDetermined)
    let found = try #require(result.arrays()["matrix"]).matrix.singularValues()
    let rank = result.summary.rank
    #expect(found[rank - 1] > 1e-9 * found[0])
    #expect(found.dropFirst(rank).allSatisfy { $0 <= 1e-12 * found[0] })
  }

  /// Fewer measurements than a matrix of any rank has degrees of freedom are said not to determine it.
  @Test(arguments: Sensing.Method.allCases) func tooFewMeasurementsAreSaid(
    _ method: Sensing.Method
  ) throws {
    var generator = SeededGenerator(seed: 4)
    let a = Matrix.gaussian(rowCount: 20, columnCount: 12 * 10, using: &generator)
    let w = Matrix.lowRank(rowCount: 12, columnCount: 10, rank: 2, using: &generator)
    let values = (0..<20).map { i in zip(a.row(i), w.elements).reduce(0) { $0 + $1.0 * $1.1 } }
    let context = JobContext(arrays: [
      "a": NPYArray(shape: [20, 12, 10], elements: a.elements), "b": NPYArray(values),
    ])
    var request = Sensing(
      measurements: DataSource(.array("a")), values: DataSource(.array("b")))
    request.method = method
    request.holdout = method == .nuclear ? 0 : nil
    let summary = try request.run(in: context, observing: .none).summary
    #expect(!summary.outcome.exact && !summary.determination.isDetermined)
    #expect(summary.determinationSentence.hasPrefix("no"))
  }

  // MARK: units

  @Test func columnsOfDifferentUnitsAreScaled() throws {
    var request = Completion(source("clinic.csv"))
    request.effort = .quick
    let summary = try request.run().summary
    #expect(summary.scaling == "columns")
    // The noise of incomes of some ten thousand is not that of body mass.
    #expect(!summary.outcome.exact && summary.rank > 0)
  }

  /// 30 measurements of cells as they are, in deviations of their columns: as good as where the columns are brought to
  /// one unit by hand.
  @Test func measurementsOfCells() throws {
    let given = try DataFile.readObservedEntries(
      from: Self.folder.appendingPathComponent("breast.csv").path
    ).entries
    let truth = try DataFile.readMatrix(
      from: Self.folder.appendingPathComponent("breast_truth.csv").path)
    let known = Set(given.values.indices.map { Int(given.rows[$0]) * 30 + Int(given.columns[$0]) })
    var centres: [Double] = []
    var deviations: [Double] = []
    for column in 0..<30 {
      let own = truth.column(column)
      let mean = own.reduce(0, +) / Double(own.count)
      let square = own.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(own.count)
      centres.append(mean)
      deviations.append(square.squareRoot())
    }
    func standardised(_ value: Double, _ column: Int) -> Double {
      (value - centres[column]) / deviations[column]
    }
    func error(_ filled: Matrix, isRaw: Bool) -> Double {
      var sum = 0.0
      for place in 0..<truth.count where !known.contains(place) {
        let (row, column) = place.quotientAndRemainder(dividingBy: 30)
        let value = filled[row, column]
        let difference =
          (isRaw ? standardised(value, column) : value) - standardised(truth[row, column], column)
        sum += difference * difference
      }
      return (sum / Double(truth.count - known.count)).squareRoot()
    }
    var request = Completion(source("breast.csv"))
    request.effort = .quick
    let raw = try request.run()
    #expect(raw.summary.scaling == "columns")
    var table = Matrix(rowCount: truth.rowCount, columnCount: 30, repeating: .nan)
    for k in given.values.indices {
      let column = Int(given.columns[k])
      table[Int(given.rows[k]), column] = standardised(given.values[k], column)
    }
    request.observed = DataSource(.array("x"))
    let byHand = try request.run(
      in: JobContext(arrays: ["x": NPYArray(table)]), observing: .none)
    let (own, other) = (
      error(try completion(raw), isRaw: true), error(try completion(byHand), isRaw: false)
    )
    #expect(own <= 1.01 * other, "\(own), by hand \(other)")
  }

  // MARK: names

  @Test func newRowsAreMatchedByTheNamesOfColumns() throws {
    try inFolder { folder in
      var request = Completion(source("train.csv"))
      request.model = folder.appendingPathComponent("fit.safetensors").path
      request.effort = .quick
      try request.run().write()
      let model = DataSource(folder.appendingPathComponent("fit.safetensors").path)
      let turned = try Prediction(model: model, observed: source("new_perm.csv")).run()
      let text = try String(
        contentsOf: Self.folder.appendingPathComponent("new_perm.csv"), encoding: .utf8)
      // The same rows with their columns in the order of the model.
      let ordered = text.split(separator: "\n").map { line in
        let cells = line.split(separator: ",", omittingEmptySubsequences: false)
        return ([cells[0]] + cells.dropFirst().reversed()).joined(separator: ",")
      }.joined(separator: "\n")
      let plain = try Prediction(model: model, observed: DataSource(.upload("new.csv")))
        .run(in: JobContext(uploads: ["new.csv": Array(ordered.utf8)]), observing: .none)
      #expect(try turned.arrays()["rows"] == plain.arrays()["rows"])
      let refusal = #expect(throws: BadInput.self) {
        try Prediction(model: model, observed: source("new_other.csv")).run()
      }
      #expect(refusal?.sentence.contains("'a_x'") ?? false)
    }
  }

  @Test func samplesAreMatchedByName() throws {
    let shuffled = try Regression(inputs: source("xhi.csv"), targets: source("y_shuf.csv")).run()
    let text = try String(
      contentsOf: Self.folder.appendingPathComponent("y_shuf.csv"), encoding: .utf8)
    let lines = text.split(separator: "\n")
    func number(_ line: Substring) -> Int { Int(line.dropFirst().prefix { $0 != "," }) ?? -1 }
    let ordered = ([lines[0]] + lines.dropFirst().sorted { number($0) < number($1) })
      .joined(separator: "\n")
    let context = JobContext(uploads: ["y.csv": Array(ordered.utf8)])
    let plain = try Regression(inputs: source("xhi.csv"), targets: DataSource(.upload("y.csv")))
      .run(in: context, observing: .none)
    #expect(try shuffled.arrays() == plain.arrays())
    // By their order the samples have nothing to do with each other.
    let nameless = lines.map { $0.drop { $0 != "," }.dropFirst() }.joined(separator: "\n")
    let wrong = try Regression(inputs: source("xhi.csv"), targets: DataSource(.upload("y.csv")))
      .run(
        in: JobContext(uploads: ["y.csv": Array(nameless.utf8)]), observing: .none)
    #expect(wrong.summary.trainingError > 2 * shuffled.summary.trainingError)
    let other = text.replacing("s79,", with: "t79,")
    let refusal = #expect(throws: BadInput.self) {
      try Regression(inputs: source("xhi.csv"), targets: DataSource(.upload("y.csv")))
        .run(in: JobContext(uploads: ["y.csv": Array(other.utf8)]), observing: .none)
    }
    #expect(refusal?.sentence.contains("'s79'") ?? false)
  }

  /// Inputs of size 10¹⁶⁰ and targets of size 10⁻²⁰⁰: the coefficients times the quotient of the sizes.
  @Test func extremeSizesAreRegressed() throws {
    let (x, samples) = try DataFile.readNamed("xhi.csv", in: Self.folder)
    let (shuffled, names) = try DataFile.readNamed("y_shuf.csv", in: Self.folder)
    let y = shuffled.selecting(
      rows: try samples.map { try #require(names.firstIndex(of: $0)) })
    func fit(_ inputSize: Double, _ targetSize: Double) throws -> RegressionResult {
      try Regression(inputs: DataSource(.array("x")), targets: DataSource(.array("y")))
        .run(
          in: JobContext(arrays: [
            "x": NPYArray(inputSize * x), "y": NPYArray(targetSize * y),
          ]), observing: .none)
    }
    let plain = try fit(1, 1)
    #expect(plain.summary.rank > 0)
    for (a, b) in [(1e160, 1), (1, 1e-200), (1e160, 1e150), (1e-180, 1e-200)] as [(Double, Double)]
    {
      let scaled = try fit(a, b)
      #expect(scaled.summary.rank == plain.summary.rank)
      let w = try #require(scaled.arrays()["coefficients"]).elements
      let reference = try #require(plain.arrays()["coefficients"]).elements
      let largest = reference.reduce(0) { max($0, abs($1)) }
      for (own, expected) in zip(w, reference) {
        #expect(abs(own / b * a - expected) <= 1e-9 * largest)
      }
    }
    // 10⁻³⁶⁰ is no number.
    #expect(throws: BadInput.self) { try fit(1e160, 1e-200) }
  }

  // MARK: outputs

  /// A picture of 16 or of 4 bits stays one.
  @Test(arguments: [65_535, 15]) func picturesKeepTheirMaximum(_ maximum: Int) throws {
    try inFolder { folder in
      var request = Completion(source("a16.pgm"))
      request.observed.reading.mask = Self.folder.appendingPathComponent("am.pgm").path
      request.effort = .quick
      var original = try PGMImage(
        reading: ByteSource(path: Self.folder.appendingPathComponent("a16.pgm").path))
      #expect(original.maximum == 65_535)
      if maximum < 255 {
        original = PGMImage((Double(maximum) / 65_535) * original.pixels, maximum: maximum)
        let path = folder.appendingPathComponent("given.pgm").path
        try original.encoded().withUnsafeBytes {
          try Data($0).write(to: URL(fileURLWithPath: path))
        }
        request.observed.place = .file(path)
      }
      request.output = folder.appendingPathComponent("filled.pgm").path
      try request.run().write()
      let filled = try PGMImage(reading: ByteSource(path: try #require(request.output)))
      #expect(filled.maximum == maximum)
      let mask = try PGMImage(
        reading: ByteSource(path: Self.folder.appendingPathComponent("am.pgm").path)
      ).pixels
      for (k, known) in mask.elements.enumerated() where known > 0 {
        #expect(filled.pixels.elements[k] == original.pixels.elements[k])
      }
    }
  }

  /// A table of 10¹² cells: the whole of it is refused before the fit, with its size; the model of it is kept.
  @Test func whatNoMemoryHoldsIsRefused() throws {
    try inFolder { folder in
      var lines = ["row,column,value"]
      var generator = SeededGenerator(seed: 2)
      for k in 0..<400 {
        lines.append("\(k % 20 * 50_000),\(k / 20 * 50_000),\(generator.nextGaussian())")
      }
      let context = JobContext(uploads: ["x.csv": Array(lines.joined(separator: "\n").utf8)])
      var request = Completion(DataSource(.upload("x.csv")))
      request.observed.reading.rows = 1_000_000
      request.observed.reading.columns = 1_000_000
      request.effort = .quick
      request.model = folder.appendingPathComponent("fit.safetensors").path
      request.output = folder.appendingPathComponent("filled.npy").path
      let refusal = #expect(throws: BadInput.self) {
        try request.run(in: context, observing: .none)
      }
      #expect(refusal?.sentence.contains("1000000×1000000 numbers, 16 TB") ?? false)
      request.output = nil
      try request.run(in: context, observing: .none).write()
      #expect(FileManager.default.fileExists(atPath: try #require(request.model)))
    }
  }
}

extension DataFile {
  /// The numbers and the names of rows of a table of text.
  fileprivate static func readNamed(_ name: String, in folder: URL) throws -> (Matrix, [String]) {
    let data = try readObservedEntries(from: folder.appendingPathComponent(name).path)
    return (data.entries.dense(), data.names.rows ?? [])
  }
}

extension NPYArray {
  fileprivate var matrix: Matrix {
    Matrix(
      rowCount: shape[0], columnCount: shape.count > 1 ? shape[1] : 1, elements: elements)
  }
}
