public import LinearAlgebra
public import LinearNetworks
import RealModule

// Balanced layers are W_j = O_j H O_{j−1}ᵀ with orthonormal O_j, O_0 = V and O_N = U, and one diagonal H. The rows of
// W_1 may be of very different sizes, as in a start with modes of 1 and 1e-20: Jacobi's rotations on them find each
// mode to its own accuracy. The other bases follow upwards, O_j = W_j O_{j−1} H⁻¹, again column by column.

/// A balanced network as what it is made of: W_j = O_j diag(h) O_{j−1}ᵀ for all j with orthonormal O_0, …, O_N.
///
/// Sizes are logarithms, so that modes of any size stand beside each other; modes that are zero are left out.
public struct BalancedFactors: Equatable, Sendable {
  /// O_0 = V, O_1, …, O_N = U; O_j is d_j × r.
  public var bases: [Matrix]
  /// log h, descending: those of the singular values of each layer.
  public var logarithmicSizes: [Double]

  init(bases: [Matrix], logarithmicSizes: [Double]) {
    self.bases = bases
    self.logarithmicSizes = logarithmicSizes
  }

  /// The number of layers N.
  public var depth: Int { bases.count - 1 }
  /// The number r of modes that are not zero.
  public var rank: Int { logarithmicSizes.count }

  /// The modes of a balanced network; nil when it is not balanced to rounding, or zero.
  public init?(of network: LinearNetwork) {
    guard network.isBalancedToRounding else { return nil }
    self.init(near: network)
  }

  /// The modes of the first layer of a network that is nearly balanced, with the bases that the others come
  /// nearest to.
  init?(near network: LinearNetwork) {
    guard network.depth >= 2 else { return nil }
    var modes = Mode.modes(of: network.layers[0])
    let most = network.widths.min() ?? 0
    if modes.count > most {
      // What rounding has added on the way is far below the modes; anything else is no balanced network.
      guard modes[most].size < modes[most - 1].size - .log(1000) else { return nil }
      modes.removeSubrange(most...)
    }
    guard !modes.isEmpty else { return nil }
    let sizes = modes.map(\.size)
    var bases = [
      Matrix(rows: modes.map(\.right)).transposed(), Matrix(rows: modes.map(\.left)).transposed(),
    ]
    for layer in network.layers.dropFirst() {
      let image = layer * bases[bases.count - 1]
      var basis = image.scalingColumns(by: sizes.map { .exp(-$0) })
      // As balanced as the Gram matrices say, the columns were orthonormal; small modes may hide more.
      guard basis.orthonormalizeColumns() < 0.01 else { return nil }
      bases.append(basis)
    }
    self.bases = bases
    logarithmicSizes = sizes
  }

  /// The modes of an end-to-end matrix, for a balanced network that is not looked into: the hidden bases are
  /// identities. Nil for a matrix of zeros or one that is not finite.
  ///
  /// - Precondition: a depth of at least 2.
  public init?(ofEndToEnd matrix: Matrix, depth: Int) {
    precondition(depth >= 2, "a network of depth \(depth) has no hidden layer")
    let modes = Mode.modes(of: matrix).prefix(min(matrix.rowCount, matrix.columnCount))
    guard !modes.isEmpty else { return nil }
    bases =
      [Matrix(rows: modes.map(\.right)).transposed()]
      + [Matrix](repeating: .identity(modes.count), count: depth - 1)
      + [Matrix(rows: modes.map(\.left)).transposed()]
    logarithmicSizes = modes.map { $0.size / Double(depth) }
  }

  /// The layers W_j = O_j diag(h) O_{j−1}ᵀ.
  public var network: LinearNetwork {
    let sizes = logarithmicSizes.map { Double.exp($0) }
    return LinearNetwork(
      fitting: zip(bases, bases.dropFirst()).map { lower, upper in
        upper.scalingColumns(by: sizes).timesTransposed(lower)
      })
  }
}

/// A singular value with its vectors, of a matrix whose rows may be of very different sizes.
struct Mode {
  var right: [Double]
  var left: [Double]
  var size: Double

  /// The modes that are more than rounding, in descending order.
  ///
  /// A singular value σ is rounding when elements moved by an ulp move it by as much: by ε |u|ᵀ|W||v|.
  static func modes(of matrix: Matrix) -> [Mode] {
    let (p, k) = (matrix.columnCount, matrix.rowCount)
    guard matrix.elements.allSatisfy(\.isFinite) else { return [] }
    var columns = GradedColumns(length: p, count: k)
    columns.orthogonalize { directions, logarithms in
      matrix.withUnsafeElements { for l in $0.indices { directions[l] = $0[l] } }
      for i in 0..<k { logarithms[i] = 0 }
    }
    let magnitudes = matrix.map(abs)
    return (0..<k).filter { columns.logarithms[$0] > -.infinity }
      .sorted { columns.logarithms[$0] > columns.logarithms[$1] }
      .map { i in
        Mode(
          right: Array(columns.directions[i * p..<(i + 1) * p]),
          left: Array(columns.rotation[i * k..<(i + 1) * k]), size: columns.logarithms[i])
      }
      .filter { mode in
        let reach = zip(magnitudes * mode.right.map(abs), mode.left).reduce(0) {
          $0 + $1.0 * abs($1.1)
        }
        return mode.size > .log(Double(max(p, k)) * .ulpOfOne * reach)
      }
  }
}

extension LinearNetwork {
  /// Whether neighbouring Gram matrices differ by no more than rounding of the layers can make them differ.
  ///
  /// Element (r, s) of W_{j+1}ᵀW_{j+1} − W_jW_jᵀ is compared with the norms of the rows r and s of W_j and of the
  /// columns r and s of W_{j+1}, so that small modes beside large ones must be balanced as well.
  public var isBalancedToRounding: Bool {
    let factor = 64 * Double(widths.max() ?? 1).squareRoot() * .ulpOfOne
    return zip(layers, layers.dropFirst()).allSatisfy { lower, upper in
      let width = lower.rowCount
      let rows = (0..<width).map { norm(lower.row($0)) }
      let columns = (0..<width).map { norm(upper.column($0)) }
      // Scaled, so that squares of sizes below 1e-154 do not vanish.
      let scale = max(rows.max() ?? 0, columns.max() ?? 0)
      guard scale.isFinite else { return false }
      guard scale > 0 else { return true }
      let (low, up) = (lower / scale, upper / scale)
      let difference = up.transposedTimes(up) - low.timesTransposed(low)
      return (0..<width).allSatisfy { r in
        (0..<width).allSatisfy { s in
          abs(difference[r, s])
            <= factor
            * (rows[r] / scale * (rows[s] / scale) + columns[r] / scale * (columns[s] / scale))
        }
      }
    }
  }

  private func norm(_ vector: [Double]) -> Double { vector.withUnsafeBufferPointer(vectorNorm) }
}

extension Matrix {
  /// Makes the columns orthonormal from the first to the last, and returns the largest change of a column.
  ///
  /// Earlier columns keep their direction: what belongs to larger modes stays where it is.
  mutating func orthonormalizeColumns() -> Double {
    let (p, k) = (rowCount, columnCount)
    var largest = 0.0
    withUnsafeMutableElements { a in
      for j in 0..<k {
        var change = 0.0
        for i in 0..<j {
          var part = 0.0
          for l in 0..<p { part += a[l * k + i] * a[l * k + j] }
          for l in 0..<p { a[l * k + j] -= part * a[l * k + i] }
          change = max(change, abs(part))
        }
        var square = 0.0
        for l in 0..<p { square += a[l * k + j] * a[l * k + j] }
        let size = square.squareRoot()
        change = max(change, abs(size - 1))
        for l in 0..<p { a[l * k + j] /= size }
        largest = change.isNaN ? .infinity : max(largest, change)
      }
    }
    return largest
  }
}
