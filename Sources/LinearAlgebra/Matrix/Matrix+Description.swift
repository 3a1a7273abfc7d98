extension Matrix: CustomStringConvertible {
  /// The elements in aligned columns for a small matrix; shape and norm for a large one.
  public var description: String {
    guard rowCount <= 12, columnCount <= 10, count > 0 else {
      return count == 0 ? "\(shape) matrix" : "\(shape) matrix of norm \(frobeniusNorm)"
    }
    let cells = storage.map(Self.shortened)
    let widths = (0..<columnCount).map { column in
      stride(from: column, to: count, by: columnCount).map { cells[$0].count }.max() ?? 0
    }
    return (0..<rowCount).map { row in
      (0..<columnCount).map { column in
        let cell = cells[row * columnCount + column]
        return String(repeating: " ", count: widths[column] - cell.count) + cell
      }.joined(separator: "  ")
    }.joined(separator: "\n")
  }

  /// About six significant digits.
  private static func shortened(_ value: Double) -> String {
    guard value.isFinite, value != 0 else { return value == 0 ? "0" : "\(value)" }
    // Powers of ten up to 10²² are exact; smaller and larger numbers are shown in full.
    guard abs(value) >= 1e-16, abs(value) < 1e15 else { return "\(value)" }
    var unit = 1.0
    while abs(value) * unit < 1e5 { unit *= 10 }
    let rounded = (value * unit).rounded() / unit
    return rounded == rounded.rounded() ? "\(Int(rounded))" : "\(rounded)"
  }
}
