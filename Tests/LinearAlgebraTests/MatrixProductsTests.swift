import LinearAlgebra
import Testing
import _TestSupport

/// Small whole numbers: every product and sum is exact, so different orders of summation agree to the bit.
private func wholeNumbers(_ rowCount: Int, _ columnCount: Int, seed: Int = 1) -> Matrix {
  let elements = (0..<rowCount * columnCount).map { Double(($0 * 7919 + seed * 104_729) % 23 - 11) }
  return Matrix(rowCount: rowCount, columnCount: columnCount, elements: elements)
}

private func tripleLoop(_ a: Matrix, _ b: Matrix) -> Matrix {
  var c = Matrix.zeros(a.rowCount, b.columnCount)
  for i in 0..<a.rowCount {
    for j in 0..<b.columnCount {
      for k in 0..<a.columnCount { c[i, j] += a[i, k] * b[k, j] }
    }
  }
  return c
}

private let shapes = [
  (1, 1, 1), (2, 3, 4), (1, 7, 1), (7, 1, 7), (17, 5, 33), (40, 64, 9), (130, 110, 90), (0, 3, 2),
  (3, 0, 2),
  (3, 2, 0), (0, 0, 0),
]

@Suite struct MatrixProductsTests {
  @Test(arguments: shapes) func productsAgreeWithATripleLoop(m: Int, k: Int, n: Int) {
    let (a, b) = (wholeNumbers(m, k), wholeNumbers(k, n, seed: 2))
    let expected = tripleLoop(a, b)
    #expect(a * b == expected)
    #expect(a.transposed().transposedTimes(b) == expected)
    #expect(a.timesTransposed(b.transposed()) == expected)
    #expect((b.transposed() * a.transposed()).transposed() == expected)
  }

  /// Sizes above those that one small kernel takes, with sides that tiles do not divide, and square products that
  /// are made as the transpose of another.
  @Test(arguments: [(101, 100, 100), (130, 90, 101), (3, 4000, 100), (260, 8, 260), (257, 3, 258)])
  func largeProductsAreMadeOfTiles(m: Int, k: Int, n: Int) {
    let (a, b) = (wholeNumbers(m, k), wholeNumbers(k, n, seed: 2))
    let start = wholeNumbers(m, n, seed: 3)
    let product = tripleLoop(a, b)
    let expected = 2 * product - 3 * start
    let (aᵀ, bᵀ) = (a.transposed(), b.transposed())
    for left in [false, true] {
      for right in [false, true] {
        var c = start
        c.setToProduct(
          left ? aᵀ : a, right ? bᵀ : b, transposingLeft: left, transposingRight: right, scale: 2,
          adding: -3)
        #expect(c == expected)
        var overwritten = Matrix(rowCount: m, columnCount: n, repeating: .nan)
        overwritten.setToProduct(
          left ? aᵀ : a, right ? bᵀ : b, transposingLeft: left, transposingRight: right)
        #expect(overwritten == product)
      }
    }
  }

  @Test(arguments: shapes) func productsInPlaceAgreeForEveryTransposition(m: Int, k: Int, n: Int) {
    let (a, b) = (wholeNumbers(m, k), wholeNumbers(k, n, seed: 2))
    let start = wholeNumbers(m, n, seed: 3)
    let expected = 2 * tripleLoop(a, b) - 3 * start
    for left in [false, true] {
      for right in [false, true] {
        var c = start
        c.setToProduct(
          left ? a.transposed() : a, right ? b.transposed() : b, transposingLeft: left,
          transposingRight: right, scale: 2, adding: -3)
        #expect(c == expected)
        var overwritten = Matrix(rowCount: m, columnCount: n, repeating: .nan)
        overwritten.setToProduct(
          left ? a.transposed() : a, right ? b.transposed() : b, transposingLeft: left,
          transposingRight: right)
        #expect(overwritten == tripleLoop(a, b))
      }
    }
  }

  @Test func aFactorMayBeTheTarget() {
    let a = wholeNumbers(9, 9)
    var c = a
    c.setToProduct(c, c)
    #expect(c == tripleLoop(a, a))
  }

  @Test(arguments: [(3, 4), (1, 5), (5, 1), (0, 4), (4, 0), (31, 17)])
  func matrixTimesVectorIsAProductWithOneColumn(m: Int, n: Int) {
    let a = wholeNumbers(m, n)
    let x = wholeNumbers(n, 1, seed: 5)
    let y = wholeNumbers(m, 1, seed: 6)
    #expect(a * x.elements == tripleLoop(a, x).elements)
    #expect(a.transposedTimes(y.elements) == tripleLoop(a.transposed(), y).elements)
  }

  @Test func arithmeticIsElementByElement() {
    let (a, b) = (wholeNumbers(6, 4), wholeNumbers(6, 4, seed: 2))
    #expect((a + b).elements == zip(a.elements, b.elements).map(+))
    #expect((a - b).elements == zip(a.elements, b.elements).map(-))
    #expect((-a).elements == a.elements.map { -$0 })
    #expect((3 * a).elements == a.elements.map { 3 * $0 })
    #expect(a * 3 == 3 * a)
    #expect((a / 3).elements == a.elements.map { $0 / 3 })
    #expect(a.hadamard(b).elements == zip(a.elements, b.elements).map(*))
    #expect(a.inner(b) == zip(a.elements, b.elements).map(*).reduce(0, +))
    #expect(a.inner(b) == a.transposedTimes(b).trace)
    var c = a
    c += b
    c.add(b, scaledBy: 4)
    c -= a
    c /= 5
    #expect(c == b)
    c.setToZero()
    #expect(c == .zeros(6, 4))
  }

  @Test func changingACopyLeavesTheOriginal() {
    let a = wholeNumbers(3, 3)
    var b = a
    b.scale(by: 2)
    #expect(a == wholeNumbers(3, 3))
    #expect(b == a + a)
  }

  @Test(arguments: [3, 20, 60, 100]) func workInPlaceAllocatesNothing(n: Int) {
    let (a, b) = (wholeNumbers(n, n), wholeNumbers(n, n, seed: 2))
    var (c, d) = (Matrix.zeros(n, n), Matrix.zeros(n, n))
    expectNoAllocations {
      c.setToProduct(a, b)
      c.setToProduct(a, b, transposingLeft: true, scale: 0.5, adding: 1)
      c.setToProduct(a, b, transposingRight: true)
      c.add(a, scaledBy: 0.25)
      c.scale(by: 3)
      c.transpose(into: &d)
      d.copyElements(from: a)
      d.setToZero()
      d += a
    }
    #expect(d == a)
  }

  @Test func theAllocationCounterCounts() {
    withKnownIssue {
      let count = expectNoAllocations { _ = Matrix.zeros(10, 10) }
      #expect(count >= 1)
    } matching: {
      "\($0)".contains("1 heap allocation")
    }
  }

  @Test func oneThreadIsTheDefault() {
    #expect(BLASConfiguration.threadCount == 1)
    #expect(!BLASConfiguration.coreName.isEmpty)
    #expect(BLASConfiguration.configuration.contains("OpenBLAS"))
  }
  @Test func slowerKernelsThanTheProcessorHasAreToldOfAndOnlyIfNothingElseRuns() {
    // What the library lacks and what the environment forces cannot be mended here; all else is the best.
    if let shortfall = BLASConfiguration.shortfall {
      #expect(shortfall.contains(BLASConfiguration.coreName))
      #expect(
        shortfall.contains("OPENBLAS_CORETYPE says so") || shortfall.contains("has no better ones"))
    }
  }
}
