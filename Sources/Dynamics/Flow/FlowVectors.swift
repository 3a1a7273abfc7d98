// Sums of products run in eight lanes, so that they are as fast as copying. Combinations of many vectors go
// through memory once, in pieces that stay in the nearest cache.

/// ‖x‖₂, whatever the size of x: where squares vanish or overflow they are taken of x over its largest element.
func vectorNorm(_ x: UnsafeBufferPointer<Double>) -> Double {
  let square = vectorInner(x, x)
  if square > 1e-280, square < .infinity { return square.squareRoot() }
  var largest = 0.0
  for element in x {
    if element.isNaN { return .nan }
    largest = max(largest, abs(element))
  }
  guard largest > 0, largest.isFinite else { return largest }
  var sum = 0.0
  for element in x {
    let share = element / largest
    sum += share * share
  }
  return largest * sum.squareRoot()
}

/// Σ x_k y_k.
func vectorInner(_ x: UnsafeBufferPointer<Double>, _ y: UnsafeBufferPointer<Double>) -> Double {
  var lanes = SIMD8<Double>()
  let whole = x.count & ~7
  if whole > 0, let x = UnsafeRawPointer(x.baseAddress), let y = UnsafeRawPointer(y.baseAddress) {
    for offset in stride(from: 0, to: 8 * whole, by: 64) {
      lanes +=
        x.loadUnaligned(fromByteOffset: offset, as: SIMD8<Double>.self)
        * y.loadUnaligned(fromByteOffset: offset, as: SIMD8<Double>.self)
    }
  }
  var sum = lanes.sum()
  for k in whole..<x.count { sum += x[k] * y[k] }
  return sum
}

/// target ← base + factor Σ weight · vector, over vectors stored one after the other; base is zero if nil.
func setCombination(
  _ target: UnsafeMutableBufferPointer<Double>, base: UnsafeBufferPointer<Double>?,
  factor: Double, terms: [(Int, Double)], of vectors: UnsafePointer<Double>
) {
  let count = target.count
  guard count > 0, let out = target.baseAddress else { return }
  let piece = 1024
  for begin in stride(from: 0, to: count, by: piece) {
    let size = min(piece, count - begin)
    let part = out + begin
    if let base = base?.baseAddress {
      part.update(from: base + begin, count: size)
    } else {
      part.update(repeating: 0, count: size)
    }
    for (index, weight) in terms {
      let scale = factor * weight
      let source = vectors + (index * count + begin)
      for k in 0..<size { part[k] += scale * source[k] }
    }
  }
}
