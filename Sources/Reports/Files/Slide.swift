public import Records

/// A figure alone, with letters of 18 points on white.
public struct Slide: Sendable {
  /// The drawing as an SVG file of its own.
  public let drawing: String
  /// In CSS pixels, of which 4 are 3 points.
  public let width: Double
  /// In CSS pixels.
  public let height: Double

  /// A page that holds nothing but the drawing, for a browser to print.
  public var page: String {
    """
    <!DOCTYPE html><html><head><meta charset="utf-8"><style>
    @page{size:\(width)px \(height)px;margin:0}
    html,body{margin:0;padding:0;background:#fff}
    svg{display:block;width:\(width)px;height:\(height)px}
    </style></head><body>\(drawing)</body></html>
    """
  }
}

extension Figure {
  /// The figure at a size for slides.
  public func slide() -> Slide {
    // Drawings have letters of 13 units, and 12 for the names of lines: made one size, that of 18 points, 24 pixels.
    let drawing = svg(theme: .light).replacing("font-size=\"12\"", with: "font-size=\"13\"")
    let scale = 24.0 / 13
    let sides = drawing.firstMatch(of: /viewBox="0 0 ([0-9.]+) ([0-9.]+)"/)
    let width = (sides.flatMap { Double($0.1) } ?? 520) * scale
    let height = (sides.flatMap { Double($0.2) } ?? 340) * scale
    let sized = drawing.replacing(
      "<svg xmlns", with: "<svg width=\"\(width * 0.75)pt\" height=\"\(height * 0.75)pt\" xmlns",
      maxReplacements: 1)
    return Slide(drawing: sized, width: width, height: height)
  }
}
