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
  private let paths: [String]

  init(_ command: MeasureCommand) throws {
    if !command.targets.isEmpty {
      paths = command.targets
      let widths = try paths.map { try RowReader.open(ByteSource(path: $0)).columnCount }
      guard widths.allSatisfy({ $0 == widths[0] }) else {
        throw BadInput(
          "\(paths.joined(separator: ", ")): the files of targets have \(widths.map(String.init).joined(separator: ", ")) columns; give them the same."
        )
      }
      kind = .targets
      width = widths[0]
      classNames = nil
      return
    }
    var labels: [Int] = []
    var names: [String] = []
    if !command.labels.isEmpty {
      paths = command.labels
      for path in paths {
        labels += try Self.numbers(path, after: labels.count, classes: command.classes)
      }
      names = (0..<(command.classes ?? ((labels.max() ?? 0) + 1))).map(String.init)
    } else {
      paths = command.inputs
      var positions: [String: Int] = [:]
      for path in paths {
        let column = command.labelColumn.map(RowReader.LabelColumn.init)
        let reader = try RowReader.open(
          ByteSource(path: path), labelColumn: column, records: command.records)
        guard column != nil || reader.records != nil else {
          throw BadInput(
            "\(path): nothing says which class a sample has; give --labels, --label-column or --targets."
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
              guard position < command.classes ?? 100_000 else {
                throw BadInput(
                  "\(path): sample \(labels.count - before) has the label '\(text.prefix(24))', one more than "
                    + "\(command.classes ?? 100_000) classes; correct --label-column or --classes.")
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
      throw BadInput("\(paths[0]): there is not a single label; give one for every sample.")
    }
    kind = .labels(labels)
    width = names.count
    classNames = names
  }

  private static func numbers(_ path: String, after count: Int, classes: Int?) throws -> [Int] {
    let reader = try RowReader.open(ByteSource(path: path))
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
    return TargetReader(readers: try paths.map { try RowReader.open(ByteSource(path: $0)) })
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
