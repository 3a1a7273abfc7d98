extension HeatMap {
  /// A smaller map of at most `side` rows and columns, whose values are means over square blocks
  /// of this one, leaving out what is missing. Of rows and columns with names some are left out instead. A map that fits
  /// is returned as it is.
  ///
  /// A record of a large matrix should hold a reduced map: what a reader can see, instead of
  /// millions of numbers that are in another file anyway.
  /// - Precondition: `side` is positive.
  public func reduced(toSide side: Int) -> HeatMap {
    precondition(side > 0, "a map cannot have a side of \(side)")
    let block = max(1, (max(rowCount, columnCount) + side - 1) / side)
    guard block > 1 else { return self }
    if rowNames != nil || columnNames != nil { return sampled(toSide: side) }
    let rows = (rowCount + block - 1) / block
    let columns = (columnCount + block - 1) / block
    var means = [Double](repeating: 0, count: rows * columns)
    var counts = [Double](repeating: 0, count: rows * columns)
    for row in 0..<rowCount {
      for column in 0..<columnCount {
        let value = values[row * columnCount + column]
        guard value.isFinite else { continue }
        let place = row / block * columns + column / block
        counts[place] += 1
        // A running mean cannot overflow where a sum can.
        means[place] += value / counts[place] - means[place] / counts[place]
      }
    }
    for place in means.indices where counts[place] == 0 { means[place] = .nan }
    var result = self
    result.rowCount = rows
    result.columnCount = columns
    result.values = means
    result.blockSide = blockSide * block
    result.addresses = nil
    return result
  }

  /// Which of so many lines are shown along a side of at most `side`: all, or every second, third, …
  ///
  /// - Precondition: `side` is positive.
  public static func sample(of count: Int, toSide side: Int) -> [Int] {
    Array(stride(from: 0, to: count, by: max(1, (count + side - 1) / side)))
  }

  /// Every so many rows and columns, as they are: a mean of things with names is none of them.
  private func sampled(toSide side: Int) -> HeatMap {
    let rows = Self.sample(of: rowCount, toSide: side)
    let columns = Self.sample(of: columnCount, toSide: side)
    var result = self
    result.rowCount = rows.count
    result.columnCount = columns.count
    result.values = rows.flatMap { row in columns.map { values[row * columnCount + $0] } }
    result.addresses = addresses.map { addresses in
      rows.flatMap { row in columns.map { addresses[row * columnCount + $0] } }
    }
    result.rowNames = rowNames.map { names in rows.map { names[$0] } }
    result.columnNames = columnNames.map { names in columns.map { names[$0] } }
    return result
  }
}
