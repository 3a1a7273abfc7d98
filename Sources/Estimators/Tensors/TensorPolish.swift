import LinearAlgebra

/// The least-squares fit of a tensor factorization to known entries, from a start near it.
struct TensorPolish<Factorization: TensorFactorization> {
  let factorization: Factorization

  /// - Complexity: O(m p² + p³) an iteration with p parameters.
  func fit(
    _ entries: ObservedTensor, from start: [Double], isCancelled: () -> Bool
  ) -> LevenbergMarquardt.Fit {
    LevenbergMarquardt().fit(
      entries.values, from: start, fitted: { factorization.values($0, at: entries) },
      derivative: { derivative($0, entries) }, isCancelled: isCancelled)
  }

  /// One row for each entry: the derivative of the value there.
  private func derivative(_ parameters: [Double], _ entries: ObservedTensor) -> Matrix {
    let count = factorization.parameterCount
    var result = Matrix(rowCount: entries.count, columnCount: count)
    withUnsafeTemporaryAllocation(of: Double.self, capacity: factorization.scratchCount) {
      scratch in
      result.withUnsafeMutableElements { target in
        entries.indices.withUnsafeBufferPointer { indices in
          parameters.withUnsafeBufferPointer { parameters in
            guard let first = indices.baseAddress, let values = parameters.baseAddress,
              let target = target.baseAddress, let scratch = scratch.baseAddress
            else { return }
            for entry in 0..<entries.count {
              factorization.visit(
                first + entry * entries.order, values, target + entry * count, scratch: scratch
              ) { _ in 1 }
            }
          }
        }
      }
    }
    return result
  }
}
