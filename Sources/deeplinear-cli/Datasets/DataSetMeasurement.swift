import DataFormats
import DeepLinear

/// One run of `datasets measure`: labels first, as they are small, then the inputs in blocks.
struct DataSetMeasurement {
  let command: MeasureCommand

  /// How many numbers a block holds.
  private static let blockSize = 1 << 20

  func run() throws {
    let clock = ContinuousClock()
    let start = clock.now
    let answers = try Answers(command)
    let sums = try accumulate(answers)
    let data: CovarianceAccumulator
    switch command.centering {
    case .none: data = sums
    case .center: data = sums.centered()
    case .standardize: data = sums.centered(standardizing: true)
    }
    guard data.inputProducts.trace > 0, data.targetEnergy > 0 else {
      throw BadInput(
        "\(command.inputs[0]): all \(data.inputProducts.trace > 0 ? "targets" : "inputs") are "
          + "\(command.centering == .none ? "zero" : "constant"), and nothing can be measured; give other data."
      )
    }
    let joint = try JointDecomposition(of: data)
    let summary = DataSetSummary(
      joint, of: data, classes: answers.classNames?.count, command: command,
      seconds: (clock.now - start).seconds)
    if command.shared.json {
      try JSONOutput.write(summary)
    } else {
      print(summary.text)
    }
  }

  private func accumulate(_ answers: Answers) throws -> CovarianceAccumulator {
    var sums: CovarianceAccumulator?
    var bar = ProgressBar("measuring")
    defer { bar.finish() }
    var targets = try answers.targetReader()
    for (number, path) in command.inputs.enumerated() {
      let reader = try InputReader(path, command)
      if sums == nil {
        try checkSize(reader.width, path)
        sums = CovarianceAccumulator(inputCount: reader.width, outputCount: answers.width)
      }
      guard let expected = sums?.inputProducts.rowCount, expected == reader.width else {
        throw BadInput(
          "\(path): a sample has \(reader.width) numbers where those of \(command.inputs[0]) have "
            + "\(sums?.inputProducts.rowCount ?? 0); give files of one kind.")
      }
      let announced = reader.rowCount
      var done = 0
      while let block = try reader.next(atMost: max(1, Self.blockSize / reader.width)) {
        let seen = sums?.count ?? 0
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
          sums?.add(inputs: block, targets: rows)
        }
        done += block.rowCount
        bar.show(
          (Double(number) + Double(done) / Double(announced ?? max(done, 1)))
            / Double(command.inputs.count))
      }
    }
    guard let sums, sums.count > 0 else {
      throw BadInput("\(command.inputs[0]): there is not a single sample; give some.")
    }
    if case .labels(let labels) = answers.kind, labels.count != sums.count {
      throw answers.wrongCount(exactly: sums.count)
    }
    guard try targets.next(exactly: 1) == nil else { throw answers.wrongCount(exactly: sums.count) }
    return sums
  }

  private func checkSize(_ width: Int, _ path: String) throws {
    guard width <= 20_000 else {
      throw BadInput(
        "\(path): the covariance of \(width) inputs would need \(width * width * 8 >> 30) GiB and hours to decompose; give at most 20000 inputs."
      )
    }
  }
}

/// The inputs of one file, without the labels that may stand beside them.
struct InputReader {
  private let reader: RowReader
  private let skipped: Int

  init(_ path: String, _ command: MeasureCommand) throws {
    reader = try RowReader.open(
      try ByteSource(path: path), labelColumn: command.labelColumn.map(RowReader.LabelColumn.init),
      records: command.records)
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
