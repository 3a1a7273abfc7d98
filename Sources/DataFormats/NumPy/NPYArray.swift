public import LinearAlgebra

/// An array of any number of dimensions, as NumPy stores them; the last index runs fastest.
public struct NPYArray: Equatable, Sendable {
  /// The extent of each dimension; empty for a single number.
  public let shape: [Int]

  /// The elements; the product of the extents is their number.
  public let elements: [Double]

  /// - Precondition: as many elements as the shape needs.
  public init(shape: [Int], elements: [Double]) {
    precondition(
      elementCount(shape) == elements.count,
      "\(elements.count) elements cannot fill an array of shape \(DataFormatError.words(shape))")
    self.shape = shape
    self.elements = elements
  }

  /// An array of one dimension.
  public init(_ vector: [Double]) {
    self.init(shape: [vector.count], elements: vector)
  }

  /// An array of two dimensions.
  public init(_ matrix: Matrix) {
    self.init(shape: [matrix.rowCount, matrix.columnCount], elements: matrix.elements)
  }

  /// The matrix of a two-dimensional array, or of a one-dimensional one as a column; nil for other shapes.
  public var matrix: Matrix? {
    switch shape.count {
    case 1: Matrix(rowCount: shape[0], columnCount: 1, elements: elements)
    case 2: Matrix(rowCount: shape[0], columnCount: shape[1], elements: elements)
    default: nil
    }
  }

  /// The matrix, with a sentence if there is none.
  func matrix(file: String) throws(DataFormatError) -> Matrix {
    guard let matrix else { throw .wrongDimension(file, shape: shape) }
    guard matrix.count > 0 else { throw .noElements(file, shape: shape) }
    return matrix
  }
}

extension NPYArray {
  /// Reads a `.npy` file of version 1 to 3, gzip allowed.
  ///
  /// Numbers of every floating-point, integer and boolean type up to 64 bits are read, in either byte order
  /// and in either order of elements.
  ///
  /// - Throws: ``DataFormatError``: no such file, a damaged or truncated file, elements that are not real
  ///   numbers, or integers beyond 2⁵³ that a double does not hold.
  /// - Complexity: memory of eight bytes per element, sixteen while Fortran order is rearranged.
  public init(reading source: ByteSource) throws(DataFormatError) {
    let stream = try ByteStream(source)
    self = try NPYReader.read(stream)
    try stream.verify()
  }

  /// The bytes of a `.npy` file.
  ///
  /// - Throws: ``DataFormatError`` for elements that the type does not hold.
  public func encoded(as type: ScalarType = .float64) throws(DataFormatError) -> [UInt8] {
    try ByteSink.collect { sink throws(DataFormatError) in
      try NPYWriter.write(self, as: type, name: "array.npy", to: sink)
    }
  }

  /// Elements in Fortran's order, the first index fastest, put into C's order.
  static func rearranged(_ elements: [Double], shape: [Int]) -> [Double] {
    guard shape.count > 1, !elements.isEmpty else { return elements }
    var strides = [1]
    for extent in shape.dropLast() { strides.append(strides[strides.count - 1] * extent) }
    var result: [Double] = []
    result.reserveCapacity(elements.count)
    var index = [Int](repeating: 0, count: shape.count)
    var offset = 0
    let last = shape.count - 1
    while true {
      for k in 0..<shape[last] { result.append(elements[offset + k * strides[last]]) }
      var axis = last - 1
      while axis >= 0 {
        index[axis] += 1
        offset += strides[axis]
        if index[axis] < shape[axis] { break }
        offset -= strides[axis] * shape[axis]
        index[axis] = 0
        axis -= 1
      }
      if axis < 0 { return result }
    }
  }
}
