import Records

extension BarChart {
  var scale: AxisScale {
    let reached = bars.flatMap { bars in
      bars.values
        + (bars.errors.map { zip(bars.values, $0).flatMap { [$0 - $1, $0 + $1] } } ?? [])
    }
    return AxisScale(vertical, covering: reached, includesZero: true)
  }

  func drawing(paint: Paint, prefix: String) -> SVGCanvas {
    let inks = bars.indices.map { Ink.series($0) }
    let slots = Double(max(categories.count, 1))
    let widest = categories.map { SVGCanvas.width(of: $0.shortened) }.max() ?? 0
    let isTurned = widest > 430 / slots - 8
    let below = isTurned ? 46 + widest * 0.6 : 52
    var canvas = SVGCanvas(width: 520, height: 288 + below, paint: paint, prefix: prefix)
    let legend = Legend(
      zip(bars, inks).map { Legend.Entry(name: $0.name, ink: $1, isArea: true) },
      width: canvas.width)
    let frame = PlotFrame(
      canvas: canvas, horizontal: AxisScale(Axis("", lower: 0, upper: slots), covering: []),
      vertical: scale, below: below)
    frame.drawVerticalAxis(vertical, on: &canvas)
    let slot = frame.width / slots
    let thickness = slot * 0.76 / Double(max(bars.count, 1))
    let base = frame.y(0).map { min($0, frame.bottom) } ?? frame.bottom
    canvas.clipped(x: frame.x, y: frame.y, width: frame.width, height: frame.height) { canvas in
      for (place, bars) in bars.enumerated() {
        for (category, value) in bars.values.enumerated() {
          guard let y = frame.y(value) else { continue }
          let x = frame.x + slot * (Double(category) + 0.12) + thickness * Double(place)
          canvas.rectangle(
            x: x + 0.5, y: min(y, base), width: max(thickness - 1, 0.5), height: abs(y - base),
            fill: inks[place])
          guard let error = bars.errors?[category], error.isFinite, error > 0 else { continue }
          let low = frame.y(frame.vertical.clamped(value - error)) ?? base
          let high = frame.y(frame.vertical.clamped(value + error)) ?? frame.y
          canvas.line(x + thickness / 2, low, x + thickness / 2, high, ink: .text, width: 1.3)
        }
      }
    }
    canvas.line(frame.x, base, frame.right, base, ink: .faintText)
    for (place, category) in categories.enumerated() {
      let center = frame.x + slot * (Double(place) + 0.5)
      canvas.text(
        category.shortened, x: isTurned ? center + 4 : center, y: frame.bottom + 18,
        anchor: isTurned ? .end : .middle, rotation: isTurned ? -35 : 0)
    }
    canvas.text(
      horizontalTitle, x: frame.x + frame.width / 2, y: canvas.height - 12, anchor: .middle)
    legend.draw(on: &canvas, top: canvas.height)
    canvas.height += legend.height
    return canvas
  }
}

extension String {
  /// At most 24 characters, for a place that holds no more.
  var shortened: String { count > 24 ? prefix(23) + "…" : self }
}

extension Histogram {
  var scales: (horizontal: AxisScale, vertical: AxisScale) {
    let up = markers.filter { $0.direction == .horizontal }.map(\.position)
    let across = markers.filter { $0.direction == .vertical }.map(\.position)
    return (
      AxisScale(horizontal, covering: edges + across, room: 0.02),
      AxisScale(vertical, covering: counts + up, includesZero: true)
    )
  }

  func drawing(paint: Paint, prefix: String) -> SVGCanvas {
    var canvas = SVGCanvas(width: 520, height: 340, paint: paint, prefix: prefix)
    let (horizontalScale, verticalScale) = scales
    let frame = PlotFrame(
      canvas: canvas, horizontal: horizontalScale, vertical: verticalScale, markers: markers)
    frame.drawVerticalAxis(vertical, on: &canvas)
    frame.drawHorizontalAxis(horizontal, on: &canvas)
    let base = frame.y(0).map { min($0, frame.bottom) } ?? frame.bottom
    canvas.clipped(x: frame.x, y: frame.y, width: frame.width, height: frame.height) { canvas in
      for (bin, count) in counts.enumerated() {
        guard let left = frame.x(edges[bin]), let right = frame.x(edges[bin + 1]),
          let top = frame.y(count)
        else { continue }
        let gap = right - left > 4 ? 1.0 : 0
        canvas.rectangle(
          x: left + gap / 2, y: min(top, base), width: max(right - left - gap, 0.3),
          height: abs(base - top), fill: .series(0))
      }
    }
    frame.draw(markers, on: &canvas)
    return canvas
  }
}
