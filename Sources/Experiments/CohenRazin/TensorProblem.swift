import Estimators
import LinearAlgebra

/// A tensor of which some entries are known.
struct TensorProblem {
  /// All values, the last index fastest.
  var truth: [Double]
  var entries: ObservedTensor

  /// Σ_r weight_r times a product of random unit vectors.
  init(
    shape: [Int], weights: [Double], entryCount: Int, using generator: inout SeededGenerator
  ) throws {
    let factors = shape.map { extent in
      Matrix.orthogonal(rowCount: extent, columnCount: weights.count, using: &generator)
    }
    truth = Self.values(shape) { position in
      weights.indices.reduce(0) { sum, r in
        sum + shape.indices.reduce(weights[r]) { $0 * factors[$1][position[$1], r] }
      }
    }
    entries = try Self.some(entryCount, of: truth, shape: shape, using: &generator)
  }

  /// Two matrices of the given ranks as the pairs (1, 2) and (3, 4), summed over `rootRank` such products.
  ///
  /// Each pair's matrices are combinations of the same `rank` products of unit vectors.
  init(
    hierarchical shape: [Int], rank: Int, rootRank: Int, entryCount: Int,
    using generator: inout SeededGenerator
  ) throws {
    let factors = shape.map { extent in
      Matrix.orthogonal(rowCount: extent, columnCount: rank, using: &generator)
    }
    let left = Matrix.orthogonal(rowCount: rank, columnCount: rootRank, using: &generator)
    let right = Matrix.orthogonal(rowCount: rank, columnCount: rootRank, using: &generator)
    truth = Self.values(shape) { position in
      (0..<rootRank).reduce(0) { sum, root in
        func pair(_ first: Int, _ transfer: Matrix) -> Double {
          (0..<rank).reduce(0) {
            $0 + transfer[$1, root] * factors[first][position[first], $1]
              * factors[first + 1][position[first + 1], $1]
          }
        }
        return sum + pair(0, left) * pair(2, right) / Double(root + 1)
      }
    }
    entries = try Self.some(entryCount, of: truth, shape: shape, using: &generator)
  }

  private static func values(_ shape: [Int], _ value: ([Int]) -> Double) -> [Double] {
    (0..<shape.reduce(1, *)).map { value(position($0, in: shape)) }
  }

  private static func some(
    _ count: Int, of truth: [Double], shape: [Int], using generator: inout SeededGenerator
  ) throws -> ObservedTensor {
    let places = generator.sample(count, below: truth.count)
    return try ObservedTensor(
      shape: shape, indices: places.flatMap { position($0, in: shape) },
      values: places.map { truth[$0] })
  }

  private static func position(_ place: Int, in shape: [Int]) -> [Int] {
    var rest = place
    var result = shape
    for n in shape.indices.reversed() {
      result[n] = rest % shape[n]
      rest /= shape[n]
    }
    return result
  }

  /// ‖T − truth‖/‖truth‖.
  func relativeError(of values: [Double]) -> Double {
    let error = zip(values, truth).reduce(0) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) }
    return (error / truth.reduce(0) { $0 + $1 * $1 }).squareRoot()
  }
}
