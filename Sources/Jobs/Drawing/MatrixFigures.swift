import DeepLinear
import Records

/// Matrices as heat maps.
enum MatrixFigures {
  /// Maps of larger matrices are reduced to so many cells along their longer side.
  private static let longestSide = 256

  static func figure(_ title: String, _ matrix: Matrix, _ values: String = "value") -> Figure {
    var map = map(matrix)
    map.colors = colorScale(for: map, title: values)
    return Figure(title: title, .heatMap(map))
  }

  /// Several matrices with the colors of the last.
  static func alike(_ matrices: [(title: String, matrix: Matrix)]) -> [Figure] {
    let maps = matrices.map { map($0.matrix) }
    let colors = maps.last.map { colorScale(for: $0, title: "value") }
    return zip(matrices, maps).map { named, map in
      var map = map
      if let colors { map.colors = colors }
      return Figure(title: named.title, .heatMap(map))
    }
  }

  static func map(
    _ matrix: Matrix, _ colors: ColorScale = ColorScale(.sequential, title: "value")
  ) -> HeatMap {
    HeatMap(
      rowCount: matrix.rowCount, columnCount: matrix.columnCount, values: matrix.elements,
      colors: colors
    ).reduced(toSide: longestSide)
  }

  /// Several tables with the colors of the last, no two columns ever mixed: of a table with more rows or columns than
  /// are drawn, every second or third is shown.
  ///
  /// Where columns differ more than twentyfold in size, each is drawn relative to its own middle and spread in the last
  /// table.
  static func tables(
    _ matrices: [(title: String, matrix: Matrix)], _ labels: TableLabels
  ) -> [Figure] {
    guard let last = matrices.last?.matrix else { return [] }
    let scales = columnScales(last)
    let maps = matrices.map { sampled($0.matrix, labels, scales) }
    let title = scales == nil ? "value" : "value, relative to its column"
    let colors = maps.last.map { colorScale(for: $0, title: title) }
    return zip(matrices, maps).map { named, map in
      var map = map
      if let colors { map.colors = colors }
      return Figure(title: named.title, .heatMap(map))
    }
  }

  /// The middle and the spread of each column; nil where all columns are of one size.
  private static func columnScales(_ matrix: Matrix) -> [(middle: Double, spread: Double)]? {
    let scales = (0..<matrix.columnCount).map { column -> (middle: Double, spread: Double) in
      let values = (0..<matrix.rowCount).map { matrix[$0, column] }.filter(\.isFinite)
      let middle = values.reduce(0, +) / Double(max(values.count, 1))
      let squares = values.reduce(0) { $0 + ($1 - middle) * ($1 - middle) }
      return (middle, (squares / Double(max(values.count, 1))).squareRoot())
    }
    let sizes = scales.map { max(abs($0.middle), $0.spread) }.filter { $0 > 0 }
    guard let smallest = sizes.min(), let largest = sizes.max(), largest > 20 * smallest else {
      return nil
    }
    return scales
  }

  /// A map without mixed columns; of a large matrix every second or third row and column.
  static func sampled(
    _ matrix: Matrix, _ labels: TableLabels,
    _ scales: [(middle: Double, spread: Double)]? = nil
  ) -> HeatMap {
    let rows = HeatMap.sample(of: matrix.rowCount, toSide: longestSide)
    let columns = HeatMap.sample(of: matrix.columnCount, toSide: longestSide)
    var values: [Double] = []
    values.reserveCapacity(rows.count * columns.count)
    for row in rows {
      for column in columns {
        var value = matrix[row, column]
        if let scales {
          let scale = scales[column]
          value = scale.spread > 0 ? (value - scale.middle) / scale.spread : value - scale.middle
        }
        values.append(value)
      }
    }
    func title(_ word: String, _ shown: [Int]) -> String {
      let step = shown.count > 1 ? shown[1] : 1
      return step == 1
        ? word : "\(word), every \(step == 2 ? "2nd" : step == 3 ? "3rd" : "\(step)th")"
    }
    return HeatMap(
      rowCount: rows.count, columnCount: columns.count, values: values,
      horizontal: Axis(title("column", columns)), vertical: Axis(title("row", rows)),
      colors: ColorScale(.sequential, title: "value"), rowNames: rows.map(labels.row),
      columnNames: columns.map(labels.column))
  }

  /// Colors for all but the largest two hundredths of the values, so that a few do not pale the others.
  static func colorScale(for map: HeatMap, title: String) -> ColorScale {
    let sizes = map.values.lazy.filter(\.isFinite).map(abs).sorted()
    let extent = sizes.isEmpty ? 1 : sizes[(sizes.count - 1) * 98 / 100]
    let upper = extent > 0 ? extent : sizes.last ?? 1
    return map.values.contains { $0 < 0 }
      ? ColorScale(.diverging, title: title, lower: -upper, upper: upper)
      : ColorScale(.sequential, title: title, upper: upper)
  }
}
