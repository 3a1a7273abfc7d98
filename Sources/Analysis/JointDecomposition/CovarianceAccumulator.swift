public import LinearAlgebra

/// The sums of products of a data set, collected from blocks of rows so that the data need not fit into memory.
///
/// - Complexity: O(d₀² + d₀ d_N) memory, and as much work per row.
public struct CovarianceAccumulator: Equatable, Sendable {
  /// XᵀX, d₀ × d₀.
  public private(set) var inputProducts: Matrix
  /// XᵀY, d₀ × d_N.
  public private(set) var crossProducts: Matrix
  /// ‖Y‖²_F.
  public private(set) var targetEnergy = 0.0
  /// The number of rows seen.
  public private(set) var count = 0

  public init(inputCount: Int, outputCount: Int) {
    precondition(
      inputCount > 0 && outputCount > 0,
      "a data set with \(inputCount) inputs and \(outputCount) outputs has no covariances")
    inputProducts = Matrix(rowCount: inputCount, columnCount: inputCount)
    crossProducts = Matrix(rowCount: inputCount, columnCount: outputCount)
  }

  /// Adds a block of samples, one per row, with their targets.
  public mutating func add(inputs: Matrix, targets: Matrix) {
    precondition(
      inputs.rowCount == targets.rowCount,
      "\(inputs.rowCount) inputs have \(targets.rowCount) targets")
    inputProducts.setToProduct(inputs, inputs, transposingLeft: true, adding: 1)
    crossProducts.setToProduct(inputs, targets, transposingLeft: true, adding: 1)
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
    targetEnergy += other.targetEnergy
    count += other.count
  }

  /// Σx = XᵀX/m.
  public var inputCovariance: Matrix { inputProducts / Double(max(count, 1)) }

  /// Σyx = YᵀX/m, d_N × d₀.
  public var crossCovariance: Matrix { crossProducts.transposed() / Double(max(count, 1)) }
}
