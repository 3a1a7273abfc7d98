import Records

// The figure as Plotly reads it: `{"data": […], "layout": {…}}`. On a page, colors are variables
// of its style sheet, which the page's script looks up for light or dark paper; in a file of its
// own they are the light theme's.

extension Figure {
  /// How much of a figure is drawn, so that a page stays light however long the runs behind it are.
  struct DrawingBudget {
    /// Points of one curve.
    var points: Int
    /// Cells along one side of a heat map.
    var side: Int

    /// Shares about four megabytes among all figures of a record.
    init(for record: Record) {
      var curves = 1
      var maps = 1
      for figure in record.figures {
        switch figure.content {
        case .lines(let plot): curves += plot.series.count
        case .heatMap: maps += 1
        case .bars, .histogram, .image: break
        }
      }
      points = min(4000, max(200, 60_000 / curves))
      // Squares of sides up to 256 whose areas sum to 250,000.
      side = (32...256).last { $0 * $0 * maps <= 250_000 } ?? 32
    }
  }

  /// Whether there is more to it than a picture, which needs no axes.
  var isPlot: Bool {
    if case .image = content { false } else { true }
  }

  /// `nil` for a picture.
  func plotly(paint: Paint, budget: DrawingBudget) -> JSONValue? {
    switch content {
    case .lines(let plot): plot.plotly(paint: paint, points: budget.points)
    case .heatMap(let map): map.plotly(paint: paint, side: budget.side)
    case .bars(let chart): chart.plotly(paint: paint)
    case .histogram(let histogram): histogram.plotly(paint: paint)
    case .image: nil
    }
  }

  /// What was left out of the drawing, in a sentence; empty if nothing was.
  func drawingNote(_ budget: DrawingBudget) -> String {
    switch content {
    case .lines(let plot) where plot.series.contains { $0.x.count > budget.points }:
      return """
        Long curves are drawn through at most \(NumberText.rounded(Double(budget.points))) points \
        each, extremes kept; the CSV file holds every value.
        """
    case .heatMap(let map):
      let side =
        max(map.rowCount, map.columnCount) > budget.side
        ? map.reduced(toSide: budget.side).blockSide : map.blockSide
      var notes: [String] = []
      if side > 1 {
        let isWhole = map.blockSide == 1
        notes.append(
          "Drawn as means over \(side)×\(side) blocks"
            + (isWhole ? "; the CSV file holds every entry." : "."))
      }
      if map.values.contains(where: \.isNaN) { notes.append("Gray: no value.") }
      return notes.joined(separator: " ")
    case .image(let image) where image.missing.contains(true):
      return "Blue: unknown."
    default: return ""
    }
  }
}

extension AxisScale {
  fileprivate func plotly(_ axis: Axis, paint: Paint) -> JSONValue {
    let decades = isLogarithmic ? decimalLogarithm(upper) - decimalLogarithm(lower) : 0
    let ticks: [(String, JSONValue)] =
      decades >= 2.5
      ? [("dtick", .number((decades / 7).rounded(.up)))]
      : decades > 0.5
        ? [("dtick", "D2")]
        : isWhole && upper - lower <= 8 ? [("dtick", 1)] : []
    return .object(
      [
        ("title", ["text": .string(escapedLabel(axis.fullTitle)), "standoff": 10]),
        ("type", isLogarithmic ? "log" : "linear"),
        (
          "range", .numbers(isLogarithmic ? [lower, upper].map(decimalLogarithm) : [lower, upper])
        ),
        ("nticks", 8), ("exponentformat", "power"), ("showexponent", "all"), ("minexponent", 5),
        ("automargin", true), ("zeroline", false), ("showline", true), ("ticks", "outside"),
        ("gridcolor", .string(paint.css(.grid))), ("linecolor", .string(paint.css(.faintText))),
        ("tickcolor", .string(paint.css(.faintText))),
      ] + ticks)
  }
}

private func layout(
  paint: Paint, horizontal: JSONValue, vertical: JSONValue, markers: [Marker] = [],
  scale: AxisScale? = nil, _ more: [(String, JSONValue)] = []
) -> JSONValue {
  let hasLabelsAbove = markers.contains { $0.direction == .vertical }
  let shapes = markers.map { marker -> JSONValue in
    let isVertical = marker.direction == .vertical
    let position = JSONValue.number(marker.position)
    return [
      "type": "line", "xref": isVertical ? "x" : "paper", "yref": isVertical ? "paper" : "y",
      "x0": isVertical ? position : 0, "x1": isVertical ? position : 1,
      "y0": isVertical ? 0 : position, "y1": isVertical ? 1 : position,
      "line": ["color": .string(paint.css(.faintText)), "width": 1.3, "dash": "dash"],
      "label": [
        "text": .string(escapedLabel(marker.label)), "textposition": "end",
        "font": ["size": 12, "color": .string(paint.css(.faintText))],
        "textangle": 0, "yanchor": "bottom",
        // Above the plot, where it crosses no curve: to the right of its line, so that neighbours do not meet, while there
        // is room, and otherwise towards the middle.
        "xanchor": isVertical
          && scale?.fraction(marker.position) ?? 0 < (marker.label.count <= 6 ? 0.9 : 0.5)
          ? "left" : "right",
      ],
    ]
  }
  return .object(
    [
      ("paper_bgcolor", "rgba(0,0,0,0)"), ("plot_bgcolor", "rgba(0,0,0,0)"),
      (
        "font",
        [
          "family": "system-ui, -apple-system, 'Segoe UI', Roboto, 'Noto Sans', sans-serif",
          "size": 13, "color": .string(paint.css(.text)),
        ]
      ),
      // Labels stand between the plot and the buttons.
      ("margin", ["l": 56, "r": 16, "t": hasLabelsAbove ? 46 : 28, "b": 48]),
      ("hovermode", "closest"),
      (
        "hoverlabel",
        [
          "bgcolor": .string(paint.css(.paper)), "bordercolor": .string(paint.css(.faintText)),
          "font": ["color": .string(paint.css(.text))],
        ]
      ),
      (
        "modebar",
        [
          "bgcolor": "rgba(0,0,0,0)", "color": .string(paint.css(.faintText)),
          "activecolor": .string(paint.css(.text)),
        ]
      ),
      (
        "legend",
        [
          "orientation": "h", "x": 0, "yref": "container", "y": 0.01, "yanchor": "bottom",
          "bgcolor": "rgba(0,0,0,0)",
        ]
      ),
      ("xaxis", horizontal), ("yaxis", vertical), ("shapes", .array(shapes)),
    ] + more)
}

extension LinePlot {
  fileprivate func plotly(paint: Paint, points: Int) -> JSONValue {
    let (horizontalScale, verticalScale) = scales
    var traces: [JSONValue] = []
    var named: Set<String> = []
    for (index, series) in series.enumerated() {
      let ink = Ink(series.color, at: index)
      let shown = series.drawing(series.placesToDraw(atMost: points))
      if let band = shown.band {
        traces.append(
          shown.plotly(
            band, scale: (horizontalScale, verticalScale), ink: ink, paint: paint,
            isNamed: named.insert(band.name).inserted))
      }
      traces.append(shown.plotly(scale: (horizontalScale, verticalScale), ink: ink, paint: paint))
    }
    return [
      "data": .array(traces),
      "layout": layout(
        paint: paint, horizontal: horizontalScale.plotly(horizontal, paint: paint),
        vertical: verticalScale.plotly(vertical, paint: paint), markers: markers,
        scale: horizontalScale,
        [("showlegend", .bool(traces.count > 1))]),
    ]
  }
}

/// Where clicks lead, for the page's script.
private func linked(_ addresses: ArraySlice<String>) -> JSONValue {
  .array(addresses.map { .string(safeAddress($0) ?? "") })
}

extension Series {
  fileprivate typealias Scales = (horizontal: AxisScale, vertical: AxisScale)

  fileprivate func plotly(scale: Scales, ink: Ink, paint: Paint) -> JSONValue {
    let mode =
      switch style {
      case .solid, .dashed, .dotted: "lines"
      case .points: "markers"
      case .connectedPoints: "lines+markers"
      }
    let dash =
      switch style {
      case .dashed: "dash"
      case .dotted: "dot"
      case .solid, .points, .connectedPoints: "solid"
      }
    var members: [(String, JSONValue)] = [
      ("type", "scatter"), ("mode", .string(mode)), ("name", .string(escapedLabel(name))),
      ("x", .numbers(x.map { scale.horizontal.isDrawable($0) ? $0 : .nan })),
      ("y", .numbers(y.map { scale.vertical.isDrawable($0) ? $0 : .nan })),
      ("line", ["color": .string(paint.css(ink)), "width": 2, "dash": .string(dash)]),
      ("marker", ["color": .string(paint.css(ink)), "size": 6]),
    ]
    if let addresses {
      members += [("meta", "addresses"), ("customdata", linked(addresses[...]))]
    }
    if let errors {
      members.append(
        (
          "error_y",
          [
            "type": "data", "array": .numbers(errors), "thickness": 1.2, "width": 4,
            "color": .string(paint.css(ink)),
          ]
        ))
    }
    return .object(members)
  }

  /// - Parameter isNamed: whether the legend has it; once is enough for bands that mean the same.
  fileprivate func plotly(
    _ band: Band, scale: Scales, ink: Ink, paint: Paint, isNamed: Bool
  ) -> JSONValue {
    var outlineX: [Double] = []
    var outlineY: [Double] = []
    for run in band.runs(over: x, in: scale.horizontal) {
      if !outlineX.isEmpty {
        outlineX.append(.nan)
        outlineY.append(.nan)
      }
      outlineX += run.map { x[$0] } + run.reversed().map { x[$0] }
      outlineY += run.map { scale.vertical.clamped(band.upper[$0]) }
      outlineY += run.reversed().map { scale.vertical.clamped(band.lower[$0]) }
    }
    return [
      "type": "scatter", "mode": "lines", "fill": "toself", "hoverinfo": "skip",
      "name": .string(escapedLabel(band.name)), "showlegend": .bool(isNamed),
      "x": .numbers(outlineX), "y": .numbers(outlineY),
      "line": ["width": 0, "color": .string(paint.css(ink))],
      "fillcolor": .string(paint.translucent(ink)),
    ]
  }
}

extension Paint {
  /// The color at a fifth of its strength.
  fileprivate func translucent(_ ink: Ink) -> String {
    switch self {
    case .page: return css(ink) + "/0.2"
    case .fixed(let theme):
      let color = theme.color(of: ink)
      return "rgba(\(color.red),\(color.green),\(color.blue),0.2)"
    }
  }
}

extension HeatMap {
  fileprivate func plotly(paint: Paint, side: Int) -> JSONValue {
    let range = colorRange
    let shown = reduced(toSide: side)
    let block = shown.blockSide
    let lines = (0..<shown.rowCount).map { row in
      JSONValue.numbers(
        shown.values[row * shown.columnCount..<(row + 1) * shown.columnCount].map(\.toFourDigits))
    }
    let map = ColorMap(colors.kind)
    let stops = (0...16).map { stop -> JSONValue in
      [.number(Double(stop) / 16), .string(map.color(at: Double(stop) / 16).hex)]
    }
    let unit = colors.unit.map { " " + escapedLabel($0) } ?? ""
    let title = colors.title + (colors.unit.map { " (\($0))" } ?? "")
    func across(_ place: Double) -> Double {
      columnValues.map { $0.first + place * $0.step } ?? place
    }
    func down(_ place: Double) -> Double { rowValues.map { $0.first + place * $0.step } ?? place }
    let places: [(String, JSONValue)] =
      (shown.columnNames.map { [("x", Self.categories($0))] } ?? [
        ("x0", .number(across(Double(block - 1) / 2))),
        ("dx", .number(across(Double(block)) - across(0))),
      ])
      + (shown.rowNames.map { [("y", Self.categories($0))] } ?? [
        ("y0", .number(down(Double(block - 1) / 2))),
        ("dy", .number(down(Double(block)) - down(0))),
      ])
    let looks: [(String, JSONValue)] = [
      ("type", "heatmap"), ("z", .array(lines)), ("zmin", .number(range.lower)),
      ("zmax", .number(range.upper)),
      ("colorscale", .array(stops)), ("hoverongaps", false),
      (
        "hovertemplate",
        .string(
          "\(escapedLabel(vertical.title)) %{y}, \(escapedLabel(horizontal.title)) %{x}: "
            + "<b>%{z:.4~g}</b>\(unit)<extra></extra>")
      ),
      (
        "colorbar",
        [
          "title": ["text": .string(escapedLabel(title)), "side": "right"], "thickness": 14,
          "outlinewidth": 0, "ticks": "outside", "exponentformat": "power",
          "tickcolor": .string(paint.css(.faintText)),
        ]
      ),
    ]
    let ways: [(String, JSONValue)] =
      shown.addresses.map { addresses in
        let count = shown.columnCount
        let lines = (0..<shown.rowCount).map { linked(addresses[$0 * count..<($0 + 1) * count]) }
        return [("meta", "addresses"), ("customdata", .array(lines))]
      } ?? []
    let trace = JSONValue.object(looks + places + ways)
    func axis(_ axis: Axis, count: Int, isReversed: Bool) -> JSONValue {
      let values = isReversed ? rowValues : columnValues
      let names = isReversed ? shown.rowNames : shown.columnNames
      let ends =
        names.map { [-0.5, Double($0.count) - 0.5] }
        ?? [-0.5, Double(count * blockSide) - 0.5].map { isReversed ? down($0) : across($0) }
      return .object(
        [
          ("title", ["text": .string(escapedLabel(axis.fullTitle)), "standoff": 10]),
          ("range", .numbers(isReversed ? ends.reversed() : ends)), ("constrain", "domain"),
          ("automargin", true), ("zeroline", false), ("showgrid", false), ("ticks", "outside"),
          ("nticks", 8), ("tickcolor", .string(paint.css(.faintText))),
        ]
          + (names != nil ? [("type", "category")] : values == nil ? [("tickformat", ",d")] : [])
          // Square cells, unless that would leave a strip too thin to read, or the sides have units of their own.
          + (isReversed && rowValues == nil && columnValues == nil && rowCount < 3 * columnCount
            && columnCount < 3 * rowCount
            ? [("scaleanchor", "x")] : []))
    }
    let curves = outline.map { outline -> [JSONValue] in
      [
        [
          "type": "scatter", "mode": "lines", "name": .string(escapedLabel(outline.name)),
          "x": .numbers(outline.x), "y": .numbers(outline.y), "hoverinfo": "name",
          "line": ["color": .string(paint.css(.text)), "width": 1.8, "dash": "dash"],
          "showlegend": false,
        ]
      ]
    }
    return [
      "data": .array([trace] + (curves ?? [])),
      "layout": layout(
        paint: paint, horizontal: axis(horizontal, count: columnCount, isReversed: false),
        vertical: axis(vertical, count: rowCount, isReversed: true),
        [("plot_bgcolor", .string(paint.css(.missing)))]),
    ]
  }

  /// Names as places along an axis, on which equal names would be one place: marks of no width tell them apart.
  private static func categories(_ names: [String]) -> JSONValue {
    var counts: [String: Int] = [:]
    return .array(
      names.map { name in
        let short = name.count > 24 ? "\(name.prefix(23))…" : name
        let earlier = counts[short, default: 0]
        counts[short] = earlier + 1
        return .string(escapedLabel(short) + String(repeating: "\u{200B}", count: earlier))
      })
  }
}

extension Double {
  /// A color shows no more.
  fileprivate var toFourDigits: Double {
    guard isFinite else { return .nan }
    var decimal = DecimalDigits(self)
    decimal.round(toDigits: 4)
    let text = decimal.digits.map { String($0) }.joined()
    let sign = decimal.isNegative ? "-" : ""
    return Double("\(sign)\(text.isEmpty ? "0" : text)e\(decimal.exponent - text.count)") ?? self
  }
}

extension BarChart {
  fileprivate func plotly(paint: Paint) -> JSONValue {
    let traces = bars.enumerated().map { index, bars -> JSONValue in
      var members: [(String, JSONValue)] = [
        ("type", "bar"), ("name", .string(escapedLabel(bars.name))),
        ("x", .array(categories.indices.map { .number(Double($0)) })),
        ("y", .numbers(bars.values.map { scale.isDrawable($0) ? $0 : .nan })),
        ("marker", ["color": .string(paint.css(.series(index)))]),
        (
          "hovertemplate",
          .string("%{customdata}: <b>%{y:.4~g}</b><extra>\(escapedLabel(bars.name))</extra>")
        ),
        ("customdata", .array(categories.map { .string(escapedLabel($0)) })),
      ]
      if let errors = bars.errors {
        members.append(
          (
            "error_y",
            [
              "type": "data", "array": .numbers(errors), "thickness": 1.3, "width": 4,
              "color": .string(paint.css(.text)),
            ]
          ))
      }
      return .object(members)
    }
    // Numbers with labels, since a category may have the name of another.
    let horizontal: JSONValue = [
      "title": ["text": .string(escapedLabel(horizontalTitle)), "standoff": 10],
      "automargin": true, "autotickangles": [0, -35, -90],
      "tickvals": .array(categories.indices.map { .number(Double($0)) }),
      "ticktext": .array(categories.map { .string(escapedLabel($0.shortened)) }),
      "showgrid": false, "zeroline": false, "linecolor": .string(paint.css(.faintText)),
      "range": .numbers([-0.5, Double(max(categories.count, 1)) - 0.5]),
    ]
    return [
      "data": .array(traces),
      "layout": layout(
        paint: paint, horizontal: horizontal, vertical: scale.plotly(vertical, paint: paint),
        [("barmode", "group"), ("bargap", 0.24), ("showlegend", .bool(bars.count > 1))]),
    ]
  }
}

extension Histogram {
  fileprivate func plotly(paint: Paint) -> JSONValue {
    let (horizontalScale, verticalScale) = scales
    let bins = zip(edges, edges.dropFirst())
    let trace: JSONValue = [
      "type": "bar", "x": .numbers(bins.map { $0 / 2 + $1 / 2 }),
      "width": .numbers(bins.map { $1 - $0 }), "y": .numbers(counts),
      "marker": [
        "color": .string(paint.css(.series(0))),
        "line": ["width": 0.7, "color": .string(paint.css(.paper))],
      ],
      "customdata": .array(
        bins.map { .string("\(NumberText.rounded($0)) to \(NumberText.rounded($1))") }),
      "hovertemplate": "%{customdata}: <b>%{y:.4~g}</b><extra></extra>",
    ]
    return [
      "data": [trace],
      "layout": layout(
        paint: paint, horizontal: horizontalScale.plotly(horizontal, paint: paint),
        vertical: verticalScale.plotly(vertical, paint: paint), markers: markers,
        scale: horizontalScale,
        [("showlegend", false)]),
    ]
  }
}
