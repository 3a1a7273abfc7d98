// A record's parts can be changed one by one and can come from a file, so that each value which
// holds lists of matching lengths can say in one sentence which do not match. Initializers stop
// on it, reading JSON throws it, and writing a report refuses it.

extension Record {
  /// What does not fit together, in a sentence; `nil` if everything does.
  public var inconsistency: String? {
    for (number, figure) in figures.enumerated() {
      if let fault = figure.inconsistency { return "Figure \(number + 1): \(fault)" }
    }
    for (number, table) in tables.enumerated() {
      if let fault = table.inconsistency { return "Table \(number + 1): \(fault)" }
    }
    return nil
  }
}

extension Figure {
  /// What does not fit together, in a sentence; `nil` if everything does.
  public var inconsistency: String? {
    switch content {
    case .lines(let plot): plot.series.lazy.compactMap(\.inconsistency).first
    case .heatMap(let map): map.inconsistency
    case .bars(let chart): chart.inconsistency
    case .histogram(let histogram): histogram.inconsistency
    case .image(let image): image.inconsistency
    }
  }
}

extension Table {
  var inconsistency: String? {
    for (number, row) in rows.enumerated() where row.count != columns.count {
      return "row \(number + 1) has \(row.count) cells under \(columns.count) columns"
    }
    if let marks, marks.count != rows.count {
      return "\(rows.count) rows have \(marks.count) marks"
    }
    for column in columns where column.significantDigits < 1 {
      return "column \(column.title) asks for \(column.significantDigits) digits"
    }
    return nil
  }
}

extension Series {
  var inconsistency: String? {
    let others = [
      ("y", y.count), ("errors", errors?.count), ("band.lower", band?.lower.count),
      ("band.upper", band?.upper.count), ("addresses", addresses?.count),
    ]
    for (label, count) in others {
      if let count, count != x.count {
        return "series \(name) has \(x.count) values of x and \(count) of \(label)"
      }
    }
    return nil
  }
}

extension HeatMap {
  var inconsistency: String? {
    for (names, count, word) in [
      (rowNames, rowCount, "rows"), (columnNames, columnCount, "columns"),
    ] {
      if let names, names.count != count { return "\(count) \(word) have \(names.count) names" }
    }
    if let addresses, addresses.count != values.count {
      return "\(values.count) values have \(addresses.count) addresses"
    }
    return Self.mismatch(values.count, rowCount, columnCount)
      ?? (blockSide > 0 ? nil : "a block cannot have a side of \(blockSide)")
  }

  static func mismatch(_ count: Int, _ rowCount: Int, _ columnCount: Int) -> String? {
    let product = rowCount.multipliedReportingOverflow(by: columnCount)
    if rowCount >= 0, columnCount >= 0, !product.overflow, product.partialValue == count {
      return nil
    }
    return "\(count) values cannot fill \(rowCount)×\(columnCount)"
  }
}

extension BarChart {
  var inconsistency: String? {
    for bars in bars {
      for count in [bars.values.count, bars.errors?.count] {
        if let count, count != categories.count {
          return "bars \(bars.name) have \(count) values for \(categories.count) categories"
        }
      }
    }
    return nil
  }
}

extension Histogram {
  var inconsistency: String? {
    if edges.count != counts.count + 1 {
      return "\(edges.count) edges do not bound \(counts.count) bins"
    }
    if !edges.allSatisfy(\.isFinite) || !zip(edges, edges.dropFirst()).allSatisfy({ $0 <= $1 }) {
      return "the edges \(edges) do not ascend"
    }
    return nil
  }
}

extension GrayImage {
  var inconsistency: String? {
    HeatMap.mismatch(pixels.count, height, width)
      ?? (missing.isEmpty ? nil : HeatMap.mismatch(missing.count, height, width))
  }
}
