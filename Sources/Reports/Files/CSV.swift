import Records

// Every value of a figure or a table for a spreadsheet, NumPy or pandas: all digits, nothing
// thinned. A matrix is a plain matrix; an empty field is a missing value.

extension Table {
  var csv: String {
    var text = columns.map { escapedField($0.heading) }.joined(separator: ",") + "\n"
    for row in rows {
      text += row.map { escapedField($0.exactText) }.joined(separator: ",") + "\n"
    }
    return text
  }
}

extension Column {
  /// `time (s)`
  var heading: String { title + (unit.map { " (\($0))" } ?? "") }
}

extension Cell {
  var exactText: String {
    switch self {
    case .number(let number): NumberText.exact(number)
    case .text(let text), .link(let text, _): text
    case .verdict(let verdict): verdict.words
    case .missing: ""
    }
  }
}

extension Verdict {
  var words: String {
    switch self {
    case .notApplicable: "not applicable"
    case .refuted: "refuted, as stated here"
    case .holds, .fails, .undecided: rawValue
    }
  }

  /// For a place with little room.
  var shortWords: String { self == .refuted ? rawValue : words }

  /// Says the same without color.
  var symbol: String {
    switch self {
    case .holds: "✓"
    case .fails: "✗"
    case .refuted: "≠"
    case .undecided: "?"
    case .notApplicable: "–"
    }
  }
}

extension Figure {
  var csv: String {
    switch content {
    case .lines(let plot): plot.csv
    case .heatMap(let map): map.csv
    case .bars(let chart): chart.csv
    case .histogram(let histogram): histogram.csv
    case .image(let image): image.csv
    }
  }
}

extension LinePlot {
  fileprivate var csv: String {
    var columns = ["series", horizontal.fullTitle, vertical.fullTitle]
    let hasErrors = series.contains { $0.errors != nil }
    let hasBands = series.contains { $0.band != nil }
    if hasErrors { columns.append("error") }
    if hasBands { columns += ["lower", "upper"] }
    var text = columns.map(escapedField).joined(separator: ",") + "\n"
    for series in series {
      let name = escapedField(series.name)
      for (place, (x, y)) in zip(series.x, series.y).enumerated() {
        text += "\(name),\(NumberText.exact(x)),\(NumberText.exact(y))"
        if hasErrors { text += "," + (series.errors.map { NumberText.exact($0[place]) } ?? "") }
        if hasBands {
          text += "," + (series.band.map { NumberText.exact($0.lower[place]) } ?? "")
          text += "," + (series.band.map { NumberText.exact($0.upper[place]) } ?? "")
        }
        text += "\n"
      }
    }
    return text
  }
}

extension HeatMap {
  fileprivate var csv: String {
    var text = ""
    for row in 0..<rowCount {
      for column in 0..<columnCount {
        let value = values[row * columnCount + column]
        if column > 0 { text += "," }
        if !value.isNaN { text += NumberText.exact(value) }
      }
      text += "\n"
    }
    return text
  }
}

extension BarChart {
  fileprivate var csv: String {
    var columns = [horizontalTitle]
    for bars in bars {
      columns.append(bars.name)
      if bars.errors != nil { columns.append("\(bars.name) error") }
    }
    var text = columns.map(escapedField).joined(separator: ",") + "\n"
    for (place, category) in categories.enumerated() {
      text += escapedField(category)
      for bars in bars {
        text += "," + NumberText.exact(bars.values[place])
        if let errors = bars.errors { text += "," + NumberText.exact(errors[place]) }
      }
      text += "\n"
    }
    return text
  }
}

extension Histogram {
  fileprivate var csv: String {
    var text = "lower,upper,\(escapedField(vertical.fullTitle))\n"
    for (bin, count) in counts.enumerated() {
      let ends = [edges[bin], edges[bin + 1], count]
      text += ends.map(NumberText.exact).joined(separator: ",") + "\n"
    }
    return text
  }
}

extension GrayImage {
  fileprivate var csv: String {
    var text = ""
    for row in 0..<height {
      for column in 0..<width {
        let place = row * width + column
        if column > 0 { text += "," }
        if missing.isEmpty || !missing[place] { text += String(pixels[place]) }
      }
      text += "\n"
    }
    return text
  }
}
