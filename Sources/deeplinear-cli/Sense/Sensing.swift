import DataFormats
import DeepLinear

/// One run of `sense`: read, fit, write.
struct Sensing {
  let command: SenseCommand

  func run() throws {
    let start = ContinuousClock.now
    var outputs = OutputPaths(overwrite: command.shared.force)
    try outputs.file(command.output, option: "--output")
    let values = try DataFile.readMatrix(from: command.values)
    guard min(values.rowCount, values.columnCount) <= 1 else {
      throw BadInput(
        "\(command.values): the values are a \(values.shape) matrix; give one number for each measurement."
      )
    }
    let measurements: LinearMeasurements
    do {
      measurements = try readMeasurements()
    } catch let failure as LinearMeasurements.Failure {
      throw BadInput("\(command.measurements): \(failure).")
    }
    let truth = try readTruth(measurements)
    Interrupt.watch()
    let fit = try fit(measurements, values.elements)
    let matrix = fit.matrix()
    if let output = command.output {
      try DataFile.writeMatrix(matrix, to: output, overwrite: command.shared.force)
    }
    let summary = SensingSummary(
      command: command, fit: fit, measurements: measurements,
      relativeError: truth.map {
        (matrix - $0).frobeniusNorm / max($0.frobeniusNorm, .leastNormalMagnitude)
      },
      seconds: (ContinuousClock.now - start).seconds)
    if command.shared.json { try JSONOutput.write(summary) } else { print(summary.text) }
    if case .interrupted = fit.outcome { throw Ended.interrupted }
  }

  private func readMeasurements() throws -> LinearMeasurements {
    let file = command.measurements
    if let right = command.right {
      return try LinearMeasurements(
        left: DataFile.readMatrix(from: file), right: DataFile.readMatrix(from: right))
    }
    if file.hasSuffix(".csv") || file.hasSuffix(".csv.gz") {
      return try readElements(DataFile.readMatrix(from: file))
    }
    let array = try DataFile.readArray(from: file)
    guard array.shape.count == 3 else {
      throw BadInput(
        "\(file): the array has \(array.shape.count) dimensions; give measurements × rows × columns, or --right for rank-one measurements."
      )
    }
    let (m, rows, columns) = (array.shape[0], array.shape[1], array.shape[2])
    return try LinearMeasurements(
      dense: Matrix(rowCount: m, columnCount: rows * columns, elements: array.elements),
      rowCount: rows, columnCount: columns)
  }

  private func readElements(_ table: Matrix) throws -> LinearMeasurements {
    let file = command.measurements
    guard table.columnCount == 4 else {
      throw BadInput(
        "\(file): its lines have \(table.columnCount) cells; give measurement, row, column and coefficient."
      )
    }
    guard let rows = command.rows, let columns = command.columns else {
      throw BadInput(
        "\(file): a list of elements does not say the shape of the matrix; give --rows and --columns."
      )
    }
    func index(_ line: Int, _ cell: Int) throws -> Int {
      guard let index = Int(exactly: table[line, cell]), index >= 0 else {
        throw BadInput(
          "\(file), element \(line + 1): \(table[line, cell]) is not an index; count from 0 in whole numbers."
        )
      }
      return index
    }
    // Sorted by measurement, elements of one in the order of the file.
    let numbers = try (0..<table.rowCount).map { try index($0, 0) }
    let order = numbers.indices.sorted { (numbers[$0], $0) < (numbers[$1], $1) }
    let count = (numbers.max() ?? -1) + 1
    guard count <= 10_000_000 else {
      throw BadInput(
        "\(file): measurement \(count - 1) is beyond 10⁷; number the measurements from 0.")
    }
    var starts = [Int](repeating: 0, count: count + 1)
    for number in numbers { starts[number + 1] += 1 }
    for number in 0..<count { starts[number + 1] += starts[number] }
    return try LinearMeasurements(
      sparse: .init(
        starts: starts, rows: order.map { try index($0, 1) },
        columns: order.map { try index($0, 2) }, coefficients: order.map { table[$0, 3] }),
      rowCount: rows, columnCount: columns)
  }

  private func readTruth(_ measurements: LinearMeasurements) throws -> Matrix? {
    guard let path = command.truth else { return nil }
    let truth = try DataFile.readMatrix(from: path)
    guard truth.rowCount == measurements.rowCount, truth.columnCount == measurements.columnCount
    else {
      throw BadInput(
        "\(path): the truth is \(truth.shape) but the measurements are of \(measurements.rowCount)×\(measurements.columnCount) matrices; give one of that shape."
      )
    }
    return truth
  }

  private func fit(
    _ measurements: LinearMeasurements, _ values: [Double]
  ) throws -> MatrixSensor.Fit {
    var bar = ProgressBar("sensing")
    defer { bar.finish() }
    let sensor = MatrixSensor(
      depth: command.depth, width: command.width.value, initialScale: command.initialScale.value,
      holdoutFraction: command.holdout, seed: command.shared.seed)
    do {
      return try sensor.fit(measurements, values: values) { progress in
        bar.show(progress.fraction)
        return !Interrupt.wasAsked
      }
    } catch let failure as MatrixSensor.Failure {
      throw BadInput("\(command.measurements), \(command.values): \(failure).")
    }
  }
}

/// What `sense` says about a run, as JSON and as text.
struct SensingSummary: Encodable {
  struct OutcomeSummary: Encodable {
    var kind: String
    var exact: Bool
  }

  var rows: Int
  var columns: Int
  var measurements: Int
  var depth: Int
  var outcome: OutcomeSummary
  var iterations: Int
  var seconds: Double
  var trainingError: Double
  var holdoutError: Nullable<Double>
  var rank: Int
  var effectiveRank: Double
  var nuclearNorm: Double
  var relativeError: Double?
  var seed: UInt64
  var output: String?

  init(
    command: SenseCommand, fit: MatrixSensor.Fit, measurements: LinearMeasurements,
    relativeError: Double?, seconds: Double
  ) {
    rows = measurements.rowCount
    columns = measurements.columnCount
    self.measurements = measurements.count
    depth = command.depth
    outcome = OutcomeSummary(kind: fit.outcome.kind, exact: fit.isExact)
    iterations = fit.iterations
    self.seconds = seconds
    trainingError = fit.trainingError
    holdoutError = Nullable(fit.holdoutError)
    rank = fit.rank
    let spectrum = SingularSpectrum(fit.singularValues)
    effectiveRank = spectrum.effectiveRank
    nuclearNorm = spectrum.nuclearNorm
    self.relativeError = relativeError
    seed = command.shared.seed
    output = command.output
  }

  var text: String {
    var lines = [
      "\(rows)×\(columns) from \(measurements) measurements: rank \(rank), "
        + (outcome.exact ? "exact" : "chosen by held-out measurements"),
      "error on the measurements: \(readable(trainingError))",
    ]
    if let error = holdoutError.value {
      lines.append("error on those held out: \(readable(error))")
    }
    if let error = relativeError {
      lines.append("relative error against the truth: \(readable(error))")
    }
    lines.append(
      output.map { "matrix: \($0)" } ?? "nothing was written; --output FILE keeps the matrix")
    return lines.joined(separator: "\n")
  }
}
