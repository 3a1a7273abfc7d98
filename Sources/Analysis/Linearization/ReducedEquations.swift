import CSparseKernels
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
    var scratch = [Double](repeating: 0, count: elimination_scratch_size(rank, 0))
    rows.rowFactor.withUnsafeElements { u in
      moment.withUnsafeMutableElements { moment in
        system.withUnsafeMutableElements { system in
          guard let u = u.baseAddress, let moment = moment.baseAddress else { return }
          reduced_equations(
            entries.rowCount, entries.rowStarts, entries.columns, u, rows.bases, rows.residuals,
            rank, unknowns, moment, &diagonalBlocks, isDirect ? system.baseAddress : nil, &scratch)
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
    let longest = zip(entries.rowStarts, entries.rowStarts.dropFirst()).map { $1 - $0 }.max() ?? 0
    var scratch = [Double](repeating: 0, count: elimination_scratch_size(rank, longest))
    x.withUnsafeElements { x in
      rows.rowFactor.withUnsafeElements { u in
        result.withUnsafeMutableElements { result in
          guard let x = x.baseAddress, let u = u.baseAddress, let result = result.baseAddress
          else { return }
          reduced_product(
            entries.rowCount, entries.rowStarts, entries.columns, u, rows.bases, x, rank, result,
            &scratch)
        }
      }
    }
  }
}
