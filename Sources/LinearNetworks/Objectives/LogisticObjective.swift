public import LinearAlgebra
import RealModule

/// Multinomial logistic regression: the mean cross-entropy of the classes' softmax probabilities,
///
///     ℓ(W) = 1/m Σ_i (log Σ_c exp (W x_i)_c − (W x_i)_{label i}).
///
/// Convex; never strongly, as a constant added to all logits changes nothing. Without a minimum when the
/// samples are separable.
public struct LogisticObjective: PredictionObjective, Equatable {
  /// X, one sample per row.
  public let inputs: Matrix
  /// The class of each sample, from 0.
  public let labels: [Int]
  /// The number of classes d_N.
  public let outputCount: Int
  public let smoothness: Double?

  /// - Parameters:
  ///   - inputs: X, one sample per row.
  ///   - labels: a class number below `classCount` for each row of inputs.
  ///   - classCount: the number of classes.
  /// - Throws: ``ObjectiveError``, or `DecompositionError` for inputs that are not finite.
  public init(inputs: Matrix, labels: [Int], classCount: Int) throws {
    guard inputs.rowCount == labels.count else {
      throw ObjectiveError.differentSampleCounts(inputs: inputs.rowCount, targets: labels.count)
    }
    guard !labels.isEmpty, classCount > 0, inputs.columnCount > 0 else {
      throw ObjectiveError.noSamples
    }
    for (sample, label) in labels.enumerated() where label < 0 || label >= classCount {
      throw ObjectiveError.label(sample: sample, value: Double(label))
    }
    self.inputs = inputs
    self.labels = labels
    outputCount = classCount
    // The Hessian of log Σ exp, diag p − p pᵀ, has no eigenvalue above ½.
    smoothness = try Self.squaredNorm(inputs) / (2 * Double(labels.count))
  }

  /// - Parameters:
  ///   - inputs: X, one sample per row.
  ///   - targets: class numbers in one column, from 0, or one-hot rows.
  /// - Throws: ``ObjectiveError/label(sample:value:)`` for anything else.
  public init(inputs: Matrix, targets: Matrix) throws {
    var labels: [Int] = []
    for sample in 0..<targets.rowCount {
      let row = targets.row(sample)
      if row.count == 1 {
        guard let label = Int(exactly: row[0]), label >= 0, label < 1_000_000 else {
          throw ObjectiveError.label(sample: sample, value: row[0])
        }
        labels.append(label)
      } else {
        if let odd = row.first(where: { $0 != 0 && $0 != 1 }) {
          throw ObjectiveError.label(sample: sample, value: odd)
        }
        guard let label = row.firstIndex(of: 1), row.reduce(0, +) == 1 else {
          throw ObjectiveError.label(sample: sample, value: row.reduce(0, +))
        }
        labels.append(label)
      }
    }
    let count = targets.columnCount == 1 ? (labels.max() ?? 0) + 1 : targets.columnCount
    try self.init(inputs: inputs, labels: labels, classCount: count)
  }

  public var isConvex: Bool { true }
  public var strongConvexity: Double? { 0 }
  public var minimum: ObjectiveMinimum? { nil }

  public func differentiate(_ predictions: inout Matrix) -> Double {
    let scale = 1 / Double(labels.count)
    var sum = 0.0
    let classCount = outputCount
    predictions.withUnsafeMutableElements { z in
      for (sample, label) in labels.enumerated() {
        let row = UnsafeMutableBufferPointer(
          rebasing: z[sample * classCount..<(sample + 1) * classCount])
        let correct = row[label]
        sum += Self.softmax(row) - correct
        row[label] -= 1
        for c in row.indices { row[c] *= scale }
      }
    }
    return sum * scale
  }

  public func differentiate(_ predictions: Matrix, change: inout Matrix) {
    let scale = 1 / Double(labels.count)
    let classCount = outputCount
    var probabilities = predictions
    probabilities.withUnsafeMutableElements { z in
      change.withUnsafeMutableElements { change in
        for sample in labels.indices {
          let range = sample * classCount..<(sample + 1) * classCount
          let p = UnsafeMutableBufferPointer(rebasing: z[range])
          _ = Self.softmax(p)
          var mean = 0.0
          for c in p.indices { mean += p[c] * change[range.lowerBound + c] }
          for c in p.indices {
            change[range.lowerBound + c] = scale * p[c] * (change[range.lowerBound + c] - mean)
          }
        }
      }
    }
  }

  /// Replaces logits by probabilities and returns log Σ exp. The largest logit is taken out first, so that
  /// nothing overflows.
  private static func softmax(_ row: UnsafeMutableBufferPointer<Double>) -> Double {
    var largest = -Double.infinity
    for value in row { largest = max(largest, value) }
    var sum = 0.0
    for c in row.indices {
      row[c] = .exp(row[c] - largest)
      sum += row[c]
    }
    for c in row.indices { row[c] /= sum }
    return largest + .log(sum)
  }
}
