import Records

extension HeatMap {
  func drawing(paint: Paint, prefix: String) -> SVGCanvas {
    let range = colorRange
    let scale = AxisScale(
      Axis(colors.title, unit: colors.unit, lower: range.lower, upper: range.upper), covering: [])
    let labelWidth = scale.ticks.map { SVGCanvas.width(of: $0.label) }.max() ?? 0
    let rowLabels = rowNames?.map(Self.short)
    let widest =
      rowLabels?.map { SVGCanvas.width(of: $0) }.max()
      ?? SVGCanvas.width(of: NumberText.rounded(Double(rowCount * blockSide)))
    let left = 34 + max(18, widest)
    let availableWidth = 520 - left - 64 - labelWidth
    let aspect = Double(max(rowCount, 1)) / Double(max(columnCount, 1))
    let width = min(availableWidth, min(340, max(60, availableWidth * aspect)) / aspect)
    let plotWidth = max(width, 40)
    // A table may be drawn higher than its cells are square, so that what its colors mean has room beside it.
    let leastHeight = rowNames == nil ? 60 : max(60, SVGCanvas.width(of: colors.title) + 10)
    let plotHeight = min(max(plotWidth * aspect, leastHeight), 340)
    var canvas = SVGCanvas(width: 520, height: plotHeight + 64, paint: paint, prefix: prefix)
    let x = left + (availableWidth - plotWidth) / 2
    let y = 12.0

    canvas.rectangle(x: x, y: y, width: plotWidth, height: plotHeight, fill: .missing)
    if rowCount > 0 && columnCount > 0 {
      canvas.picture(
        reduced(toSide: 256).png(range), x: x, y: y, width: plotWidth,
        height: plotHeight)
    }
    let columnTicks =
      columnNames.map { Self.ticks($0.map(Self.short), along: plotWidth, isAcross: true) }
      ?? Self.ticks(columnCount * blockSide, columnValues)
    let rowTicks =
      rowLabels.map { Self.ticks($0, along: plotHeight, isAcross: false) }
      ?? Self.ticks(rowCount * blockSide, rowValues)
    for (share, label) in columnTicks {
      let place = x + share * plotWidth
      canvas.line(place, y + plotHeight, place, y + plotHeight + 5, ink: .faintText)
      canvas.text(label, x: place, y: y + plotHeight + 19, anchor: .middle)
    }
    for (share, label) in rowTicks {
      let place = y + share * plotHeight
      canvas.line(x - 5, place, x, place, ink: .faintText)
      canvas.text(label, x: x - 8, y: place + 4.5, anchor: .end)
    }
    if let outline {
      let points = zip(outline.x, outline.y).map { px, py -> String in
        let across = Self.share(of: px, columnCount * blockSide, columnValues)
        let down = Self.share(of: py, rowCount * blockSide, rowValues)
        return
          "\(NumberText.coordinate(x + across * plotWidth)) \(NumberText.coordinate(y + down * plotHeight))"
      }
      canvas.clipped(x: x, y: y, width: plotWidth, height: plotHeight) { canvas in
        canvas.path("M" + points.joined(separator: "L"), stroke: .text, width: 1.8, dashes: "6 4")
      }
    }
    canvas.text(
      horizontal.fullTitle, x: x + plotWidth / 2, y: y + plotHeight + 42, anchor: .middle)
    canvas.text(
      vertical.fullTitle, x: x - left + 18, y: y + plotHeight / 2, anchor: .middle, rotation: -90)

    let barX = x + plotWidth + 16
    canvas.picture(Self.colorBar(colors.kind), x: barX, y: y, width: 14, height: plotHeight)
    for tick in scale.ticks {
      guard let fraction = scale.fraction(tick.value) else { continue }
      let place = y + plotHeight * (1 - fraction)
      canvas.line(barX + 14, place, barX + 18, place, ink: .faintText)
      canvas.text(tick.label, x: barX + 21, y: place + 4.5)
    }
    let title = colors.title + (colors.unit.map { " (\($0))" } ?? "")
    canvas.text(
      title, x: barX + 21 + labelWidth + 18, y: y + plotHeight / 2, anchor: .middle, rotation: -90)
    return canvas
  }

  /// Where a value stands along one side, as a share of it: in the middle of its cell.
  private static func share(of value: Double, _ count: Int, _ values: Steps?) -> Double {
    let place = values.map { (value - $0.first) / $0.step } ?? value
    return (place + 0.5) / Double(max(count, 1))
  }

  /// Places along one side, as shares of it, and what is written there.
  private static func ticks(_ count: Int, _ values: Steps?) -> [(Double, String)] {
    let end = Double(max(count, 1))
    guard let values else {
      return AxisScale(Axis("", lower: 0, upper: end), covering: []).ticks
        .filter { $0.value < end && $0.isWhole }.map { (($0.value + 0.5) / end, $0.label) }
    }
    let ends = [-0.5, end - 0.5].map { values.first + $0 * values.step }
    return AxisScale(Axis("", lower: ends.min()!, upper: ends.max()!), covering: []).ticks
      .map { (share(of: $0.value, count, values), $0.label) }
  }

  private static func short(_ name: String) -> String {
    name.count > 14 ? "\(name.prefix(13))…" : name
  }

  /// As many names as have room along one side, evenly spaced.
  private static func ticks(
    _ names: [String], along length: Double, isAcross: Bool
  ) -> [(Double, String)] {
    let room = isAcross ? 10 + (names.map { SVGCanvas.width(of: $0) }.max() ?? 0) : 20
    let count = max(1, min(names.count, Int(length / room)))
    let step = (names.count + count - 1) / count
    return stride(from: 0, to: names.count, by: max(1, step)).map {
      ((Double($0) + 0.5) / Double(names.count), names[$0])
    }
  }

  private func png(_ range: (lower: Double, upper: Double)) -> [UInt8] {
    let missing: UInt8 = 255
    let indices = values.map { value -> UInt8 in
      guard value.isFinite else { return missing }
      let place = (value / 2 - range.lower / 2) / (range.upper / 2 - range.lower / 2)
      return UInt8((min(max(place, 0), 1) * 254).rounded())
    }
    let map = ColorMap(colors.kind)
    return PNG.indexed(
      width: columnCount, height: rowCount, indices: indices,
      palette: (0..<255).map { map.color(at: Double($0) / 254) } + [0],
      transparentIndex: missing)
  }

  private static func colorBar(_ kind: ColorScale.Kind) -> [UInt8] {
    let map = ColorMap(kind)
    return PNG.indexed(
      width: 1, height: 128, indices: (0..<128).map { UInt8($0) },
      palette: (0..<128).map { map.color(at: 1 - Double($0) / 127) })
  }
}

extension AxisScale.Tick {
  var isWhole: Bool { value == value.rounded() }
}

extension GrayImage {
  private static let missingIndex: UInt8 = 255

  var png: [UInt8] {
    let grays = (0...255).map { value in
      Color(integerLiteral: UInt32(value) << 16 | UInt32(value) << 8 | UInt32(value))
    }
    guard !missing.isEmpty else {
      return PNG.indexed(width: width, height: height, indices: pixels, palette: grays)
    }
    // All 256 indices are grays: 254 becomes white too, which leaves 255 to missing pixels.
    var palette = grays
    palette[254] = grays[255]
    return PNG.indexed(
      width: width, height: height,
      indices: zip(pixels, missing).map { $1 ? Self.missingIndex : min($0, 254) },
      palette: palette, transparentIndex: Self.missingIndex)
  }

  func drawing(paint: Paint, prefix: String) -> SVGCanvas {
    let aspect = Double(max(height, 1)) / Double(max(width, 1))
    let drawnWidth = min(520, 520 / aspect)
    var canvas = SVGCanvas(
      width: max(drawnWidth, 40), height: max(drawnWidth * aspect, 20), paint: paint, prefix: prefix
    )
    canvas.rectangle(
      x: 0, y: 0, width: canvas.width, height: canvas.height,
      fill: .missingPixel)
    if width > 0 && height > 0 {
      canvas.picture(png, x: 0, y: 0, width: canvas.width, height: canvas.height)
    }
    return canvas
  }
}
