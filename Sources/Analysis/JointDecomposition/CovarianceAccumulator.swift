public import LinearAlgebra

/// The sums of products of a data set, collected from blocks of rows so that the data need not fit into memory.
///
/// - Complexity: O(d₀² + d₀ d_N) memory, and as much work per row.
public struct CovarianceAccumulator: Equatable, Sendable {
  /// XᵀX, d₀ × d₀.
  public private(set) var inputProducts: Matrix
  /// XᵀY, d₀ × d_N.
  public private(set) var crossProducts: Matrix
  /// The sum of the rows of X.
  public private(set) var inputSums: [Double]
  /// The sum of the rows of Y.
  public private(set) var targetSums: [Double]
  /// ‖Y‖²_F.
  public private(set) var targetEnergy = 0.0
  /// The number of rows seen.
  public private(set) var count = 0

  /// Sums over no rows yet, of data with so many inputs and outputs.
  ///
  /// - Precondition: both positive.
  public init(inputCount: Int, outputCount: Int) {
    precondition(
      inputCount > 0 && outputCount > 0,
      "a data set with \(inputCount) inputs and \(outputCount) outputs has no covariances")
    inputProducts = Matrix(rowCount: inputCount, columnCount: inputCount)
    crossProducts = Matrix(rowCount: inputCount, columnCount: outputCount)
    inputSums = [Double](repeating: 0, count: inputCount)
    targetSums = [Double](repeating: 0, count: outputCount)
  }

  /// Adds a block of samples, one per row, with their targets.
  public mutating func add(inputs: Matrix, targets: Matrix) {
    precondition(
      inputs.rowCount == targets.rowCount,
      "\(inputs.rowCount) inputs have \(targets.rowCount) targets")
    inputProducts.setToProduct(inputs, inputs, transposingLeft: true, adding: 1)
    crossProducts.setToProduct(inputs, targets, transposingLeft: true, adding: 1)
    let ones = [Double](repeating: 1, count: inputs.rowCount)
    inputSums = zip(inputSums, inputs.transposedTimes(ones)).map { $0 + $1 }
    targetSums = zip(targetSums, targets.transposedTimes(ones)).map { $0 + $1 }
    targetEnergy += targets.inner(targets)
    count += inputs.rowCount
  }

  /// Adds a block of samples with class labels: the target of class k has a one in column k.
  ///
  /// - Precondition: labels are between 0 and the number of outputs.
  public mutating func add(inputs: Matrix, labels: [Int]) {
    precondition(
      inputs.rowCount == labels.count, "\(inputs.rowCount) inputs have \(labels.count) labels")
    let classes = crossProducts.columnCount
    var targets = Matrix(rowCount: labels.count, columnCount: classes)
    for (row, label) in labels.enumerated() {
      precondition(
        label >= 0 && label < classes,
        "label \(label) of row \(row) is not one of \(classes) classes")
      targets[row, label] = 1
    }
    add(inputs: inputs, targets: targets)
  }

  /// Adds what another accumulator has seen.
  public mutating func merge(_ other: CovarianceAccumulator) {
    inputProducts += other.inputProducts
    crossProducts += other.crossProducts
    inputSums = zip(inputSums, other.inputSums).map { $0 + $1 }
    targetSums = zip(targetSums, other.targetSums).map { $0 + $1 }
    targetEnergy += other.targetEnergy
    count += other.count
  }

  /// The sums for data whose means are subtracted, of inputs and targets, as an intercept does; on demand inputs
  /// are divided by their standard deviation too.
  ///
  /// Computed from the sums, so that an input whose variance is below 10⁻¹² of its mean square counts as
  /// constant: it becomes zero.
  public func centered(standardizing: Bool = false) -> CovarianceAccumulator {
    var result = self
    let m = Double(max(count, 1))
    let x = Matrix(rowCount: inputSums.count, columnCount: 1, elements: inputSums)
    let y = Matrix(rowCount: targetSums.count, columnCount: 1, elements: targetSums)
    result.inputProducts -= x.timesTransposed(x) / m
    result.crossProducts -= x.timesTransposed(y) / m
    result.targetEnergy -= y.inner(y) / m
    result.inputSums = inputSums.map { _ in 0 }
    result.targetSums = targetSums.map { _ in 0 }
    let scales = zip(result.inputProducts.diagonal, inputProducts.diagonal).map { energy, raw in
      energy <= 1e-12 * raw ? 0 : standardizing ? (m / energy).squareRoot() : 1
    }
    result.inputProducts = result.inputProducts.scalingRows(by: scales).scalingColumns(by: scales)
    result.crossProducts = result.crossProducts.scalingRows(by: scales)
    return result
  }

  /// Σx = XᵀX/m.
  public var inputCovariance: Matrix { inputProducts / Double(max(count, 1)) }

  /// Σyx = YᵀX/m, d_N × d₀.
  public var crossCovariance: Matrix { crossProducts.transposed() / Double(max(count, 1)) }
}
