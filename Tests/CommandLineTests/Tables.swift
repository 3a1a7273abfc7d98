import LinearAlgebra

/// Small problems to be completed.
enum Tables {
  static let nan = Double.nan

  /// A matrix of low rank with noise, and NaN in place of a share of its entries.
  static func withHoles(
    rows: Int, columns: Int, rank: Int, noise: Double = 0, known: Double, seed: UInt64
  ) -> (observed: Matrix, truth: Matrix) {
    var generator = SeededGenerator(seed: seed)
    let truth =
      Matrix.gaussian(rowCount: rows, columnCount: rank, using: &generator)
      * Matrix.gaussian(rowCount: rank, columnCount: columns, using: &generator)
    let disturbance = Matrix.gaussian(rowCount: rows, columnCount: columns, using: &generator)
    var observed = truth
    for i in 0..<rows {
      for j in 0..<columns {
        observed[i, j] =
          Double.random(in: 0..<1, using: &generator) < known
          ? truth[i, j] + noise * disturbance[i, j] : nan
      }
    }
    return (observed, truth)
  }

  static func matrix(rows: Int, columns: Int, _ value: (Int, Int) -> Double) -> Matrix {
    let elements = (0..<rows).flatMap { i in (0..<columns).map { j in value(i, j) } }
    return Matrix(rowCount: rows, columnCount: columns, elements: elements)
  }

  static func csv(_ matrix: Matrix) -> String {
    (0..<matrix.rowCount).map { i in
      (0..<matrix.columnCount).map { matrix[i, $0].isNaN ? "" : "\(matrix[i, $0])" }
        .joined(separator: ",")
    }.joined(separator: "\n") + "\n"
  }

  static func triplets(_ matrix: Matrix, base: Int = 0) -> String {
    var text = "row,column,value\n"
    for i in 0..<matrix.rowCount {
      for j in 0..<matrix.columnCount where !matrix[i, j].isNaN {
        text += "\(i + base),\(j + base),\(matrix[i, j])\n"
      }
    }
    return text
  }
}
