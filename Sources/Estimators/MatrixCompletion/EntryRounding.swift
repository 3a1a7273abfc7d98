import LinearAlgebra

// An entry carries the rounding of its own value, and of the sums that it came from: of u_iᵀv_j with |u_i||v_j|
// larger than itself, by no more than the largest entries of its row or its column. What rows and columns have in
// common, their medians, is no part of those sums: a signal of size one on an offset of 10⁹ is known to 10⁻⁷, and a
// fit that misses it by 10⁻² has not found it. Medians and the smaller of two maxima keep one huge entry from
// excusing errors of others.

/// How far a fit may be from each entry and still agree with it to rounding.
struct EntryRounding {
  /// One number for each entry, in their order.
  let tolerances: [Double]

  /// The rounding of the value itself: stored numbers and one sum.
  private static let ofValue = 64 * Double.ulpOfOne
  /// The rounding of what is left without offsets: of factors that are fitted, with room for ill-conditioned rows.
  private static let ofSignal = 8192 * Double.ulpOfOne

  init(of entries: ObservedEntries) {
    let centred = MedianOffsets(of: entries).removed(from: entries)
    let plain = Self.smallerMaxima(entries, entries.values)
    let signal = Self.smallerMaxima(entries, centred)
    let floor = Self.floors(entries)
    tolerances = entries.values.indices.map {
      Self.ofValue * max(abs(entries.values[$0]), floor[$0])
        + Self.ofSignal * min(plain[$0], signal[$0])
    }
  }

  /// The size of an ordinary entry, no larger than the entry's row and column: a line of zeros is met only to the
  /// rounding of the factors of others.
  private static func floors(_ entries: ObservedEntries) -> [Double] {
    let (rows, columns) = maxima(entries, entries.values)
    func median(_ values: [Double]) -> Double { values.sorted()[(values.count - 1) / 2] }
    let ordinary = min(median(rows), median(columns))
    return entries.values.indices.map {
      min(ordinary, max(rows[Int(entries.rows[$0])], columns[Int(entries.columns[$0])]))
    }
  }

  /// For each entry the smaller of the largest sizes in its row and in its column.
  private static func smallerMaxima(_ entries: ObservedEntries, _ values: [Double]) -> [Double] {
    let (rows, columns) = maxima(entries, values)
    return values.indices.map {
      min(rows[Int(entries.rows[$0])], columns[Int(entries.columns[$0])])
    }
  }

  private static func maxima(
    _ entries: ObservedEntries, _ values: [Double]
  ) -> (rows: [Double], columns: [Double]) {
    var rows = [Double](repeating: 0, count: entries.rowCount)
    var columns = [Double](repeating: 0, count: entries.columnCount)
    for k in values.indices {
      let (row, column) = (Int(entries.rows[k]), Int(entries.columns[k]))
      rows[row] = max(rows[row], abs(values[k]))
      columns[column] = max(columns[column], abs(values[k]))
    }
    return (rows, columns)
  }
}

/// The median of every column, then of every row of what is left.
struct MedianOffsets {
  private(set) var rows: [Double]
  private(set) var columns: [Double]

  init(of entries: ObservedEntries, rows hasRows: Bool = true, columns hasColumns: Bool = true) {
    columns = [Double](repeating: 0, count: entries.columnCount)
    rows = [Double](repeating: 0, count: entries.rowCount)
    if hasColumns { columns = Self.medians(of: entries.transposed()) }
    if hasRows {
      rows = Self.medians(of: entries.replacingValues(removed(from: entries)))
    }
  }

  /// The values less their offsets; each is rounded once or twice.
  func removed(from entries: ObservedEntries) -> [Double] {
    entries.values.indices.map {
      entries.values[$0] - columns[Int(entries.columns[$0])] - rows[Int(entries.rows[$0])]
    }
  }

  /// The lower median of every row; zero for a row without entries.
  private static func medians(of entries: ObservedEntries) -> [Double] {
    (0..<entries.rowCount).map { row in
      let values = entries.values[entries.rowStarts[row]..<entries.rowStarts[row + 1]].sorted()
      return values.isEmpty ? 0 : values[(values.count - 1) / 2]
    }
  }
}
