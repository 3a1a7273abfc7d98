import LinearAlgebra
import RealModule

// W_1 = G D Vᵀ by Jacobi's rotations, with unit columns of G and sizes D of any range. The columns of W_2 G D are the
// columns of W_2 G with the same sizes, made orthogonal again: W_2 W_1 = G′ D′ (V J)ᵀ. So up to the last layer. No product
// of layers is formed, whose rounding would be that of its largest singular value.

extension SingularValueDecomposition {
  /// The decomposition of W_N ⋯ W_1 with each singular value to its own accuracy, as far as the layers hold it; nil when
  /// they hold fewer than `rank`.
  ///
  /// - Parameters:
  ///   - layers: W_1, …, W_N.
  ///   - rank: how many singular values there are; the others are zero and left out.
  /// - SeeAlso: [demmel1992jacobi].
  init?(ofGradedProduct layers: [Matrix], rank: Int) {
    let modes = Mode.modes(of: layers[0]).prefix(rank)
    guard rank > 0, modes.count == rank else { return nil }
    var left = Matrix(rows: modes.map(\.left)).transposed()
    var right = Matrix(rows: modes.map(\.right)).transposed()
    var sizes = modes.map(\.size)
    for layer in layers.dropFirst() {
      let image = (layer * left).transposed()
      var columns = GradedColumns(length: layer.rowCount, count: rank)
      columns.orthogonalize { directions, logarithms in
        image.withUnsafeElements { for k in $0.indices { directions[k] = $0[k] } }
        for k in 0..<rank { logarithms[k] = sizes[k] }
      }
      sizes = columns.logarithms
      func basis(_ elements: [Double], _ length: Int) -> Matrix {
        Matrix(rowCount: rank, columnCount: length, elements: elements).transposed()
      }
      left = basis(columns.directions, layer.rowCount)
      right = right * basis(columns.rotation, rank)
    }
    guard sizes.allSatisfy(\.isFinite) else { return nil }
    let order = sizes.indices.sorted { sizes[$0] > sizes[$1] }
    let (leftRows, rightRows) = (left.transposed(), right.transposed())
    self.init(
      leftVectors: Matrix(rows: order.map { leftRows.row($0) }).transposed(),
      singularValues: order.map { .exp(sizes[$0]) },
      rightVectorsTransposed: Matrix(rows: order.map { rightRows.row($0) }))
  }
}
