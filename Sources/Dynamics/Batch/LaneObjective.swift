import LinearAlgebra
import LinearNetworks

/// An objective that eight networks at once can have: a quadratic, in one of two forms.
enum LaneObjective {
  /// ½ Σ weight (W − target)², element by element.
  case entrywise(weights: Matrix, targets: Matrix)
  /// constant + ½ ⟨WΣ − factor·cross, W − base⟩, with the gradient WΣ − cross.
  case covariance(Matrix, cross: Matrix, base: Matrix, factor: Double, constant: Double)

  /// The form of an objective; nil for one that has neither.
  init?(_ objective: any Objective) {
    switch objective {
    case let objective as FactorizationObjective:
      self = .entrywise(weights: .ones(like: objective.target), targets: objective.target)
    case let objective as CompletionObjective:
      let entries = objective.entries
      var weights = Matrix(rowCount: entries.rowCount, columnCount: entries.columnCount)
      let weight = 1 / Double(entries.count)
      for k in entries.values.indices {
        weights[Int(entries.rows[k]), Int(entries.columns[k])] = weight
      }
      self = .entrywise(weights: weights, targets: entries.dense(elsewhere: 0))
    case let objective as RegressionObjective:
      let cross = objective.crossCovariance
      // See RegressionObjective: the difference from the minimum keeps its relative accuracy.
      if let minimum = objective.minimum {
        self = .covariance(
          objective.inputCovariance, cross: cross, base: minimum.endToEnd, factor: 1,
          constant: minimum.value)
      } else {
        self = .covariance(
          objective.inputCovariance, cross: cross,
          base: Matrix(rowCount: cross.rowCount, columnCount: cross.columnCount), factor: 2,
          constant: 0)
      }
    default: return nil
    }
  }

  var isEntrywise: Bool {
    if case .entrywise = self { true } else { false }
  }

  /// Whether every objective of a batch has a form, and all of them the same.
  static func isCommon(to objectives: [any Objective]) -> Bool {
    let areEntrywise = objectives.map { objective -> Bool? in
      switch objective {
      case is FactorizationObjective, is CompletionObjective: true
      case is RegressionObjective: false
      default: nil
      }
    }
    return areEntrywise.allSatisfy { $0 != nil && $0 == areEntrywise[0] }
  }
}

extension Matrix {
  fileprivate static func ones(like matrix: Matrix) -> Matrix {
    Matrix(
      rowCount: matrix.rowCount, columnCount: matrix.columnCount,
      elements: [Double](repeating: 1, count: matrix.count))
  }
}
