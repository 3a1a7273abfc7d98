// The tree pairs the dimensions (1, 2) and (3, 4):
//
//     p_ij = A_12ᵀ (U_1[i] ∘ U_2[j]),   q_kl = A_34ᵀ (U_3[k] ∘ U_4[l]),   T_ijkl = Σ_r w_r p_r q_r,
//
// ∘ element by element. Components are summed at three places: inside both pairs, and at the root.

/// A tensor of order 4 by the balanced binary tree over its dimensions.
///
/// - SeeAlso: Section 5 of [cohenRazin].
struct HierarchicalFactorization: TensorFactorization {
  let shape: [Int]
  /// The components inside the pairs, and at the root.
  let left, right, root: Int
  private let offsets: [Int]

  init(shape: [Int], left: Int, right: Int, root: Int) {
    precondition(shape.count == 4, "the tree is over 4 dimensions, not \(shape.count)")
    self.shape = shape
    (self.left, self.right, self.root) = (left, right, root)
    let sizes = [
      shape[0] * left, shape[1] * left, shape[2] * right, shape[3] * right, left * root,
      right * root, root,
    ]
    offsets = sizes.reduce(into: [0]) { $0.append($0[$0.count - 1] + $1) }
  }

  var parameterCount: Int { offsets[7] }
  /// Two scales for each component of a pair, two for each of the root.
  var gaugeCount: Int { 2 * (left + right + root) }
  var scratchCount: Int { 2 * root }

  func visit(
    _ position: UnsafePointer<Int>, _ parameters: UnsafePointer<Double>,
    _ gradient: UnsafeMutablePointer<Double>, scratch: UnsafeMutablePointer<Double>,
    weight: (Double) -> Double
  ) {
    let u1 = offsets[0] + position[0] * left
    let u2 = offsets[1] + position[1] * left
    let u3 = offsets[2] + position[2] * right
    let u4 = offsets[3] + position[3] * right
    let p = scratch
    let q = scratch + root
    product(parameters, u1, u2, offsets[4], left, into: p)
    product(parameters, u3, u4, offsets[5], right, into: q)
    let w = parameters + offsets[6]
    var value = 0.0
    for r in 0..<root { value += w[r] * p[r] * q[r] }
    let weight = weight(value)
    guard weight != 0 else { return }
    let target = gradient + offsets[6]
    for r in 0..<root { target[r] += weight * p[r] * q[r] }
    // p and q give way to the derivatives by each other.
    for r in 0..<root { (p[r], q[r]) = (weight * w[r] * q[r], weight * w[r] * p[r]) }
    propagate(parameters, gradient, u1, u2, offsets[4], left, from: p)
    propagate(parameters, gradient, u3, u4, offsets[5], right, from: q)
  }

  private func product(
    _ x: UnsafePointer<Double>, _ a: Int, _ b: Int, _ transfer: Int, _ count: Int,
    into result: UnsafeMutablePointer<Double>
  ) {
    for r in 0..<root { result[r] = 0 }
    for c in 0..<count {
      let product = x[a + c] * x[b + c]
      let row = x + transfer + c * root
      for r in 0..<root { result[r] += product * row[r] }
    }
  }

  private func propagate(
    _ x: UnsafePointer<Double>, _ g: UnsafeMutablePointer<Double>, _ a: Int, _ b: Int,
    _ transfer: Int, _ count: Int, from above: UnsafePointer<Double>
  ) {
    for c in 0..<count {
      let product = x[a + c] * x[b + c]
      let (row, target) = (x + transfer + c * root, g + transfer + c * root)
      var sum = 0.0
      for r in 0..<root {
        sum += row[r] * above[r]
        target[r] += product * above[r]
      }
      g[a + c] += sum * x[b + c]
      g[b + c] += sum * x[a + c]
    }
  }

  /// At each place the products of the norms of all that a component joins.
  func componentSizes(_ parameters: [Double]) -> [[Double]] {
    func column(_ block: Int, _ rows: Int, _ columns: Int, _ c: Int) -> Double {
      var sum = 0.0
      for i in 0..<rows {
        let value = parameters[offsets[block] + i * columns + c]
        sum += value * value
      }
      return sum.squareRoot()
    }
    func row(_ block: Int, _ c: Int) -> Double {
      let start = offsets[block] + c * root
      return parameters[start..<start + root].reduce(0) { $0 + $1 * $1 }.squareRoot()
    }
    return [
      (0..<left).map { column(0, shape[0], left, $0) * column(1, shape[1], left, $0) * row(4, $0) },
      (0..<right).map {
        column(2, shape[2], right, $0) * column(3, shape[3], right, $0) * row(5, $0)
      },
      (0..<root).map {
        column(4, left, root, $0) * column(5, right, root, $0) * abs(parameters[offsets[6] + $0])
      },
    ]
  }

  func selecting(_ components: [[Int]], of parameters: [Double]) -> (Self, [Double]) {
    func block(_ number: Int, rows: [Int], columns: [Int], stride: Int) -> [Double] {
      rows.flatMap { row in columns.map { parameters[offsets[number] + row * stride + $0] } }
    }
    let (l, r, t) = (components[0], components[1], components[2])
    let selected =
      block(0, rows: Array(0..<shape[0]), columns: l, stride: left)
      + block(1, rows: Array(0..<shape[1]), columns: l, stride: left)
      + block(2, rows: Array(0..<shape[2]), columns: r, stride: right)
      + block(3, rows: Array(0..<shape[3]), columns: r, stride: right)
      + block(4, rows: l, columns: t, stride: root) + block(5, rows: r, columns: t, stride: root)
      + block(6, rows: [0], columns: t, stride: root)
    return (Self(shape: shape, left: l.count, right: r.count, root: t.count), selected)
  }
}
