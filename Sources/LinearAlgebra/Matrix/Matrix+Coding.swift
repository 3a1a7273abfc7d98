extension Matrix: Codable {
  private enum CodingKeys: CodingKey {
    case rows, columns, elements
  }

  /// Reads a matrix back to the same bits, if the format keeps them.
  ///
  /// - Throws: `DecodingError` when the elements do not fill the shape.
  public init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    let rowCount = try container.decode(Int.self, forKey: .rows)
    let columnCount = try container.decode(Int.self, forKey: .columns)
    let elements = try container.decode([Double].self, forKey: .elements)
    let (count, overflow) = rowCount.multipliedReportingOverflow(by: columnCount)
    guard rowCount >= 0, columnCount >= 0, !overflow, count == elements.count else {
      throw DecodingError.dataCorruptedError(
        forKey: .elements, in: container,
        debugDescription:
          "\(elements.count) elements cannot fill a \(rowCount)×\(columnCount) matrix")
    }
    self.init(rowCount: rowCount, columnCount: columnCount, elements: elements)
  }

  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(rowCount, forKey: .rows)
    try container.encode(columnCount, forKey: .columns)
    try container.encode(elements, forKey: .elements)
  }
}
