/// A tensor as a polynomial of parameters: an arithmetic network without non-linearity other than products.
///
/// Parameters are one list; a factorization knows where its factors stand in it.
protocol TensorFactorization: Equatable, Sendable {
  /// The extent of each dimension.
  var shape: [Int] { get }

  var parameterCount: Int { get }

  /// How many directions of the parameters leave the tensor as it is.
  var gaugeCount: Int { get }

  /// The value at a position; adds `weight(value)` times its derivative to the gradient, unless that is zero.
  func visit(
    _ position: UnsafePointer<Int>, _ parameters: UnsafePointer<Double>,
    _ gradient: UnsafeMutablePointer<Double>, scratch: UnsafeMutablePointer<Double>,
    weight: (Double) -> Double
  )

  /// How many numbers ``visit(_:_:_:scratch:weight:)`` needs.
  var scratchCount: Int { get }

  /// The sizes of the components at every place where components are summed.
  func componentSizes(_ parameters: [Double]) -> [[Double]]

  /// The factorization by some of the components of every place alone, and their parameters.
  func selecting(_ components: [[Int]], of parameters: [Double]) -> (Self, [Double])
}

extension TensorFactorization {
  /// The values at known positions.
  func values(_ parameters: [Double], at entries: ObservedTensor) -> [Double] {
    var result: [Double] = []
    result.reserveCapacity(entries.count)
    forEachEntry(entries, parameters) { _, value in
      result.append(value)
      return 0
    }
    return result
  }

  /// 1/(2m) Σ (value − b)², and its gradient.
  func loss(
    _ parameters: [Double], _ entries: ObservedTensor, gradient: inout [Double]
  ) -> Double {
    for n in gradient.indices { gradient[n] = 0 }
    let scale = 1 / Double(entries.count)
    var sum = 0.0
    forEachEntry(entries, parameters, gradient: &gradient) { entry, value in
      let residual = value - entries.values[entry]
      sum += residual * residual
      return residual * scale
    }
    return sum * scale / 2
  }

  private func forEachEntry(
    _ entries: ObservedTensor, _ parameters: [Double], _ body: (Int, Double) -> Double
  ) {
    var unused = [Double](repeating: 0, count: parameterCount)
    forEachEntry(entries, parameters, gradient: &unused, body)
  }

  private func forEachEntry(
    _ entries: ObservedTensor, _ parameters: [Double], gradient: inout [Double],
    _ body: (Int, Double) -> Double
  ) {
    withUnsafeTemporaryAllocation(of: Double.self, capacity: scratchCount) { scratch in
      entries.indices.withUnsafeBufferPointer { indices in
        parameters.withUnsafeBufferPointer { parameters in
          gradient.withUnsafeMutableBufferPointer { gradient in
            guard let first = indices.baseAddress, let values = parameters.baseAddress,
              let target = gradient.baseAddress, let scratch = scratch.baseAddress
            else { return }
            for entry in 0..<entries.count {
              visit(first + entry * shape.count, values, target, scratch: scratch) {
                body(entry, $0)
              }
            }
          }
        }
      }
    }
  }
}
