import Records

extension Figure {
  /// Rows spread evenly over the values of the figure; `nil` for a picture.
  func excerpt(rowCount: Int) -> Table? {
    switch content {
    case .lines(let plot): plot.excerpt(rowCount: rowCount)
    case .heatMap(let map): map.summary
    case .bars(let chart): chart.table
    case .histogram(let histogram): histogram.table
    case .image: nil
    }
  }
}

extension LinePlot {
  /// Side by side where the curves share their `x`, else one below another.
  fileprivate func excerpt(rowCount: Int) -> Table {
    let bits = series.first?.x.map(\.bitPattern)
    let isShared = series.count <= 6 && series.allSatisfy { $0.x.map(\.bitPattern) == bits }
    if isShared, let first = series.first {
      let places = spread(first.x.count, over: rowCount)
      return Table(
        title: "", caption: places.note(first.x.count),
        columns: [Column(horizontal.title, unit: horizontal.unit)] + series.map { Column($0.name) },
        rows: places.places.map { place in
          [.number(first.x[place])] + series.map { .number($0.y[place]) }
        })
    }
    let total = series.reduce(0) { $0 + $1.x.count }
    let all = series.flatMap { series in
      series.x.indices.map { (series, $0) }
    }
    let places = spread(total, over: 2 * rowCount)
    return Table(
      title: "", caption: places.note(total),
      columns: [
        Column("series", alignment: .leading), Column(horizontal.title, unit: horizontal.unit),
        Column(vertical.title, unit: vertical.unit),
      ],
      rows: places.places.map { place in
        let (series, index) = all[place]
        return [.text(series.name), .number(series.x[index]), .number(series.y[index])]
      })
  }
}

private struct Spread {
  var places: [Int]

  func note(_ total: Int) -> String {
    places.count == total
      ? ""
      : "\(places.count) of \(NumberText.rounded(Double(total))) values; the CSV file holds all."
  }
}

private func spread(_ total: Int, over count: Int) -> Spread {
  guard total > count else { return Spread(places: Array(0..<total)) }
  return Spread(places: (0..<count).map { $0 * (total - 1) / (count - 1) })
}

extension HeatMap {
  fileprivate var summary: Table {
    let finite = values.filter(\.isFinite)
    return Table(
      title: "",
      columns: [
        Column("rows"), Column("columns"), Column("without value"),
        Column("smallest", unit: colors.unit), Column("largest", unit: colors.unit),
      ],
      rows: [
        [
          .number(Double(rowCount)), .number(Double(columnCount)),
          .number(Double(values.count { $0.isNaN })), finite.min().map(Cell.number) ?? .missing,
          finite.max().map(Cell.number) ?? .missing,
        ]
      ])
  }
}

extension BarChart {
  fileprivate var table: Table {
    Table(
      title: "",
      columns: [Column(horizontalTitle, alignment: .leading)]
        + bars.map { Column($0.name, unit: vertical.unit) },
      rows: categories.enumerated().map { place, category in
        [.text(category)] + bars.map { .number($0.values[place]) }
      })
  }
}

extension Histogram {
  fileprivate var table: Table {
    Table(
      title: "",
      columns: [
        Column("from", unit: horizontal.unit), Column("to", unit: horizontal.unit),
        Column(vertical.title, unit: vertical.unit),
      ],
      rows: counts.enumerated().map { bin, count in
        [.number(edges[bin]), .number(edges[bin + 1]), .number(count)]
      })
  }
}
