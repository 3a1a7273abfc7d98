import Records

/// Collects the elements of a drawing.
struct SVGCanvas {
  enum Anchor: String {
    case start, middle, end
  }

  let width: Double
  var height: Double
  let paint: Paint
  /// Begins every identifier, so that several drawings can share a page.
  let prefix: String
  private(set) var body = ""

  init(width: Double, height: Double, paint: Paint, prefix: String) {
    self.width = width
    self.height = height
    self.paint = paint
    self.prefix = prefix
  }

  static let fontSize = 13.0

  /// About how wide a text is; a browser's fonts differ by a few percent.
  static func width(of text: String, size: Double = fontSize) -> Double {
    text.filter { !"{}^".contains($0) }.reduce(0) {
      $0 + ($1.isASCII && "iljft.,:;'| ".contains($1) ? 0.33 : 0.58)
    } * size
  }

  mutating func text(
    _ text: String, x: Double, y: Double, anchor: Anchor = .start, ink: Ink = .text,
    size: Double = fontSize, rotation: Double = 0
  ) {
    let turn =
      rotation == 0 ? "" : #" transform="rotate(\#(number(rotation)) \#(number(x)) \#(number(y)))""#
    body += """
      <text x="\(number(x))" y="\(number(y))" text-anchor="\(anchor.rawValue)" \
      font-size="\(number(size))" fill="\(paint.css(ink))"\(turn)>\(Self.spans(text, size: size))</text>

      """
  }

  /// Escaped text whose raised and lowered letters are shifted and small.
  private static func spans(_ text: String, size: Double) -> String {
    let markup = raised(escapedMarkup(text))
    guard markup.contains("<su") else { return markup }
    let small = NumberText.coordinate(0.72 * size)
    var result = ""
    var shift = 0.0
    for piece in markup.split(separator: /<\/?su[bp]>/, omittingEmptySubsequences: false)
      .enumerated()
    {
      if piece.offset == 0 {
        result += piece.element
        continue
      }
      // Pieces alternate: inside a raised or lowered one, then outside again.
      let isInside = piece.offset % 2 == 1
      let mark = markup[..<piece.element.startIndex].suffix(5)
      let target = isInside ? (mark.hasSuffix("<sup>") ? -0.36 : 0.22) * size : 0
      guard !piece.element.isEmpty else { continue }
      result +=
        "<tspan dy=\"\(NumberText.coordinate(target - shift))\""
        + (isInside ? " font-size=\"\(small)\"" : "") + ">\(piece.element)</tspan>"
      shift = target
    }
    return result
  }

  mutating func line(
    _ x1: Double, _ y1: Double, _ x2: Double, _ y2: Double, ink: Ink, width: Double = 1,
    dashes: String? = nil
  ) {
    body += """
      <line x1="\(number(x1))" y1="\(number(y1))" x2="\(number(x2))" y2="\(number(y2))" \
      stroke="\(paint.css(ink))" stroke-width="\(number(width))"\(dashArray(dashes))/>

      """
  }

  mutating func rectangle(
    x: Double, y: Double, width: Double, height: Double, fill: Ink?, stroke: Ink? = nil,
    fillOpacity: Double = 1
  ) {
    let opacity = fillOpacity == 1 ? "" : #" fill-opacity="\#(number(fillOpacity))""#
    body += """
      <rect x="\(number(x))" y="\(number(y))" width="\(number(width))" height="\(number(height))" \
      fill="\(fill.map(paint.css) ?? "none")" stroke="\(stroke.map(paint.css) ?? "none")"\(opacity)/>

      """
  }

  mutating func path(
    _ data: String, stroke: Ink?, fill: Ink? = nil, width: Double = 2, dashes: String? = nil,
    fillOpacity: Double = 1
  ) {
    guard !data.isEmpty else { return }
    let opacity = fillOpacity == 1 ? "" : #" fill-opacity="\#(number(fillOpacity))""#
    body += """
      <path d="\(data)" fill="\(fill.map(paint.css) ?? "none")" \
      stroke="\(stroke.map(paint.css) ?? "none")" stroke-width="\(number(width))" \
      stroke-linejoin="round"\(opacity)\(dashArray(dashes))/>

      """
  }

  mutating func circle(x: Double, y: Double, radius: Double, fill: Ink) {
    body += """
      <circle cx="\(number(x))" cy="\(number(y))" r="\(number(radius))" fill="\(paint.css(fill))"/>

      """
  }

  /// A PNG file stretched over a rectangle, its pixels as squares.
  mutating func picture(_ png: [UInt8], x: Double, y: Double, width: Double, height: Double) {
    body += """
      <image x="\(number(x))" y="\(number(y))" width="\(number(width))" height="\(number(height))" \
      preserveAspectRatio="none" style="image-rendering:pixelated" \
      href="data:image/png;base64,\(base64(png))"/>

      """
  }

  mutating func clipped(
    x: Double, y: Double, width: Double, height: Double, _ draw: (inout SVGCanvas) -> Void
  ) {
    body += """
      <clipPath id="\(prefix)-clip"><rect x="\(number(x))" y="\(number(y))" \
      width="\(number(width))" height="\(number(height))"/></clipPath>
      <g clip-path="url(#\(prefix)-clip)">

      """
    draw(&self)
    body += "</g>\n"
  }

  /// The finished drawing.
  func document(title: String, description: String) -> String {
    let paper: String
    switch paint {
    case .page: paper = ""
    case .fixed: paper = #"<rect width="100%" height="100%" fill="\#(paint.css(.paper))"/>"#
    }
    return """
      <svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 \(number(width)) \(number(height))" \
      role="img" aria-labelledby="\(prefix)-title \(prefix)-description" \
      font-family="system-ui, -apple-system, 'Segoe UI', Roboto, 'Noto Sans', sans-serif">
      <title id="\(prefix)-title">\(escapedMarkup(plainFormulas(title)))</title>
      <desc id="\(prefix)-description">\(escapedMarkup(plainFormulas(description)))</desc>
      \(paper)
      \(body)</svg>

      """
  }

  func number(_ value: Double) -> String { NumberText.coordinate(value) }

  private func dashArray(_ dashes: String?) -> String {
    dashes.map { #" stroke-dasharray="\#($0)""# } ?? ""
  }
}

func base64(_ bytes: [UInt8]) -> String {
  let letters = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)
  var text: [UInt8] = []
  text.reserveCapacity((bytes.count + 2) / 3 * 4)
  for start in stride(from: 0, to: bytes.count, by: 3) {
    let present = min(3, bytes.count - start)
    var group: UInt32 = 0
    for offset in 0..<3 {
      group = group << 8 | (offset < present ? UInt32(bytes[start + offset]) : 0)
    }
    for letter in 0..<4 {
      let index = Int(group >> UInt32(18 - 6 * letter)) & 63
      text.append(letter <= present ? letters[index] : UInt8(ascii: "="))
    }
  }
  return String(decoding: text, as: UTF8.self)
}
