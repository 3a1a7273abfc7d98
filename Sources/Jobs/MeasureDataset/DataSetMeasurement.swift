public import DataFormats
import DeepLinear

/// Measure how nearly the inputs and targets of a data set are decomposed jointly.
///
/// Labels are read first, as they are small, then the inputs in blocks, so that memory does not grow with the
/// number of samples.
public struct DataSetMeasurement: Job {
  public static let name = "measure"
  public static let givesWhatItHas = false

  /// What is done to the samples before they are measured.
  public enum Centering: String, CaseIterable, Codable, Sendable {
    case none, center, standardize
  }

  /// The samples; several of one kind are strung together.
  public var inputs: [DataSource]
  /// Class labels from 0, one after the other for all samples.
  public var labels: [DataSource]?
  /// Targets with one row per sample.
  public var targets: [DataSource]?
  /// The column of labels in CSV inputs: its heading, or its position from 0, or from the end with -1.
  public var labelColumn: String?
  /// How many classes there are; as many as the largest label needs where nil.
  public var classes: Int?
  /// The kind of `.bin` files whose size does not tell it.
  public var records: CIFARRecord?
  /// What is done to the samples first.
  public var centering: Centering?

  /// Whether files that exist are overwritten; this job writes none.
  public var force: Bool?
  /// Nothing here is random; a seed is taken as by every job.
  public var seed: UInt64?

  /// A request with everything else as usual.
  public init(_ inputs: [DataSource]) { self.inputs = inputs }

  package var settledCentering: Centering { centering ?? Centering.none }

  /// How many numbers a block holds.
  private static let blockSize = 1 << 20

  public func validate() throws {
    guard !inputs.isEmpty else { throw BadInput("there are no inputs; give at least one file.") }
    let sources = [!(labels ?? []).isEmpty, !(targets ?? []).isEmpty, labelColumn != nil]
    guard sources.count(where: { $0 }) <= 1 else {
      throw BadInput(
        "--labels, --targets and --label-column exclude each other; give the one that holds the answers."
      )
    }
    if let classes, classes < 1 || classes > 100_000 {
      throw BadInput("--classes must lie between 1 and 100000, not \(classes).")
    }
  }

  public func run(
    in context: JobContext, observing observer: JobObserver
  ) throws -> DataSetMeasurementResult {
    let clock = ContinuousClock()
    let start = clock.now
    let (data, classNames) = try sums(in: context, observing: observer)
    let joint = try JointDecomposition(of: data)
    return DataSetMeasurementResult(
      request: self, context: context,
      summary: DataSetSummary(
        joint, of: data, classes: classNames?.count, request: self,
        seconds: (clock.now - start).seconds))
  }

  /// The sums of products of all samples, centered as asked, and the names of their classes.
  ///
  /// - Parameter dependsOnUnits: whether data are refused that are so large or small that they would be summed in units of
  ///   their own.
  func sums(
    in context: JobContext, dependsOnUnits: Bool = false, observing observer: JobObserver
  ) throws -> (data: CovarianceAccumulator, classNames: [String]?) {
    try validate()
    let answers = try Answers(self, context)
    let sums = try accumulate(answers, dependsOnUnits, context, observer)
    let data: CovarianceAccumulator
    switch settledCentering {
    case .none: data = sums
    case .center: data = sums.centered()
    case .standardize: data = sums.centered(standardizing: true)
    }
    guard data.inputProducts.trace > 0, data.targetEnergy > 0 else {
      throw BadInput(
        "\(inputs[0].name): all \(data.inputProducts.trace > 0 ? "targets" : "inputs") are "
          + "\(settledCentering == .none ? "zero" : "constant"), and nothing can be measured; give other data."
      )
    }
    return (data, answers.classNames)
  }

  private func accumulate(
    _ answers: Answers, _ dependsOnUnits: Bool, _ context: JobContext, _ observer: JobObserver
  ) throws -> CovarianceAccumulator {
    var sums: CovarianceAccumulator?
    // What is measured does not depend on the units; squares of very large or small numbers are none.
    var (unit, targetUnit): (Double?, Double?) = (nil, nil)
    observer.show("measuring")
    var targets = try answers.targetReader()
    for (number, source) in inputs.enumerated() {
      let path = source.name
      let reader = try InputReader(source, self, context)
      if sums == nil {
        try checkSize(reader.width, answers.width, path)
        sums = CovarianceAccumulator(inputCount: reader.width, outputCount: answers.width)
      }
      guard let expected = sums?.inputProducts.rowCount, expected == reader.width else {
        throw BadInput(
          "\(path): a sample has \(reader.width) numbers where those of \(inputs[0].name) have "
            + "\(sums?.inputProducts.rowCount ?? 0); give files of one kind.")
      }
      let announced = reader.rowCount
      var done = 0
      while let block = try reader.next(atMost: max(1, Self.blockSize / reader.width)) {
        let seen = sums?.count ?? 0
        unit = unit ?? Self.unit(of: block)
        let block = Self.divided(block, by: unit)
        switch answers.kind {
        case .labels(let labels):
          guard seen + block.rowCount <= labels.count else {
            throw answers.wrongCount(atLeast: seen + block.rowCount, path)
          }
          sums?.add(inputs: block, labels: Array(labels[seen..<seen + block.rowCount]))
        case .targets:
          guard let rows = try targets.next(exactly: block.rowCount) else {
            throw answers.wrongCount(atLeast: seen + block.rowCount, path)
          }
          targetUnit = targetUnit ?? Self.unit(of: rows)
          sums?.add(inputs: block, targets: Self.divided(rows, by: targetUnit))
        }
        done += block.rowCount
        let share = Double(number) + Double(done) / Double(announced ?? max(done, 1))
        guard observer.show("measuring", share / Double(inputs.count)) else {
          throw JobInterrupted()
        }
      }
    }
    if dependsOnUnits, unit ?? 1 != 1 || targetUnit ?? 1 != 1 {
      let isInputs = unit ?? 1 != 1
      throw BadInput(
        "\(isInputs ? inputs[0].name : answers.paths.joined(separator: ", ")): squares and products of these \(isInputs ? "inputs" : "targets"), of the size of \(readable((isInputs ? unit : targetUnit) ?? 1)), are beyond the range of numbers; give them in another unit."
      )
    }
    guard let sums, sums.count > 0 else {
      throw BadInput("\(inputs[0].name): there is not a single sample; give some.")
    }
    if case .labels(let labels) = answers.kind, labels.count != sums.count {
      throw answers.wrongCount(exactly: sums.count)
    }
    guard try targets.next(exactly: 1) == nil else { throw answers.wrongCount(exactly: sums.count) }
    guard sums.inputProducts.isFinite, sums.crossProducts.isFinite, sums.targetEnergy.isFinite
    else {
      throw BadInput(
        "\(inputs[0].name): later samples are more than 10¹⁵⁰ times larger than the first; give data in one unit."
      )
    }
    return sums
  }

  /// A power of two of the size of the numbers, where that is far from one; nil while they are all zero.
  private static func unit(of block: Matrix) -> Double? {
    let largest = block.maxAbsolute
    guard largest > 0 else { return nil }
    guard largest.isFinite, abs(largest.exponent) > 300 else { return 1 }
    return Double(sign: .plus, exponent: largest.exponent, significand: 1)
  }

  private static func divided(_ block: Matrix, by unit: Double?) -> Matrix {
    guard let unit, unit != 1 else { return block }
    return block.map { $0 / unit }
  }

  private func checkSize(_ width: Int, _ outputs: Int, _ path: String) throws {
    var need = MemoryNeed()
    need.add(numbers: Double(width), Double(width), copies: 9)
    need.add(numbers: Double(outputs), Double(width + outputs), copies: 4)
    try need.check(
      "\(path): the covariances of \(width) inputs and \(outputs) targets", "give fewer of them")
    guard width <= 20_000 else {
      throw BadInput(
        "\(path): the covariance of \(width) inputs takes hours to decompose; give at most 20000 inputs."
      )
    }
  }
}

/// The inputs of one file, without the labels that may stand beside them.
struct InputReader {
  private let reader: RowReader
  private let skipped: Int

  init(_ source: DataSource, _ request: DataSetMeasurement, _ context: JobContext) throws {
    reader = try RowReader.open(
      try source.bytes(in: context),
      labelColumn: request.labelColumn.map(RowReader.LabelColumn.init), records: request.records)
    skipped = reader.records?.classCounts.count ?? 0
  }

  var width: Int { reader.columnCount - skipped }
  var rowCount: Int? { reader.rowCount }

  func next(atMost limit: Int) throws -> Matrix? {
    guard let block = try reader.next(atMost: limit) else { return nil }
    guard skipped > 0 else { return block.rows }
    return block.rows.submatrix(
      rows: 0..<block.rows.rowCount, columns: skipped..<block.rows.columnCount)
  }
}

extension RowReader.LabelColumn {
  /// A number is a position, everything else a heading.
  init(_ argument: String) {
    self = Int(argument).map(Self.position) ?? .name(argument)
  }
}

extension CIFARRecord: Codable {}
