extension Matrix {
  /// The sum of two matrices of one shape.
  public static func + (left: Matrix, right: Matrix) -> Matrix {
    var result = left
    result += right
    return result
  }

  /// The difference of two matrices of one shape.
  public static func - (left: Matrix, right: Matrix) -> Matrix {
    var result = left
    result -= right
    return result
  }

  /// Adds a matrix of the same shape in place.
  public static func += (left: inout Matrix, right: Matrix) { left.add(right, scaledBy: 1) }

  /// Subtracts a matrix of the same shape in place.
  public static func -= (left: inout Matrix, right: Matrix) { left.add(right, scaledBy: -1) }

  /// The matrix with every sign changed.
  public static prefix func - (matrix: Matrix) -> Matrix { matrix.map { -$0 } }

  /// The matrix with every element multiplied by a number.
  public static func * (factor: Double, matrix: Matrix) -> Matrix {
    var result = matrix
    result.scale(by: factor)
    return result
  }

  /// The matrix with every element multiplied by a number.
  public static func * (matrix: Matrix, factor: Double) -> Matrix { factor * matrix }

  /// The matrix with every element divided by a number, each quotient correctly rounded.
  public static func / (matrix: Matrix, divisor: Double) -> Matrix { matrix.map { $0 / divisor } }

  /// Multiplies every element by a number in place.
  public static func *= (matrix: inout Matrix, factor: Double) { matrix.scale(by: factor) }

  /// Divides every element by a number in place.
  public static func /= (matrix: inout Matrix, divisor: Double) {
    matrix.withUnsafeMutableElements { for k in $0.indices { $0[k] /= divisor } }
  }

  /// Adds a multiple of a matrix of the same shape, in place and without allocation.
  public mutating func add(_ other: Matrix, scaledBy factor: Double) {
    requireSameShape(other, "add")
    storage.withUnsafeMutableBufferPointer { target in
      other.storage.withUnsafeBufferPointer { BLAS.add(factor, $0, to: target) }
    }
  }

  /// Multiplies every element by a number, in place and without allocation.
  public mutating func scale(by factor: Double) {
    storage.withUnsafeMutableBufferPointer { BLAS.scale($0, by: factor) }
  }

  /// Sets every element to zero in place.
  public mutating func setToZero() {
    storage.withUnsafeMutableBufferPointer { $0.update(repeating: 0) }
  }

  /// Copies the elements of a matrix of the same shape into this one's own storage.
  ///
  /// Plain assignment shares storage and pays for a new one at the next change; this does not.
  public mutating func copyElements(from other: Matrix) {
    requireSameShape(other, "copy")
    storage.withUnsafeMutableBufferPointer { target in
      other.storage.withUnsafeBufferPointer { source in
        guard let target = target.baseAddress, let start = source.baseAddress else { return }
        target.update(from: start, count: source.count)
      }
    }
  }

  /// The sum of the products of corresponding elements, `⟨A, B⟩ = tr AᵀB`.
  public func inner(_ other: Matrix) -> Double {
    requireSameShape(other, "form the inner product of")
    return storage.withUnsafeBufferPointer { left in
      other.storage.withUnsafeBufferPointer { BLAS.dot(left, $0) }
    }
  }

  func requireSameShape(_ other: Matrix, _ verb: @autoclosure () -> String) {
    precondition(
      rowCount == other.rowCount && columnCount == other.columnCount,
      "cannot \(verb()) a \(shape) and a \(other.shape) matrix")
  }
}
