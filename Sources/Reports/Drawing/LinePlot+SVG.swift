import Records

extension LinePlot {
  /// The axes' ends, over curves, error bars and bands alike; the same in every form of the figure.
  var scales: (horizontal: AxisScale, vertical: AxisScale) {
    var reached: [Double] = []
    for series in series {
      reached += series.y
      if let errors = series.errors {
        reached += zip(series.y, errors).flatMap { [$0 - $1, $0 + $1] }
      }
      if let band = series.band { reached += band.lower + band.upper }
    }
    let across = markers.filter { $0.direction == .vertical }.map(\.position)
    let up = markers.filter { $0.direction == .horizontal }.map(\.position)
    return (
      AxisScale(horizontal, covering: series.flatMap(\.x) + across, room: 0.02),
      AxisScale(vertical, covering: reached + up)
    )
  }

  func drawing(paint: Paint, prefix: String) -> SVGCanvas {
    var canvas = SVGCanvas(width: 520, height: 340, paint: paint, prefix: prefix)
    var entries: [Legend.Entry] = []
    // Once is enough for bands that mean the same.
    var named: Set<String> = []
    for (index, series) in series.enumerated() {
      let ink = Ink(series.color, at: index)
      entries.append(
        Legend.Entry(
          name: series.name, ink: ink, dashes: series.dashes, isPoint: series.style == .points))
      if let band = series.band, named.insert(band.name).inserted {
        entries.append(Legend.Entry(name: band.name, ink: ink, dashes: "", isArea: true))
      }
    }
    let legend = Legend(entries, width: canvas.width)
    let (horizontalScale, verticalScale) = scales
    let frame = PlotFrame(
      canvas: canvas, horizontal: horizontalScale, vertical: verticalScale, markers: markers)
    frame.drawVerticalAxis(vertical, on: &canvas)
    frame.drawHorizontalAxis(horizontal, on: &canvas)
    canvas.clipped(x: frame.x, y: frame.y, width: frame.width, height: frame.height) { canvas in
      for (index, series) in series.enumerated() {
        let shown = series.drawing(series.placesToDraw(atMost: 800))
        shown.draw(in: frame, ink: Ink(series.color, at: index), on: &canvas)
      }
    }
    frame.draw(markers, on: &canvas)
    legend.draw(on: &canvas, top: canvas.height)
    canvas.height += legend.height
    return canvas
  }
}

extension Series {
  var dashes: String? {
    switch style {
    case .dashed: "8 5"
    case .dotted: "2 4"
    case .solid, .points, .connectedPoints: nil
    }
  }

  fileprivate func draw(in frame: PlotFrame, ink: Ink, on canvas: inout SVGCanvas) {
    if let band {
      canvas.path(
        Self.area(band, over: x, in: frame), stroke: nil, fill: ink, fillOpacity: 0.2)
    }
    let points = zip(x, y).map { x, y in
      frame.x(x).flatMap { x in frame.y(y).map { (x: x, y: $0) } }
    }
    if let errors {
      var bars = ""
      for (place, point) in points.enumerated() {
        guard let point, errors[place].isFinite else { continue }
        let low = frame.y(frame.vertical.clamped(y[place] - errors[place])) ?? frame.bottom
        let high = frame.y(frame.vertical.clamped(y[place] + errors[place])) ?? frame.y
        let x = NumberText.coordinate(point.x)
        let left = NumberText.coordinate(point.x - 4)
        let (bottom, top) = (NumberText.coordinate(low), NumberText.coordinate(high))
        bars += "M\(left) \(top)h8M\(x) \(top)V\(bottom)M\(left) \(bottom)h8"
      }
      canvas.path(bars, stroke: ink, width: 1.2)
    }
    if style != .points {
      canvas.path(Self.polyline(points), stroke: ink, dashes: dashes)
    }
    if style == .points || style == .connectedPoints {
      for case let point? in points {
        canvas.circle(x: point.x, y: point.y, radius: 3, fill: ink)
      }
    }
  }

  private static func polyline(_ points: [(x: Double, y: Double)?]) -> String {
    var path = ""
    var isDown = false
    for (place, point) in points.enumerated() {
      guard let point else {
        isDown = false
        continue
      }
      path += isDown ? "L" : "M"
      path += "\(NumberText.coordinate(point.x)) \(NumberText.coordinate(point.y))"
      let isAlone = !isDown && (place + 1 == points.count || points[place + 1] == nil)
      // A value between two gaps would be invisible as a line.
      if isAlone { path += "h0.01" }
      isDown = true
    }
    return path
  }

  private static func area(_ band: Band, over x: [Double], in frame: PlotFrame) -> String {
    var path = ""
    for run in band.runs(over: x, in: frame.horizontal) {
      let upper = run.compactMap { place in
        frame.x(x[place]).flatMap { x in
          frame.y(frame.vertical.clamped(band.upper[place])).map { (x, $0) }
        }
      }
      let lower = run.reversed().compactMap { place in
        frame.x(x[place]).flatMap { x in
          frame.y(frame.vertical.clamped(band.lower[place])).map { (x, $0) }
        }
      }
      let corners = (upper + lower).map {
        "\(NumberText.coordinate($0.0)) \(NumberText.coordinate($0.1))"
      }
      path += "M" + corners.joined(separator: "L") + "Z"
    }
    return path
  }
}

extension Band {
  /// The stretches of places without a gap.
  func runs(over x: [Double], in horizontal: AxisScale) -> [Range<Int>] {
    var runs: [Range<Int>] = []
    for place in x.indices
    where horizontal.isDrawable(x[place]) && !lower[place].isNaN && !upper[place].isNaN {
      if let last = runs.last, last.upperBound == place {
        runs[runs.count - 1] = last.lowerBound..<place + 1
      } else {
        runs.append(place..<place + 1)
      }
    }
    return runs
  }
}
