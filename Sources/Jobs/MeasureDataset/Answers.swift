import DataFormats
import DeepLinear

/// What the samples are to be mapped to: a class each, or a row of numbers.
struct Answers {
  enum Kind {
    case labels([Int])
    case targets
  }

  let kind: Kind
  /// The number of columns of Y.
  let width: Int
  /// The classes, in the order of Y's columns; nil for targets.
  let classNames: [String]?
  private let sources: [DataSource]
  private let context: JobContext

  var paths: [String] { sources.map(\.name) }

  init(_ request: DataSetMeasurement, _ context: JobContext) throws {
    self.context = context
    if let targets = request.targets, !targets.isEmpty {
      sources = targets
      let widths = try targets.map { try RowReader.open($0.bytes(in: context)).columnCount }
      guard widths.allSatisfy({ $0 == widths[0] }) else {
        throw BadInput(
          "\(targets.map(\.name).joined(separator: ", ")): the files of targets have \(widths.map(String.init).joined(separator: ", ")) columns; give them the same."
        )
      }
      kind = .targets
      width = widths[0]
      classNames = nil
      return
    }
    var labels: [Int] = []
    var names: [String] = []
    if let given = request.labels, !given.isEmpty {
      sources = given
      for source in given {
        labels += try Self.numbers(
          source, context, after: labels.count, classes: request.classes)
      }
      if request.classes == nil, labels.min() == 1, let last = labels.max(), last > 1 {
        throw Self.countedFromOne(sources[0].name, to: Double(last))
      }
      names = (0..<(request.classes ?? ((labels.max() ?? 0) + 1))).map(String.init)
    } else {
      sources = request.inputs
      var positions: [String: Int] = [:]
      for source in request.inputs {
        let path = source.name
        let column = request.labelColumn.map(RowReader.LabelColumn.init)
        let reader = try RowReader.open(
          source.bytes(in: context), labelColumn: column, records: request.records)
        guard column != nil || reader.records != nil else {
          throw BadInput(
            "\(path): nothing says which class a sample has; give targets, --labels or --label-column."
          )
        }
        let before = labels.count
        while let block = try reader.next(atMost: 1 << 8) {
          if let kind = reader.records {
            // The finest labels are the last.
            labels += block.rows.column(kind.classCounts.count - 1).map { Int($0) }
            names = (0..<(kind.classCounts.last ?? 0)).map(String.init)
          }
          for text in block.labels ?? [] {
            let position = positions[text] ?? names.count
            if position == names.count {
              guard position < request.classes ?? 100_000 else {
                throw BadInput(
                  "\(path): sample \(labels.count - before) has the label '\(text.prefix(24))', one more than "
                    + "\(request.classes ?? 100_000) classes; correct --label-column or --classes.")
              }
              positions[text] = position
              names.append(text)
            }
            labels.append(position)
          }
        }
      }
    }
    guard !labels.isEmpty else {
      throw BadInput("\(sources[0].name): there is not a single label; give one for every sample.")
    }
    kind = .labels(labels)
    width = names.count
    classNames = names
  }

  private static func countedFromOne(_ path: String, to last: Double) -> BadInput {
    BadInput(
      "\(path): the labels seem to count from 1, to \(readable(last)); subtract 1, or give --classes if class 0 has no samples."
    )
  }

  private static func numbers(
    _ source: DataSource, _ context: JobContext, after count: Int, classes: Int?
  ) throws -> [Int] {
    let path = source.name
    let reader = try RowReader.open(source.bytes(in: context))
    guard reader.columnCount == 1 else {
      throw BadInput(
        "\(path): \(reader.columnCount) numbers per sample are no class labels; give them with --targets."
      )
    }
    var labels: [Int] = []
    while let block = try reader.next(atMost: 1 << 16) {
      for value in block.rows.elements {
        guard value >= 0, value == value.rounded(), value < Double(classes ?? 100_000) else {
          let last = (classes ?? 100_000) - 1
          if value == Double(last + 1), !labels.contains(0) {
            throw Self.countedFromOne(path, to: value)
          }
          throw BadInput(
            "\(path): label \(labels.count) is \(readable(value)), not one of the classes 0 to \(last); "
              + "correct it, or give numbers with --targets.")
        }
        labels.append(Int(value))
      }
    }
    return labels
  }

  /// The sentence for answers that end before the samples do.
  func wrongCount(atLeast count: Int, _ path: String) -> BadInput {
    let problem =
      switch kind {
      case .labels(let labels): "there are \(labels.count) labels for at least"
      case .targets: "there are fewer targets than the"
      }
    return BadInput(
      "\(paths.joined(separator: ", ")): \(problem) \(count) samples up to \(path); give files that belong together."
    )
  }

  /// The sentence for answers that go on after the samples have ended.
  func wrongCount(exactly count: Int) -> BadInput {
    let problem =
      switch kind {
      case .labels(let labels): "there are \(labels.count) labels for"
      case .targets: "there are more targets than the"
      }
    return BadInput(
      "\(paths.joined(separator: ", ")): \(problem) \(count) samples; give files that belong together."
    )
  }

  /// The targets from the first on.
  func targetReader() throws -> TargetReader {
    guard case .targets = kind else { return TargetReader(readers: []) }
    return TargetReader(readers: try sources.map { try RowReader.open($0.bytes(in: context)) })
  }
}

/// Targets of several files in one row after the other.
struct TargetReader {
  var readers: [RowReader]

  /// As many rows as wanted, or nil where they end.
  mutating func next(exactly count: Int) throws -> Matrix? {
    var parts: [Matrix] = []
    var missing = count
    while missing > 0, let reader = readers.first {
      guard let block = try reader.next(atMost: missing) else {
        readers.removeFirst()
        continue
      }
      parts.append(block.rows)
      missing -= block.rows.rowCount
    }
    return missing > 0 ? nil : .verticallyStacked(parts)
  }
}
