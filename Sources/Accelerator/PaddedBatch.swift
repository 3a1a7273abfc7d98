import CAccelerator
import Dynamics
import LinearAlgebra
import LinearNetworks

/// How networks lie in the memory of a GPU: every matrix padded with zeros to one width, its rows further apart than
/// it is wide so that eight of them meet no bank of shared memory twice.
///
/// Padding is exact: a row or column of zeros in one layer stays zero, and entries beyond a target are not observed.
struct PaddedBatch {
  /// The width to which matrices are padded.
  let width: Int
  /// The number of layers.
  let depth: Int
  /// Doubles from one row to the next.
  private let leading: Int
  /// Doubles of a matrix.
  let matrixSize: Int

  /// The smallest padding that takes networks of given widths; nil where they are too wide for the kernels.
  init?(widths: [Int]) {
    let kernels = UnsafeBufferPointer(
      start: accelerator_widths_start(), count: Int(accelerator_width_count))
    guard let width = kernels.first(where: { Int($0) >= widths.max()! }) else { return nil }
    self.width = Int(width)
    depth = widths.count - 1
    leading = Int(accelerator_leading(width))
    matrixSize = accelerator_matrix_size(width)
  }

  /// Matrices that the memory holds for each network: its layers, and the products that deeper ones need again.
  var heldCount: Int { depth > 3 ? 2 * depth - 3 : depth }

  /// Doubles of a network.
  var networkSize: Int { heldCount * matrixSize }

  /// Writes the layers of a network in their places.
  func put(_ network: LinearNetwork, into memory: UnsafeMutableBufferPointer<Double>) {
    for (k, layer) in network.layers.enumerated() {
      put(layer, into: UnsafeMutableBufferPointer(rebasing: memory[(k * matrixSize)...]))
    }
  }

  /// Writes a matrix in the first rows and columns of its place.
  func put(_ matrix: Matrix, into memory: UnsafeMutableBufferPointer<Double>) {
    matrix.withUnsafeElements { elements in
      for row in 0..<matrix.rowCount {
        for column in 0..<matrix.columnCount {
          memory[row * leading + column] = elements[row * matrix.columnCount + column]
        }
      }
    }
  }

  /// The network of given widths that lies in a place.
  func network(widths: [Int], in memory: UnsafeBufferPointer<Double>) -> LinearNetwork {
    LinearNetwork(
      fitting: (0..<depth).map { k in
        var layer = Matrix(rowCount: widths[k + 1], columnCount: widths[k])
        layer.withUnsafeMutableElements { elements in
          for row in 0..<widths[k + 1] {
            for column in 0..<widths[k] {
              elements[row * widths[k] + column] = memory[k * matrixSize + row * leading + column]
            }
          }
        }
        return layer
      })
  }
}
