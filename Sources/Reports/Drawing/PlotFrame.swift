import Records

/// The rectangle between two axes, and what stands around it.
struct PlotFrame {
  let x: Double
  let y: Double
  let width: Double
  let height: Double
  let horizontal: AxisScale
  let vertical: AxisScale

  var bottom: Double { y + height }
  var right: Double { x + width }

  /// Leaves room for the tick labels and titles of both axes.
  init(
    canvas: SVGCanvas, horizontal: AxisScale, vertical: AxisScale, below: Double = 52,
    markers: [Marker] = []
  ) {
    let labels = vertical.ticks.map { SVGCanvas.width(of: $0.label) }
    x = 34 + max(18, labels.max() ?? 0)
    // Names of vertical lines stand above the plot, where they cross no curve.
    y = markers.contains { $0.direction == .vertical } ? 24 : 12
    width = canvas.width - x - 16
    height = canvas.height - y - below
    self.horizontal = horizontal
    self.vertical = vertical
  }

  func x(_ value: Double) -> Double? {
    horizontal.fraction(value).map { x + $0 * width }
  }

  func y(_ value: Double) -> Double? {
    vertical.fraction(value).map { bottom - $0 * height }
  }

  func drawVerticalAxis(_ axis: Axis, on canvas: inout SVGCanvas) {
    for value in vertical.minorTicks {
      if let y = y(value) { canvas.line(x - 3, y, x, y, ink: .faintText, width: 0.7) }
    }
    for tick in vertical.ticks {
      guard let y = y(tick.value) else { continue }
      canvas.line(x, y, right, y, ink: .grid)
      canvas.line(x - 5, y, x, y, ink: .faintText)
      canvas.text(tick.label, x: x - 8, y: y + 4.5, anchor: .end)
    }
    canvas.line(x, self.y, x, bottom, ink: .faintText)
    canvas.text(
      axis.fullTitle, x: 16, y: self.y + height / 2, anchor: .middle, rotation: -90)
  }

  func drawHorizontalAxis(_ axis: Axis, on canvas: inout SVGCanvas) {
    for value in horizontal.minorTicks {
      if let x = x(value) { canvas.line(x, bottom, x, bottom + 3, ink: .faintText, width: 0.7) }
    }
    var end = -Double.infinity
    for tick in horizontal.ticks {
      guard let x = x(tick.value) else { continue }
      canvas.line(x, y, x, bottom, ink: .grid)
      canvas.line(x, bottom, x, bottom + 5, ink: .faintText)
      let half = SVGCanvas.width(of: tick.label) / 2
      guard x - half > end + 6 else { continue }
      canvas.text(tick.label, x: x, y: bottom + 19, anchor: .middle)
      end = x + half
    }
    canvas.line(x, bottom, right, bottom, ink: .faintText)
    canvas.text(axis.fullTitle, x: x + width / 2, y: bottom + 40, anchor: .middle)
  }

  func draw(_ markers: [Marker], on canvas: inout SVGCanvas) {
    for marker in markers {
      switch marker.direction {
      case .vertical:
        guard let x = x(marker.position), (self.x...right).contains(x) else { continue }
        canvas.line(x, y, x, bottom, ink: .faintText, width: 1.2, dashes: "5 4")
        canvas.text(
          marker.label, x: x, y: y - 6, anchor: x < self.x + width / 2 ? .start : .end,
          ink: .faintText, size: 12)
      case .horizontal:
        guard let y = y(marker.position), (self.y...bottom).contains(y) else { continue }
        canvas.line(x, y, right, y, ink: .faintText, width: 1.2, dashes: "5 4")
        canvas.text(
          marker.label, x: right - 4, y: y - self.y < 16 ? y + 14 : y - 5, anchor: .end,
          ink: .faintText, size: 12)
      }
    }
  }
}

extension Axis {
  /// `time (s)`
  var fullTitle: String { title + (unit.map { " (\($0))" } ?? "") }
}

/// Names beside their colors, in lines below a plot.
struct Legend {
  struct Entry {
    var name: String
    var ink: Ink
    var dashes: String?
    var isPoint = false
    var isArea = false
  }

  private static let lineHeight = 20.0
  var entries: [Entry]
  private var places: [(x: Double, line: Int)] = []

  init(_ entries: [Entry], width: Double) {
    self.entries = entries.count < 2 ? [] : entries
    var x = 12.0
    var line = 0
    for entry in self.entries {
      let length = 44 + SVGCanvas.width(of: entry.name)
      if x + length > width && x > 12 {
        x = 12
        line += 1
      }
      places.append((x, line))
      x += length
    }
  }

  var height: Double {
    places.last.map { 8 + Double($0.line + 1) * Self.lineHeight } ?? 0
  }

  func draw(on canvas: inout SVGCanvas, top: Double) {
    for (entry, place) in zip(entries, places) {
      let y = top + 8 + (Double(place.line) + 0.5) * Self.lineHeight
      if entry.isArea {
        canvas.rectangle(
          x: place.x, y: y - 6, width: 22, height: 12, fill: entry.ink,
          fillOpacity: entry.dashes == nil ? 1 : 0.2)
      } else if entry.isPoint {
        canvas.circle(x: place.x + 11, y: y, radius: 3.5, fill: entry.ink)
      } else {
        canvas.line(
          place.x, y, place.x + 22, y, ink: entry.ink, width: 2.2, dashes: entry.dashes)
      }
      canvas.text(entry.name, x: place.x + 28, y: y + 4.5)
    }
  }
}
