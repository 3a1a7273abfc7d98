import DeepLinear
import Records

/// Matrices as heat maps.
enum MatrixFigures {
  /// Maps of larger matrices are reduced to so many cells along their longer side.
  private static let longestSide = 400

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
