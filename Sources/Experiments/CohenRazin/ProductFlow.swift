import Dynamics
import Estimators
import LinearAlgebra
import RealModule

/// Gradient flow of a sum of products of vectors on the known entries of a tensor of three indices.
///
/// The state stacks the three factors, whose columns are components. The loss is half the mean square of the residuals
/// times the number of all entries, so that its slope does not depend on how many are known.
struct ProductFlow: Sendable {
  let entries: ObservedTensor
  private var total: Double { Double(entries.shape.reduce(1, *)) }

  /// Random directions, every component of one size, balanced.
  func start(
    componentCount: Int, size: Double, using generator: inout SeededGenerator
  ) -> Matrix {
    let each = Double.root(size, 3)
    return .verticallyStacked(
      entries.shape.map { extent in
        let factor = Matrix.gaussian(
          rowCount: extent, columnCount: componentCount, using: &generator)
        let lengths = (0..<componentCount).map { column in
          each / factor.column(column).reduce(0) { $0 + $1 * $1 }.squareRoot()
        }
        return factor.scalingColumns(by: lengths)
      })
  }

  func equation(from start: Matrix) -> MatrixFlow {
    MatrixFlow(from: start, loss: { loss(at: $0) }) { velocity(at: $0) }
  }

  func loss(at state: Matrix) -> Double {
    var sum = 0.0
    visit(state) { _, _, residual in sum += residual * residual }
    return 0.5 * total / Double(entries.count) * sum
  }

  /// −∂ℓ/∂factors.
  func velocity(at state: Matrix) -> Matrix {
    let count = state.columnCount
    let weight = total / Double(entries.count)
    var result = [Double](repeating: 0, count: state.count)
    state.withUnsafeElements { values in
      visit(state) { rows, _, residual in
        let (a, b, c) = (rows.0 * count, rows.1 * count, rows.2 * count)
        let scale = -weight * residual
        for r in 0..<count {
          let (x, y, z) = (values[a + r], values[b + r], values[c + r])
          result[a + r] += scale * y * z
          result[b + r] += scale * x * z
          result[c + r] += scale * x * y
        }
      }
    }
    return Matrix(rowCount: state.rowCount, columnCount: count, elements: result)
  }

  /// The size of every component: the product of its vectors' lengths.
  func sizes(of state: Matrix) -> [Double] {
    let lengths = blocks.map { rows in
      (0..<state.columnCount).map { column in
        rows.reduce(0.0) { $0 + state[$1, column] * state[$1, column] }.squareRoot()
      }
    }
    return (0..<state.columnCount).map { lengths[0][$0] * lengths[1][$0] * lengths[2][$0] }
  }

  /// ⟨−∇ℓ, u ⊗ v ⊗ w⟩ of every component's unit vectors.
  func slopes(of state: Matrix) -> [Double] {
    let count = state.columnCount
    let weight = total / Double(entries.count)
    var sums = [Double](repeating: 0, count: count)
    state.withUnsafeElements { values in
      visit(state) { rows, _, residual in
        for r in 0..<count {
          sums[r] -=
            weight * residual * values[rows.0 * count + r] * values[rows.1 * count + r]
            * values[rows.2 * count + r]
        }
      }
    }
    return zip(sums, sizes(of: state)).map { $0 / $1 }
  }

  /// All values of the tensor, the last index fastest.
  func values(of state: Matrix) -> [Double] {
    let shape = entries.shape
    var result: [Double] = []
    for i in 0..<shape[0] {
      for j in 0..<shape[1] {
        for k in 0..<shape[2] {
          result.append(
            (0..<state.columnCount).reduce(0.0) {
              $0 + state[i, $1] * state[shape[0] + j, $1] * state[shape[0] + shape[1] + k, $1]
            })
        }
      }
    }
    return result
  }

  private var blocks: [Range<Int>] {
    var first = 0
    return entries.shape.map { extent in
      defer { first += extent }
      return first..<first + extent
    }
  }

  /// The rows of the state that an entry is of, its number and its residual.
  private func visit(_ state: Matrix, _ body: ((Int, Int, Int), Int, Double) -> Void) {
    let shape = entries.shape
    let count = state.columnCount
    state.withUnsafeElements { values in
      for entry in 0..<entries.count {
        let a = entries.indices[3 * entry]
        let b = shape[0] + entries.indices[3 * entry + 1]
        let c = shape[0] + shape[1] + entries.indices[3 * entry + 2]
        var sum = -entries.values[entry]
        for r in 0..<count {
          sum += values[a * count + r] * values[b * count + r] * values[c * count + r]
        }
        body((a, b, c), entry, sum)
      }
    }
  }
}
