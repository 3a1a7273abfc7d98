package import LinearAlgebra

/// The Gauss–Newton equations of variable projection for the column factor, assembled or matrix-free.
package struct ReducedEquations {
  /// Above this many unknowns the equations are solved by conjugate gradients instead of a factorization.
  package static let directUnknownLimit = 1500

  private let rank: Int
  private let columnCount: Int
  private let isDirect: Bool
  /// S, lower triangle, when the equations are solved directly.
  private var system: Matrix
  /// Block j: S_jj, rank × rank.
  private var diagonalBlocks: [Double]
  /// g, columns × rank.
  private var moment: Matrix
  private var meanDiagonal = 0.0

  package init(entries: ObservedEntries, rank: Int) {
    self.rank = rank
    columnCount = entries.columnCount
    let unknowns = rank * entries.columnCount
    isDirect = unknowns <= Self.directUnknownLimit
    system = Matrix(rowCount: isDirect ? unknowns : 0, columnCount: isDirect ? unknowns : 0)
    diagonalBlocks = [Double](repeating: 0, count: entries.columnCount * rank * rank)
    moment = Matrix(rowCount: entries.columnCount, columnCount: rank)
  }

  /// S with the gauge directions filled in; only when the equations are direct.
  package func gaugedSystem(_ columnFactor: Matrix) -> Matrix? {
    isDirect ? filled(columnFactor, damping: 0) : nil
  }

  // MARK: assembling

  package mutating func assemble(_ entries: ObservedEntries, _ rows: EliminatedRows) {
    moment.setToZero()
    if isDirect { system.setToZero() }
    for k in diagonalBlocks.indices { diagonalBlocks[k] = 0 }
    let rank = rank
    let unknowns = rank * columnCount
    let isDirect = isDirect
    var outer = [Double](repeating: 0, count: rank * rank)
    rows.rowFactor.withUnsafeElements { u in
      rows.bases.withUnsafeBufferPointer { bases in
        moment.withUnsafeMutableElements { g in
          system.withUnsafeMutableElements { s in
            diagonalBlocks.withUnsafeMutableBufferPointer { blocks in
              outer.withUnsafeMutableBufferPointer { outer in
                for row in 0..<entries.rowCount {
                  let first = entries.rowStarts[row]
                  let count = entries.rowStarts[row + 1] - first
                  guard count > 0 else { continue }
                  let ui = UnsafeBufferPointer(rebasing: u[(row * rank)..<((row + 1) * rank)])
                  let q = UnsafeBufferPointer(
                    rebasing: bases[(first * rank)..<((first + count) * rank)])
                  for x in 0..<rank {
                    for y in 0..<rank { outer[x * rank + y] = ui[x] * ui[y] }
                  }
                  for k in 0..<count {
                    let column = Int(entries.columns[first + k])
                    let e = rows.residuals[first + k]
                    for x in 0..<rank { g[column * rank + x] += e * ui[x] }
                    var leverage = 0.0
                    for c in 0..<rank { leverage += q[k * rank + c] * q[k * rank + c] }
                    for x in 0..<(rank * rank) {
                      blocks[column * rank * rank + x] += (1 - leverage) * outer[x]
                    }
                  }
                  guard isDirect, count > rank else { continue }
                  for k in 0..<count {
                    let columnK = Int(entries.columns[first + k])
                    for l in 0...k {
                      var p = k == l ? 1.0 : 0.0
                      for c in 0..<rank { p -= q[k * rank + c] * q[l * rank + c] }
                      let columnL = Int(entries.columns[first + l])
                      for x in 0..<rank {
                        let base = (columnK * rank + x) * unknowns + columnL * rank
                        for y in 0..<rank { s[base + y] += p * outer[x * rank + y] }
                      }
                    }
                  }
                }
              }
            }
          }
        }
      }
    }
    var trace = 0.0
    for column in 0..<columnCount {
      for x in 0..<rank { trace += diagonalBlocks[(column * rank + x) * rank + x] }
    }
    meanDiagonal = trace / Double(max(unknowns, 1))
  }

  // MARK: solving

  /// The step δ, columns × rank; nil when the damped equations are not positive definite to rounding.
  package func solve(
    _ entries: ObservedEntries, _ rows: EliminatedRows, _ columnFactor: Matrix, damping: Double
  ) throws -> Matrix? {
    guard meanDiagonal > 0 else { return moment }
    if isDirect {
      return try? CholeskyDecomposition(of: filled(columnFactor, damping: damping))
        .solve(moment.reshaped(rank * columnCount, 1)).reshaped(columnCount, rank)
    }
    return conjugateGradients(entries, rows, columnFactor, damping: damping)
  }

  /// S + μ s I + s VVᵀ ⊗ I, lower triangle.
  private func filled(_ columnFactor: Matrix, damping: Double) -> Matrix {
    var result = system
    let rank = rank
    let unknowns = rank * columnCount
    columnFactor.withUnsafeElements { v in
      result.withUnsafeMutableElements { s in
        for j in 0..<columnCount {
          for k in 0...j {
            var product = 0.0
            for c in 0..<rank { product += v[j * rank + c] * v[k * rank + c] }
            product *= meanDiagonal
            for x in 0..<rank { s[(j * rank + x) * unknowns + k * rank + x] += product }
          }
          for x in 0..<rank {
            s[(j * rank + x) * (unknowns + 1)] += damping * meanDiagonal
          }
        }
      }
    }
    return result
  }

  /// Preconditioned by the diagonal blocks; stops at a tenth of the first residual, or at a thousandth when
  /// little damping shows that the fit is close.
  private func conjugateGradients(
    _ entries: ObservedEntries, _ rows: EliminatedRows, _ columnFactor: Matrix, damping: Double
  ) -> Matrix? {
    let blockSize = rank * rank
    var factors = diagonalBlocks
    for column in 0..<columnCount {
      for x in 0..<rank {
        factors[column * blockSize + x * (rank + 1)] += (damping + 1e-8) * meanDiagonal
      }
    }
    let definite = factors.withUnsafeMutableBufferPointer { buffer in
      (0..<columnCount).allSatisfy {
        SmallCholesky.factorInPlace(buffer.baseAddress! + $0 * blockSize, size: rank) == nil
      }
    }
    guard definite else { return nil }

    func precondition(_ x: Matrix) -> Matrix {
      var result = x
      result.withUnsafeMutableElements { target in
        factors.withUnsafeBufferPointer { buffer in
          for column in 0..<columnCount {
            SmallCholesky.solveInPlace(
              buffer.baseAddress! + column * blockSize, target.baseAddress! + column * rank,
              size: rank)
          }
        }
      }
      return result
    }
    func apply(_ x: Matrix) -> Matrix {
      var result = columnFactor * columnFactor.transposedTimes(x)
      result.scale(by: meanDiagonal)
      result.add(x, scaledBy: damping * meanDiagonal)
      addSystem(entries, rows, x, to: &result)
      return result
    }

    var solution = Matrix(rowCount: columnCount, columnCount: rank)
    var residual = moment
    var scaled = precondition(residual)
    var direction = scaled
    var product = residual.inner(scaled)
    let goal = product * (damping < 1e-4 ? 1e-8 : 1e-3)
    for _ in 0..<300 where product > goal && product > 0 {
      let image = apply(direction)
      let curvature = direction.inner(image)
      guard curvature > 0 else { break }
      let length = product / curvature
      solution.add(direction, scaledBy: length)
      residual.add(image, scaledBy: -length)
      scaled = precondition(residual)
      let next = residual.inner(scaled)
      direction.scale(by: next / product)
      direction.add(scaled, scaledBy: 1)
      product = next
    }
    return solution
  }

  /// result += S x, row by row: t = x u_i at the row's columns, t ← (I − QQᵀ) t, result_j += t_j u_i.
  private func addSystem(
    _ entries: ObservedEntries, _ rows: EliminatedRows, _ x: Matrix, to result: inout Matrix
  ) {
    let rank = rank
    var t = [Double](
      repeating: 0,
      count: entries.rowStarts.indices.dropLast().map {
        entries.rowStarts[$0 + 1] - entries.rowStarts[$0]
      }.max() ?? 0)
    x.withUnsafeElements { x in
      rows.rowFactor.withUnsafeElements { u in
        rows.bases.withUnsafeBufferPointer { q in
          result.withUnsafeMutableElements { y in
            t.withUnsafeMutableBufferPointer { t in
              for row in 0..<entries.rowCount {
                let first = entries.rowStarts[row]
                let count = entries.rowStarts[row + 1] - first
                guard count > rank else { continue }
                for k in 0..<count {
                  let source = Int(entries.columns[first + k]) * rank
                  var sum = 0.0
                  for c in 0..<rank { sum += x[source + c] * u[row * rank + c] }
                  t[k] = sum
                }
                for c in 0..<rank {
                  var product = 0.0
                  for k in 0..<count { product += q[(first + k) * rank + c] * t[k] }
                  for k in 0..<count { t[k] -= product * q[(first + k) * rank + c] }
                }
                for k in 0..<count {
                  let target = Int(entries.columns[first + k]) * rank
                  for c in 0..<rank { y[target + c] += t[k] * u[row * rank + c] }
                }
              }
            }
          }
        }
      }
    }
  }
}
