import DataFormats
import DeepLinear

/// Find a matrix from linear measurements of it.
public struct Sensing: Job {
  public static let name = "sense"

  /// How the answer is found.
  public enum Method: String, CaseIterable, Codable, Sendable {
    /// By the path of a deep network.
    case deep
    /// The smallest nuclear norm of all matrices that agree with every measurement.
    case nuclear
  }

  /// The A_i: an array of measurements × rows × columns; with ``right``, the left vectors of rank-one
  /// measurements; or a list of measurement, row, column and coefficient, with ``rows`` and ``columns``.
  public var measurements: DataSource
  /// The b_i = ⟨A_i, W⟩.
  public var values: DataSource

  /// Where the matrix is written.
  public var output: String?
  /// The folder of a report.
  public var report: String?
  /// The true matrix, to measure the error.
  public var truth: DataSource?

  /// The number of layers of the network.
  public var depth: Int?
  /// The width of its hidden layers; chosen where nil.
  public var width: Int?
  /// The size of its first end-to-end matrix relative to the data; chosen where nil.
  public var initialScale: Double?
  /// The share of measurements held out when they are noisy; 0 for none.
  public var holdout: Double?
  /// How the answer is found; by a deep network where nil.
  public var method: Method?

  /// The right vectors of rank-one measurements, one per row.
  public var right: DataSource?
  /// The number of rows of the matrix, for a list of elements.
  public var rows: Int?
  /// The number of columns of the matrix, for a list of elements.
  public var columns: Int?

  /// Whether files that exist are overwritten.
  public var force: Bool?
  /// The seed of everything random; 0 where nil.
  public var seed: UInt64?

  /// A request with everything else as usual.
  public init(measurements: DataSource, values: DataSource) {
    self.measurements = measurements
    self.values = values
  }

  /// ``depth`` where nil.
  public static let defaultDepth = 3
  /// ``holdout`` where nil.
  public static let defaultHoldout = 0.1

  /// Not more than makes a difference.
  package var settledDepth: Int { min(depth ?? Self.defaultDepth, FollowedNetwork.largestDepth) }
  package var settledHoldout: Double { holdout ?? Self.defaultHoldout }
  package var settledMethod: Method { method ?? .deep }
  package var settledSeed: UInt64 { seed ?? 0 }

  public func validate() throws {
    let depth = depth ?? Self.defaultDepth
    if depth < 1 { throw BadInput("--depth must be at least 1, not \(depth).") }
    if let width, width < 1 { throw BadInput("--width must be at least 1, not \(width).") }
    if let scale = initialScale, !(scale > 0 && scale.isFinite) {
      throw BadInput("--initial-scale must be a positive number, not \(scale).")
    }
    let holdout = settledHoldout
    guard holdout >= 0, holdout < 1 else {
      throw BadInput("--holdout must be at least 0 and below 1, not \(holdout).")
    }
    for (name, count) in [("--rows", rows), ("--columns", columns)] {
      if let count, count < 1 { throw BadInput("\(name) must be at least 1, not \(count).") }
    }
  }

  public func run(
    in context: JobContext, observing observer: JobObserver
  ) throws -> SensingResult {
    let start = ContinuousClock.now
    try validate()
    var outputs = OutputPaths(overwrite: force ?? false)
    try outputs.file(output, option: "--output")
    try outputs.report(report)
    let values = try self.values.matrix(in: context)
    guard min(values.rowCount, values.columnCount) <= 1 else {
      throw BadInput(
        "\(self.values.name): the values are a \(values.shape) matrix; give one number for each measurement."
      )
    }
    let measurements: LinearMeasurements
    do {
      measurements = try readMeasurements(context)
    } catch let failure as LinearMeasurements.Failure {
      throw BadInput("\(self.measurements.name): \(failure).")
    }
    let truth = try readTruth(measurements, context)
    let fit = try fit(measurements, values.elements, context, observer)
    let matrix = fit.matrix()
    let summary = SensingSummary(
      request: self, fit: fit, measurements: measurements,
      relativeError: truth.map {
        (matrix - $0).frobeniusNorm / max($0.frobeniusNorm, .leastNormalMagnitude)
      },
      seconds: (ContinuousClock.now - start).seconds)
    return SensingResult(
      request: self, context: context, fit: fit, matrix: matrix, measurements: measurements,
      values: values.elements, truth: truth, summary: summary)
  }

  private func readMeasurements(_ context: JobContext) throws -> LinearMeasurements {
    let file = self.measurements.name
    if let right {
      return try LinearMeasurements(
        left: self.measurements.matrix(in: context), right: right.matrix(in: context))
    }
    if file.hasSuffix(".csv") || file.hasSuffix(".csv.gz") {
      return try readElements(self.measurements.matrix(in: context))
    }
    let array = try self.measurements.array(in: context)
    if array.shape.count == 2, array.shape[1] == 4, rows != nil, columns != nil {
      return try readElements(self.measurements.matrix(in: context))
    }
    guard array.shape.count == 3 else {
      throw BadInput(
        "\(file): the array has \(array.shape.count) dimensions; give measurements × rows × columns, or --right for rank-one measurements."
      )
    }
    let (m, rows, columns) = (array.shape[0], array.shape[1], array.shape[2])
    // As they are read, as they are kept, and in the order in which the fit goes through them.
    var need = MemoryNeed()
    need.add(numbers: Double(m), Double(rows), Double(columns), copies: 3.5)
    try need.check(
      "\(file): finding a matrix from \(m) measurements of \(rows)×\(columns)",
      "give fewer measurements")
    return try LinearMeasurements(
      dense: Matrix(rowCount: m, columnCount: rows * columns, elements: array.elements),
      rowCount: rows, columnCount: columns)
  }

  private func readElements(_ table: Matrix) throws -> LinearMeasurements {
    let file = measurements.name
    guard table.columnCount == 4 else {
      throw BadInput(
        "\(file): its lines have \(table.columnCount) cells; give measurement, row, column and coefficient."
      )
    }
    guard let rows, let columns else {
      throw BadInput(
        "\(file): a list of elements does not say the shape of the matrix; give --rows and --columns."
      )
    }
    var need = MemoryNeed()
    need.add(numbers: Double(rows), Double(columns), copies: 4)
    try need.check("\(file): a \(rows)×\(columns) matrix", "correct --rows and --columns")
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

  private func readTruth(
    _ measurements: LinearMeasurements, _ context: JobContext
  ) throws -> Matrix? {
    guard let source = self.truth else { return nil }
    let truth = try source.matrix(in: context)
    guard truth.rowCount == measurements.rowCount, truth.columnCount == measurements.columnCount
    else {
      throw BadInput(
        "\(source.name): the truth is \(truth.shape) but the measurements are of \(measurements.rowCount)×\(measurements.columnCount) matrices; give one of that shape."
      )
    }
    return truth
  }

  private func fit(
    _ measurements: LinearMeasurements, _ values: [Double], _ context: JobContext,
    _ observer: JobObserver
  ) throws -> MatrixSensor.Fit {
    let network = FollowedNetwork(
      depth: depth ?? Self.defaultDepth, width: width, rowCount: measurements.rowCount,
      columnCount: measurements.columnCount)
    observer.show("sensing", sentence: network.notice)
    let sensor = MatrixSensor(
      depth: network.depth, width: network.width,
      initialScale: initialScale,
      holdoutFraction: settledHoldout,
      recordingInterval: report == nil && !context.wantsRecord ? nil : 2, seed: settledSeed,
      method: MatrixSensor.Method(rawValue: settledMethod.rawValue) ?? .deep)
    do {
      return try sensor.fit(measurements, values: values) {
        observer.show("sensing", $0.fraction)
      }
    } catch let failure as MatrixSensor.Failure {
      throw BadInput("\(self.measurements.name), \(self.values.name): \(failure).")
    }
  }
}
