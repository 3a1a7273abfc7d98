import DataFormats
import Records

/// The numbers of a page's figures as named arrays for NumPy.
///
/// The arrays of Figure 1 begin with `figure1_`; a curve has `…_x` and `…_y` after its name.
struct FigureArchive {
  private(set) var members: [NPZArchive.Member] = []

  init(_ record: Record) {
    for (number, figure) in record.figures.enumerated() {
      add(figure, as: "figure\(number + 1)")
    }
  }

  func encoded() throws -> [UInt8] {
    try NPZArchive(members).encoded(compressed: true)
  }

  private mutating func add(_ figure: Figure, as name: String) {
    switch figure.content {
    case .lines(let plot):
      for series in plot.series {
        add("\(name)_\(series.name)_x", [series.x.count], series.x)
        add("\(name)_\(series.name)_y", [series.y.count], series.y)
        if let errors = series.errors {
          add("\(name)_\(series.name)_errors", [errors.count], errors)
        }
        if let band = series.band {
          add("\(name)_\(series.name)_lower", [band.lower.count], band.lower)
          add("\(name)_\(series.name)_upper", [band.upper.count], band.upper)
        }
      }
    case .heatMap(let map):
      add("\(name)_values", [map.rowCount, map.columnCount], map.values)
    case .bars(let chart):
      for bars in chart.bars { add("\(name)_\(bars.name)", [bars.values.count], bars.values) }
    case .histogram(let histogram):
      add("\(name)_edges", [histogram.edges.count], histogram.edges)
      add("\(name)_counts", [histogram.counts.count], histogram.counts)
    case .image(let image):
      add("\(name)_pixels", [image.height, image.width], image.pixels.map(Double.init))
    }
  }

  private mutating func add(_ title: String, _ shape: [Int], _ elements: [Double]) {
    let plain = String(
      title.unicodeScalars.map {
        $0.properties.isAlphabetic || ("0"..."9").contains($0) ? Character($0) : "_"
      })
    var name = plain
    var copy = 2
    while members.contains(where: { $0.name == name }) {
      name = "\(plain)_\(copy)"
      copy += 1
    }
    members.append(.init(name: name, array: NPYArray(shape: shape, elements: elements)))
  }
}
