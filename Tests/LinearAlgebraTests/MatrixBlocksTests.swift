import LinearAlgebra
import Testing

@Suite struct MatrixBlocksTests {
  /// Element (i, j) is 100 i + j.
  private func numbered(_ rowCount: Int, _ columnCount: Int) -> Matrix {
    Matrix(
      rowCount: rowCount, columnCount: columnCount,
      elements: (0..<rowCount).flatMap { i in (0..<columnCount).map { Double(100 * i + $0) } })
  }

  @Test(arguments: [(0, 3), (3, 0), (1, 9), (9, 1), (8, 8), (7, 9), (17, 31), (64, 16)])
  func theTransposeSwapsRowsAndColumns(m: Int, n: Int) {
    let a = numbered(m, n)
    let transpose = a.transposed()
    #expect(transpose.rowCount == n && transpose.columnCount == m)
    for i in 0..<m { for j in 0..<n { #expect(transpose[j, i] == a[i, j]) } }
    #expect(transpose.transposed() == a)
    var target = Matrix(rowCount: n, columnCount: m, repeating: .nan)
    a.transpose(into: &target)
    #expect(target == transpose)
  }

  @Test func rowsColumnsAndBlocks() {
    let a = numbered(4, 5)
    #expect(a.row(2) == [200, 201, 202, 203, 204])
    #expect(a.column(3) == [3, 103, 203, 303])
    #expect(a.submatrix(rows: 1..<3, columns: 2..<4) == Matrix(rows: [[102, 103], [202, 203]]))
    #expect(a.submatrix(rows: 1..<1, columns: 0..<5).shape == "0×5")
    #expect(a.firstRows(2) == a.selecting(rows: [0, 1]))
    #expect(a.firstColumns(2) == a.selecting(columns: [0, 1]))
    #expect(a.selecting(rows: [3, 0, 3]).column(1) == [301, 1, 301])
    #expect(a.selecting(columns: [4, 4, 0]).row(1) == [104, 104, 100])
    #expect(a.diagonal == [0, 101, 202, 303])
    #expect(a.firstColumns(4).trace == 606)
    #expect(a.map { $0 + 1 }[3, 4] == 305)
    #expect(a.reshaped(2, 10).row(0) == a.row(0) + a.row(1))
  }

  @Test func stackingUndoesCutting() {
    let a = numbered(5, 6)
    #expect(.verticallyStacked([a.firstRows(2), a.submatrix(rows: 2..<5, columns: 0..<6)]) == a)
    #expect(
      .horizontallyStacked([
        a.firstColumns(0), a.firstColumns(1), a.submatrix(rows: 0..<5, columns: 1..<6),
      ]) == a)
  }
}
