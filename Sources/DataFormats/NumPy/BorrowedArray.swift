/// An array in the memory of somebody else, in C's order, who keeps it there for as long as this is used.
///
/// Should its owner change elements meanwhile, what is read is a mixture of old and new ones and nothing worse.
public struct BorrowedArray: @unchecked Sendable {
  /// The extent of each dimension.
  public let shape: [Int]

  /// The elements, where they are.
  public let elements: UnsafeBufferPointer<Double>

  /// - Precondition: as many elements as the shape needs.
  public init(shape: [Int], elements: UnsafeBufferPointer<Double>) {
    precondition(
      elementCount(shape) == elements.count,
      "\(elements.count) elements cannot fill an array of shape \(DataFormatError.words(shape))")
    self.shape = shape
    self.elements = elements
  }

  /// An array of its own.
  public func copied() -> NPYArray { NPYArray(shape: shape, elements: Array(elements)) }
}

extension NPYArray {
  /// Calls a closure with the array, not copied.
  package func withBorrowed<Result, Failure: Error>(
    _ body: (BorrowedArray) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    try elements.withUnsafeBufferPointer { elements throws(Failure) in
      try body(BorrowedArray(shape: shape, elements: elements))
    }
  }
}
