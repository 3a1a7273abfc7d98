/// The known entries of a tensor.
public struct ObservedTensor: Equatable, Sendable {
  /// The extent of each dimension.
  public let shape: [Int]
  /// The position of each entry: as many numbers as there are dimensions, entry after entry.
  public let indices: [Int]
  /// The known values.
  public let values: [Double]

  /// The number of known entries.
  public var count: Int { values.count }
  /// The number of dimensions.
  public var order: Int { shape.count }

  /// Why lists do not describe entries of a tensor. Entries are counted from zero.
  public enum Failure: Error, Equatable, Sendable {
    case orderBelowTwo(Int)
    case emptyDimension(Int)
    /// More entries than an integer can count.
    case tooLarge([Int])
    case differentCounts(indices: Int, values: Int, order: Int)
    case outside(entry: Int, position: [Int], shape: [Int])
    case notFinite(entry: Int, value: Double)
    case duplicate(first: Int, second: Int)
  }

  /// Known entries by their positions, one after the other.
  public init(shape: [Int], indices: [Int], values: [Double]) throws(Failure) {
    guard shape.count >= 2 else { throw .orderBelowTwo(shape.count) }
    if let dimension = shape.firstIndex(where: { $0 < 1 }) { throw .emptyDimension(dimension) }
    guard shape.reduce(1.0, { $0 * Double($1) }) < 0x1p62 else { throw .tooLarge(shape) }
    let order = shape.count
    guard indices.count == values.count * order else {
      throw .differentCounts(indices: indices.count, values: values.count, order: order)
    }
    var places: [Int: Int] = [:]
    for entry in values.indices {
      let position = Array(indices[entry * order..<(entry + 1) * order])
      guard zip(position, shape).allSatisfy({ $0 >= 0 && $0 < $1 }) else {
        throw .outside(entry: entry, position: position, shape: shape)
      }
      guard values[entry].isFinite else { throw .notFinite(entry: entry, value: values[entry]) }
      let place = zip(position, shape).reduce(0) { $0 * $1.1 + $1.0 }
      if let first = places.updateValue(entry, forKey: place) {
        throw .duplicate(first: first, second: entry)
      }
    }
    self.init(unchecked: shape, indices, values)
  }

  private init(unchecked shape: [Int], _ indices: [Int], _ values: [Double]) {
    self.shape = shape
    self.indices = indices
    self.values = values
  }

  /// Some of the entries, in the order given.
  public func selecting(_ entries: [Int]) -> ObservedTensor {
    ObservedTensor(
      unchecked: shape, entries.flatMap { indices[$0 * order..<($0 + 1) * order] },
      entries.map { values[$0] })
  }

  /// Takes positions known to lie inside, which may come more than once.
  init(positions: [Int], shape: [Int], values: [Double]) {
    self.init(unchecked: shape, positions, values)
  }

  /// The same positions with other values.
  func replacingValues(_ values: [Double]) -> ObservedTensor {
    ObservedTensor(unchecked: shape, indices, values)
  }
}

extension ObservedTensor.Failure: CustomStringConvertible {
  public var description: String {
    switch self {
    case .orderBelowTwo(let order): "a tensor to complete has two dimensions or more, not \(order)"
    case .emptyDimension(let dimension): "dimension \(dimension) of the tensor is empty"
    case .tooLarge(let shape): "a tensor of shape \(shape) has more entries than can be counted"
    case .differentCounts(let indices, let values, let order):
      "\(indices) indices do not place \(values) values in \(order) dimensions"
    case .outside(let entry, let position, let shape):
      "entry \(entry) lies at \(position), outside a tensor of shape \(shape)"
    case .notFinite(let entry, let value): "entry \(entry) is \(value)"
    case .duplicate(let first, let second): "entries \(first) and \(second) have the same position"
    }
  }
}
