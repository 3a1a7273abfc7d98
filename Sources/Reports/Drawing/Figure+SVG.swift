public import Records

extension Figure {
  /// The figure as an SVG file of its own, which needs nothing beside it.
  public func svg(theme: Theme = .light) -> String {
    svg(paint: .fixed(theme), prefix: "figure")
  }

  func svg(paint: Paint, prefix: String) -> String {
    let canvas =
      switch content {
      case .lines(let plot): plot.drawing(paint: paint, prefix: prefix)
      case .heatMap(let map): map.drawing(paint: paint, prefix: prefix)
      case .bars(let chart): chart.drawing(paint: paint, prefix: prefix)
      case .histogram(let histogram): histogram.drawing(paint: paint, prefix: prefix)
      case .image(let image): image.drawing(paint: paint, prefix: prefix)
      }
    return canvas.document(title: title, description: alternativeText ?? caption)
  }
}
