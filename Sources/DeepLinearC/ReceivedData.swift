import CInterface
import DataFormats
import Jobs

// Goals: 1. A shape or a stride that cannot be is a sentence, never a read outside the array.
//        2. What lies in C's order is not copied.

extension JobContext {
  /// What the caller of `deeplinear_run` passed beside the request.
  init(
    _ arrays: UnsafeBufferPointer<deeplinear_array>, _ files: UnsafeBufferPointer<deeplinear_file>,
    _ choices: Choices
  ) throws {
    self.init(wantsRecord: choices.contains(.record))
    for array in arrays {
      let name = try Self.name(array.name)
      let received = try ReceivedArray(array, named: name)
      if let elements = received.inPlace {
        borrowed[name] = BorrowedArray(shape: received.shape, elements: elements)
      } else {
        self.arrays[name] = received.copied()
      }
    }
    for file in files {
      uploads[try Self.name(file.name)] = Array(
        UnsafeRawBufferPointer(start: file.bytes, count: Int(file.count)))
    }
  }

  private static func name(_ text: UnsafePointer<CChar>?) throws -> String {
    guard let text, text.pointee != 0 else {
      throw BadInput("an array or a file has no name; give it the one in the request.")
    }
    return String(cString: text)
  }
}

/// An array of doubles somewhere in the caller's memory.
private struct ReceivedArray {
  let shape: [Int]
  private let count: Int
  /// Bytes along each dimension.
  private let strides: [Int]
  private let base: UnsafeRawPointer?

  init(_ array: deeplinear_array, named name: String) throws {
    guard (0...32).contains(array.dimensions) else {
      throw BadInput("\(name): an array cannot have \(array.dimensions) dimensions; give 0 to 32.")
    }
    let extents = UnsafeBufferPointer(start: array.shape, count: Int(array.dimensions)).map(
      Int.init)
    var count = 1
    for extent in extents {
      let (product, overflows) = count.multipliedReportingOverflow(by: extent)
      guard extent >= 0, !overflows, product <= Int.max / 8 else {
        throw BadInput("\(name): the shape \(extents) is not that of an array; correct it.")
      }
      count = product
    }
    guard array.data != nil || count == 0 else {
      throw BadInput("\(name): the array has no elements at its address; give one.")
    }
    shape = extents
    self.count = count
    base = array.data
    var dense = [Int](repeating: 8, count: extents.count)
    for axis in extents.indices.dropLast().reversed() {
      dense[axis] = dense[axis + 1] * extents[axis + 1]
    }
    strides =
      array.strides.map { given in extents.indices.map { Int(given[$0]) } } ?? dense
  }

  /// The elements where they are, if they lie one after the other at an address of doubles.
  var inPlace: UnsafeBufferPointer<Double>? {
    guard count > 0 else { return UnsafeBufferPointer(start: nil, count: 0) }
    guard let base, UInt(bitPattern: base) % UInt(MemoryLayout<Double>.alignment) == 0 else {
      return nil
    }
    var expected = 8
    for axis in shape.indices.reversed() where shape[axis] > 1 {
      guard strides[axis] == expected else { return nil }
      expected *= shape[axis]
    }
    return UnsafeBufferPointer(start: base.assumingMemoryBound(to: Double.self), count: count)
  }

  /// The elements in C's order.
  func copied() -> NPYArray {
    guard count > 0, let base else { return NPYArray(shape: shape, elements: []) }
    guard let inner = strides.last, let extent = shape.last else {
      return NPYArray(shape: shape, elements: [base.loadUnaligned(as: Double.self)])
    }
    let elements = [Double](unsafeUninitializedCapacity: count) { target, filled in
      var index = [Int](repeating: 0, count: shape.count)
      var offset = 0
      while filled < count {
        for k in 0..<extent {
          target.initializeElement(
            at: filled + k,
            to: base.loadUnaligned(fromByteOffset: offset + k * inner, as: Double.self))
        }
        filled += extent
        var axis = shape.count - 2
        while axis >= 0 {
          index[axis] += 1
          offset += strides[axis]
          if index[axis] < shape[axis] { break }
          offset -= strides[axis] * shape[axis]
          index[axis] = 0
          axis -= 1
        }
      }
    }
    return NPYArray(shape: shape, elements: elements)
  }
}
