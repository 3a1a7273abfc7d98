/// T = Σ_r w_r^1 ⊗ ⋯ ⊗ w_r^N: a sum of products of vectors, one vector for each dimension (CP).
///
/// The vectors of dimension n stand as the columns of a matrix d_n × R, row after row, one dimension after another.
struct CanonicalFactorization: TensorFactorization {
  let shape: [Int]
  /// R.
  let componentCount: Int
  private let offsets: [Int]

  init(shape: [Int], componentCount: Int) {
    self.shape = shape
    self.componentCount = componentCount
    var offset = 0
    offsets = shape.map { extent in
      defer { offset += extent * componentCount }
      return offset
    }
  }

  var parameterCount: Int { shape.reduce(0, +) * componentCount }
  /// Each component's vectors can exchange factors.
  var gaugeCount: Int { (shape.count - 1) * componentCount }
  var scratchCount: Int { componentCount }

  func visit(
    _ position: UnsafePointer<Int>, _ parameters: UnsafePointer<Double>,
    _ gradient: UnsafeMutablePointer<Double>, scratch: UnsafeMutablePointer<Double>,
    weight: (Double) -> Double
  ) {
    let order = shape.count
    let count = componentCount
    for r in 0..<count { scratch[r] = 1 }
    for n in 0..<order {
      let factor = parameters + offsets[n] + position[n] * count
      for r in 0..<count { scratch[r] *= factor[r] }
    }
    var value = 0.0
    for r in 0..<count { value += scratch[r] }
    let weight = weight(value)
    guard weight != 0 else { return }
    for n in 0..<order {
      for r in 0..<count { scratch[r] = weight }
      for other in 0..<order where other != n {
        let factor = parameters + offsets[other] + position[other] * count
        for r in 0..<count { scratch[r] *= factor[r] }
      }
      let target = gradient + offsets[n] + position[n] * count
      for r in 0..<count { target[r] += scratch[r] }
    }
  }

  /// ‖w_r^1‖ ⋯ ‖w_r^N‖.
  func componentSizes(_ parameters: [Double]) -> [[Double]] {
    let sizes = (0..<componentCount).map { r in
      shape.indices.reduce(1.0) { product, n in
        var sum = 0.0
        for i in 0..<shape[n] {
          let value = parameters[offsets[n] + i * componentCount + r]
          sum += value * value
        }
        return product * sum.squareRoot()
      }
    }
    return [sizes]
  }

  func selecting(_ components: [[Int]], of parameters: [Double]) -> (Self, [Double]) {
    var result: [Double] = []
    for row in 0..<shape.reduce(0, +) {
      for r in components[0] { result.append(parameters[row * componentCount + r]) }
    }
    return (Self(shape: shape, componentCount: components[0].count), result)
  }
}
