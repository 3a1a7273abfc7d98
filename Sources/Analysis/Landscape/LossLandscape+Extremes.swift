public import LinearAlgebra
import RealModule

// Lanczos with every vector orthogonalised against all before it: Ritz values at the ends converge first, and a residual is
// the last component of a Ritz vector times the last coupling.

extension LossLandscape {
  /// The smallest and the largest eigenvalue of ∇²φ, by products alone; the Hessian is never formed.
  ///
  /// - Parameters:
  ///   - layers: W_1, …, W_N.
  ///   - tolerance: how far either may be off, relative to the larger of the two magnitudes.
  /// - Returns: both, with a direction in which the curvature is the smallest.
  /// - Complexity: one product with the Hessian for each of at most 300 vectors, all of which are kept.
  public func extremeCurvatures(
    at layers: [Matrix], tolerance: Double = 1e-9
  ) throws(DecompositionError) -> (smallest: Double, largest: Double, lowest: [Matrix]) {
    let count = layers.reduce(0) { $0 + $1.count }
    var generator = SeededGenerator(seed: 0)
    var vector = (0..<count).map { _ in generator.nextGaussian() }
    scale(&vector, by: 1 / norm(vector))
    var basis: [[Double]] = []
    var (diagonal, couplings): ([Double], [Double]) = ([], [])
    while true {
      basis.append(vector)
      var image = hessianProduct(at: layers, along: matrices(vector, like: layers))
        .flatMap(\.elements)
      diagonal.append(inner(image, vector))
      // Twice is enough.
      for _ in 0..<2 {
        for other in basis {
          let part = inner(image, other)
          for k in image.indices { image[k] -= part * other[k] }
        }
      }
      let coupling = norm(image)
      let size = diagonal.count
      let isLast = size == min(count, 300) || coupling <= 1e-14 * (diagonal.map(abs).max() ?? 0)
      if isLast || size % 10 == 0 {
        var small = Matrix.diagonal(diagonal)
        for (k, coupling) in couplings.enumerated() {
          small[k, k + 1] = coupling
          small[k + 1, k] = coupling
        }
        let eigen = try SymmetricEigendecomposition(of: small)
        let (largest, smallest) = (eigen.eigenvalues[0], eigen.eigenvalues[size - 1])
        let scale = max(abs(largest), abs(smallest))
        let residual =
          coupling
          * max(abs(eigen.eigenvectors[size - 1, 0]), abs(eigen.eigenvectors[size - 1, size - 1]))
        if isLast || residual <= tolerance * scale {
          var lowest = [Double](repeating: 0, count: count)
          for (k, vector) in basis.enumerated() {
            let weight = eigen.eigenvectors[k, size - 1]
            for i in lowest.indices { lowest[i] += weight * vector[i] }
          }
          return (smallest, largest, matrices(lowest, like: layers))
        }
      }
      couplings.append(coupling)
      scale(&image, by: 1 / coupling)
      vector = image
    }
  }

  private func matrices(_ elements: [Double], like layers: [Matrix]) -> [Matrix] {
    var begin = 0
    return layers.map { layer in
      defer { begin += layer.count }
      return Matrix(
        rowCount: layer.rowCount, columnCount: layer.columnCount,
        elements: Array(elements[begin..<begin + layer.count]))
    }
  }

  private func inner(_ a: [Double], _ b: [Double]) -> Double {
    zip(a, b).reduce(0) { $0 + $1.0 * $1.1 }
  }

  private func norm(_ a: [Double]) -> Double { inner(a, a).squareRoot() }

  private func scale(_ a: inout [Double], by factor: Double) {
    for k in a.indices { a[k] *= factor }
  }
}
