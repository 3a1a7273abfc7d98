extension Matrix {
  /// For each of the first columns the sign, 1 or −1, of its element of largest magnitude, the first of several.
  ///
  /// Goes through the matrix row by row, as it lies in memory.
  func signsOfLargestElements(count: Int) -> [Double] {
    var largest = [Double](repeating: 0, count: count)
    storage.withUnsafeBufferPointer { elements in
      largest.withUnsafeMutableBufferPointer { largest in
        for row in 0..<rowCount {
          let start = row * columnCount
          for column in 0..<count {
            let value = elements[start + column]
            if abs(value) > abs(largest[column]) { largest[column] = value }
          }
        }
      }
    }
    return largest.map { $0 < 0 ? -1 : 1 }
  }

  /// Multiplies the first columns by signs, in place.
  mutating func multiplyColumns(bySigns signs: [Double]) {
    guard signs.contains(-1) else { return }
    let (rowCount, columnCount) = (rowCount, columnCount)
    withUnsafeMutableElements { elements in
      signs.withUnsafeBufferPointer { signs in
        for row in 0..<rowCount {
          let start = row * columnCount
          for column in signs.indices { elements[start + column] *= signs[column] }
        }
      }
    }
  }
}
