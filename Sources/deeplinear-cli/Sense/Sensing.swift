import DataFormats
import DeepLinear

/// One run of `sense`: read, fit, write.
struct Sensing {
  let command: SenseCommand

  func run() throws {
    let start = ContinuousClock.now
    var outputs = OutputPaths(overwrite: command.shared.force)
    try outputs.file(command.results.output, option: "--output")
    try outputs.report(command.results.report)
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
    if let output = command.results.output {
      try DataFile.writeMatrix(matrix, to: output, overwrite: command.shared.force)
    }
    let summary = SensingSummary(
      command: command, fit: fit, measurements: measurements,
      relativeError: truth.map {
        (matrix - $0).frobeniusNorm / max($0.frobeniusNorm, .leastNormalMagnitude)
      },
      seconds: (ContinuousClock.now - start).seconds)
    if let folder = command.results.report {
      try SensingReport(
        command: command, fit: fit, measurements: measurements, values: values.elements,
        truth: truth, summary: summary
      ).write(to: folder)
    }
    if command.shared.json { try JSONOutput.write(summary) } else { print(summary.text) }
    if case .interrupted = fit.outcome { throw Ended.interrupted }
  }

  private func readMeasurements() throws -> LinearMeasurements {
    let file = command.measurements
    if let right = command.reading.right {
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
    guard let rows = command.reading.rows, let columns = command.reading.columns else {
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
    guard let path = command.results.truth else { return nil }
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
      depth: command.fitting.depth, width: command.fitting.width.value,
      initialScale: command.fitting.initialScale.value,
      holdoutFraction: command.fitting.holdout,
      recordingInterval: command.results.report == nil ? nil : 2, seed: command.shared.seed)
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
