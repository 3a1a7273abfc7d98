public import LinearAlgebra

/// Fit to the known entries of a matrix,
///
///     ℓ(W) = 1/(2m) Σ_{(i,j) ∈ Ω} (W_ij − b_ij)²,   m = |Ω|.
///
/// Convex and 1/m-smooth; its minimum is 0, at every matrix that agrees with the known entries.
public struct CompletionObjective: Objective, Equatable {
  /// The known entries.
  public let entries: ObservedEntries

  /// - Precondition: there is at least one entry.
  public init(_ entries: ObservedEntries) {
    precondition(entries.count > 0, "a completion objective needs at least one known entry")
    self.entries = entries
  }

  public var outputCount: Int { entries.rowCount }
  public var inputCount: Int { entries.columnCount }
  public var isConvex: Bool { true }
  public var smoothness: Double? { 1 / Double(entries.count) }
  public var strongConvexity: Double? {
    entries.count == outputCount * inputCount ? 1 / Double(entries.count) : 0
  }

  /// Zero, attained by the known entries with zeros between.
  public var minimum: ObjectiveMinimum? {
    ObjectiveMinimum(value: 0, endToEnd: entries.dense(elsewhere: 0))
  }

  /// - Complexity: O(*entries*).
  public func value(at endToEnd: Matrix) -> Double {
    requireShape(endToEnd)
    var sum = 0.0
    endToEnd.withUnsafeElements { w in
      for k in entries.values.indices {
        let position = Int(entries.rows[k]) * entries.columnCount + Int(entries.columns[k])
        let residual = w[position] - entries.values[k]
        sum += residual * residual
      }
    }
    return sum / (2 * Double(entries.count))
  }

  /// - Complexity: O(*rows* · *columns*) to clear the gradient, then O(*entries*); no allocation.
  public func value(at endToEnd: Matrix, transposedGradient: inout Matrix) -> Double {
    requireShape(endToEnd)
    precondition(
      transposedGradient.rowCount == inputCount && transposedGradient.columnCount == outputCount,
      "the transposed gradient is \(inputCount)×\(outputCount), not \(transposedGradient.shape)")
    transposedGradient.setToZero()
    let scale = 1 / Double(entries.count)
    let rowCount = entries.rowCount
    let columnCount = entries.columnCount
    var sum = 0.0
    endToEnd.withUnsafeElements { w in
      transposedGradient.withUnsafeMutableElements { gradient in
        entries.rows.withUnsafeBufferPointer { rows in
          entries.columns.withUnsafeBufferPointer { columns in
            entries.values.withUnsafeBufferPointer { values in
              for k in values.indices {
                let i = Int(rows[k])
                let j = Int(columns[k])
                let residual = w[i * columnCount + j] - values[k]
                sum += residual * residual
                gradient[j * rowCount + i] = residual * scale
              }
            }
          }
        }
      }
    }
    return sum / (2 * Double(entries.count))
  }

  public func curvature(
    at endToEnd: Matrix, along direction: Matrix, transposed result: inout Matrix
  ) {
    requireShape(direction)
    requireTransposedShape(result)
    result.setToZero()
    let scale = 1 / Double(entries.count)
    let (rowCount, columnCount) = (entries.rowCount, entries.columnCount)
    direction.withUnsafeElements { direction in
      result.withUnsafeMutableElements { result in
        entries.rows.withUnsafeBufferPointer { rows in
          entries.columns.withUnsafeBufferPointer { columns in
            for k in rows.indices {
              let (i, j) = (Int(rows[k]), Int(columns[k]))
              result[j * rowCount + i] = scale * direction[i * columnCount + j]
            }
          }
        }
      }
    }
  }
}
