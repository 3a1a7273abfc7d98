import Foundation

#if canImport(FoundationXML)
  import FoundationXML
#endif
import Records
import Testing

@testable import Reports

@Suite struct AxisScaleTests {
  @Test(
    arguments: [
      [0, 1], [-1e-9, 3e-9], [1e6, 1e6 + 1], [5], [], [.nan, .infinity], [-1.7e308, 1.7e308], [0],
      [Double.leastNonzeroMagnitude], [-3, -1], [1e15, 1e15 + 2],
    ] as [[Double]], [Axis.Scale.linear, .logarithmic])
  func everyDrawableValueHasAPlace(_ values: [Double], scale: Axis.Scale) {
    let axis = AxisScale(Axis("x", scale), covering: values)
    #expect(axis.lower < axis.upper)
    for value in values where axis.isDrawable(value) {
      let place = axis.fraction(value) ?? .nan
      #expect((-1e-9...1 + 1e-9).contains(place), "\(value) at \(place)")
    }
    #expect(axis.fraction(.nan) == nil)
    let ticks = axis.ticks.map(\.value)
    #expect(ticks.count <= 9)
    #expect(zip(ticks, ticks.dropFirst()).allSatisfy { $0 < $1 })
    #expect(Set(axis.ticks.map(\.label)).count == ticks.count, "\(axis.ticks)")
  }

  @Test func ticksAreRoundNumbers() {
    let linear = AxisScale(Axis("x", lower: 0, upper: 1), covering: [])
    #expect(linear.ticks.map(\.label) == ["0.0", "0.2", "0.4", "0.6", "0.8", "1.0"])
    let decades = AxisScale(Axis("x", .logarithmic, lower: 1e-8, upper: 10), covering: [])
    #expect(decades.ticks.map(\.label) == ["10⁻⁸", "10⁻⁶", "10⁻⁴", "10⁻²", "1"])
    let narrow = AxisScale(Axis("x", .logarithmic, lower: 1, upper: 50), covering: [])
    #expect(narrow.ticks.map(\.label) == ["1", "2", "5", "10", "20", "50"])
  }

  @Test func endsThatCannotBeAreLeftToTheData() {
    let axis = AxisScale(Axis("x", .logarithmic, lower: -1, upper: .nan), covering: [1, 100])
    #expect(axis.lower > 0.5 && axis.lower <= 1 && axis.upper >= 100 && axis.upper < 200)
    #expect(axis.fraction(0) == nil)
  }
}

@Suite struct ThinningTests {
  @Test func noPeakIsLost() {
    var y = (0..<100_000).map { sin(Double($0) / 1000) }
    y[31_415] = 7
    y[62_831] = -7
    y[99_999] = .nan
    let series = Series("s", x: y.indices.map(Double.init), y: y)
    let places = series.placesToDraw(atMost: 400)
    #expect(places.count <= 400)
    #expect(places.first == 0 && places.last == 99_999)
    #expect(Set(places).isSuperset(of: [31_415, 62_831]))
    #expect(zip(places, places.dropFirst()).allSatisfy { $0 < $1 })
  }

  @Test func shortCurvesStayWhole() {
    #expect(Series("s", x: [1, 2], y: [3, 4]).placesToDraw(atMost: 4) == [0, 1])
  }

  @Test func signedColorsAreSymmetric() {
    let map = HeatMap(
      rowCount: 1, columnCount: 2, values: [-1, 4], colors: ColorScale(.diverging, title: "v"))
    #expect(map.colorRange == (-4, 4))
  }
}

@Suite struct SVGTests {
  @Test(arguments: DemoRecord.record.figures.indices, Theme.allCases)
  func drawingsAreWellFormed(_ index: Int, theme: Theme) throws {
    let svg = DemoRecord.record.figures[index].svg(theme: theme)
    let watcher = Watcher()
    let parser = XMLParser(data: Data(svg.utf8))
    parser.delegate = watcher
    #expect(parser.parse(), "\(String(describing: parser.parserError))")
    #expect(watcher.root == "svg")
    #expect(!watcher.elements.contains("script") && !watcher.elements.contains("b"))
    #expect(!svg.contains("nan") && !svg.contains("var("))
  }

  private static let emptyFigures = [
    Figure(title: "", .lines(LinePlot(horizontal: Axis("x"), vertical: Axis("y"), series: []))),
    Figure(
      title: "",
      .lines(
        LinePlot(
          horizontal: Axis("x", .logarithmic), vertical: Axis("y", .logarithmic),
          series: [
            Series(
              "s", x: [-1, .nan], y: [0, -3], errors: [.nan, -1],
              band: Band("b", lower: [-1, .nan], upper: [.infinity, 0]))
          ],
          markers: [Marker(.vertical, at: .nan, label: ""), Marker(.horizontal, at: 0, label: "")]))
    ),
    Figure(
      title: "",
      .heatMap(
        HeatMap(
          rowCount: 0, columnCount: 0, values: [], colors: ColorScale(.sequential, title: "")))),
    Figure(
      title: "",
      .heatMap(
        HeatMap(
          rowCount: 1, columnCount: 1, values: [.nan], colors: ColorScale(.diverging, title: "")))),
    Figure(
      title: "",
      .heatMap(
        HeatMap(
          rowCount: 500, columnCount: 1, values: Array(repeating: 3, count: 500),
          colors: ColorScale(.sequential, title: "")))),
    Figure(
      title: "",
      .bars(BarChart(categories: [], horizontalTitle: "", vertical: Axis("y"), bars: []))),
    Figure(title: "", .histogram(Histogram(edges: [0], counts: [], horizontal: Axis("x")))),
    Figure(title: "", .image(GrayImage(width: 0, height: 0, pixels: []))),
  ]

  @Test(arguments: emptyFigures.indices) func emptyFiguresAreDrawn(_ index: Int) throws {
    let figure = Self.emptyFigures[index]
    let record = Record(
      title: "", sections: [Section(heading: "", blocks: [.figure(figure)])])
    #expect(XMLParser(data: Data(figure.svg().utf8)).parse())
    try withTemporaryFolder { folder in
      let page = try ReportWriter().write(record, to: "\(folder)/report")
      #expect(try contents(page).contains("<svg"))
    }
  }

  @Test func everyInkStandsOutFromItsPaper() {
    func luminance(_ color: Color) -> Double {
      func linear(_ value: UInt8) -> Double {
        let share = Double(value) / 255
        return share <= 0.04045 ? share / 12.92 : pow((share + 0.055) / 1.055, 2.4)
      }
      return 0.2126 * linear(color.red) + 0.7152 * linear(color.green) + 0.0722 * linear(color.blue)
    }
    for theme in Theme.allCases {
      let paper = luminance(theme.color(of: .paper))
      func contrast(_ ink: Ink) -> Double {
        let other = luminance(theme.color(of: ink))
        return (max(paper, other) + 0.05) / (min(paper, other) + 0.05)
      }
      // The ratios that WCAG 2 asks of text; palette members after the third are accents.
      #expect(contrast(.text) >= 7 && contrast(.faintText) >= 4.5)
      for index in 0..<3 { #expect(contrast(.series(index)) >= 3) }
    }
  }

  private final class Watcher: NSObject, XMLParserDelegate {
    var root = ""
    var elements: Set<String> = []

    func parser(
      _ parser: XMLParser, didStartElement name: String, namespaceURI: String?,
      qualifiedName: String?, attributes: [String: String]
    ) {
      if elements.isEmpty { root = name }
      elements.insert(name)
    }
  }
}

@Suite struct PNGTests {
  @Test func checksumsAreThoseOfTheFormat() {
    #expect(PNG.crc32(Array("123456789".utf8)) == 0xCBF4_3926)
    let file = PNG.indexed(width: 1, height: 1, indices: [0], palette: [0xFF0000])
    #expect(Array(file.suffix(12)) == [0, 0, 0, 0, 0x49, 0x45, 0x4E, 0x44, 0xAE, 0x42, 0x60, 0x82])
  }

  @Test(arguments: [("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foob", "Zm9vYg==")])
  func base64IsTheUsualOne(_ text: String, _ encoded: String) {
    #expect(base64(Array(text.utf8)) == encoded)
  }
}
