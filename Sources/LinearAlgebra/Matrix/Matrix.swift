/// A dense matrix of doubles, stored row by row.
///
/// A value type with copy-on-write storage. Shapes never change after creation, and every operation
/// states the shapes it needs; a shape that does not fit is a programmer's error and stops with both
/// shapes named.
///
/// Element access through the subscript checks its bounds and costs about three times a raw read: in a
/// hot loop, go through ``withUnsafeElements(_:)`` and ``withUnsafeMutableElements(_:)``.
public struct Matrix: Equatable, Sendable {
  /// The number of rows.
  public let rowCount: Int

  /// The number of columns.
  public let columnCount: Int

  @usableFromInline package var storage: [Double]

  /// Creates a matrix from its elements, row after row.
  ///
  /// - Precondition: `elements.count == rowCount * columnCount`, and neither count is negative.
  @inlinable
  public init(rowCount: Int, columnCount: Int, elements: [Double]) {
    precondition(
      rowCount >= 0 && columnCount >= 0, "a matrix cannot have \(rowCount)×\(columnCount) elements")
    precondition(
      elements.count == rowCount * columnCount,
      "\(elements.count) elements cannot fill a \(rowCount)×\(columnCount) matrix")
    self.rowCount = rowCount
    self.columnCount = columnCount
    self.storage = elements
  }

  /// The elements, row after row.
  @inlinable public var elements: [Double] { storage }

  /// The number of elements.
  @inlinable public var count: Int { storage.count }

  /// The element at a row and a column, both counted from zero.
  @inlinable
  public subscript(row: Int, column: Int) -> Double {
    get {
      precondition(contains(row, column), outside(row, column))
      return storage[row * columnCount + column]
    }
    set {
      precondition(contains(row, column), outside(row, column))
      storage[row * columnCount + column] = newValue
    }
  }

  @inlinable
  func contains(_ row: Int, _ column: Int) -> Bool {
    row >= 0 && row < rowCount && column >= 0 && column < columnCount
  }

  @usableFromInline
  func outside(_ row: Int, _ column: Int) -> String {
    "element (\(row), \(column)) lies outside a \(shape) matrix"
  }

  /// The shape in words, for messages: `"3×4"`.
  public var shape: String { "\(rowCount)×\(columnCount)" }

  /// Calls a closure with the elements, row after row.
  @inlinable
  public func withUnsafeElements<Result, Failure: Error>(
    _ body: (UnsafeBufferPointer<Double>) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    try storage.withUnsafeBufferPointer(body)
  }

  /// Calls a closure with the elements, row after row, to change in place.
  @inlinable
  public mutating func withUnsafeMutableElements<Result, Failure: Error>(
    _ body: (UnsafeMutableBufferPointer<Double>) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    try storage.withUnsafeMutableBufferPointer {
      (buffer: inout UnsafeMutableBufferPointer<Double>) throws(Failure) -> Result in
      try body(buffer)
    }
  }
}
