import LinearAlgebra

extension MatrixMarket {
  /// Writes an array, column after column.
  static func write(_ matrix: Matrix, to sink: ByteSink) throws(DataFormatError) {
    try sink.write(
      "%%MatrixMarket matrix array real general\n\(matrix.rowCount) \(matrix.columnCount)\n")
    for column in 0..<matrix.columnCount {
      for row in 0..<matrix.rowCount {
        try sink.write(DelimitedWriter.number(matrix[row, column]) + "\n")
      }
    }
  }

  /// Writes coordinates.
  static func write(_ entries: ObservedEntries, to sink: ByteSink) throws(DataFormatError) {
    try sink.write(
      "%%MatrixMarket matrix coordinate real general\n"
        + "\(entries.rowCount) \(entries.columnCount) \(entries.count)\n")
    for k in 0..<entries.count {
      try sink.write(
        "\(entries.rows[k] + 1) \(entries.columns[k] + 1) \(DelimitedWriter.number(entries.values[k]))\n"
      )
    }
  }
}
