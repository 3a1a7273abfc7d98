import DeepLinear

/// What `datasets measure` says, as JSON and as text.
public struct DataSetSummary: Encodable {
  package struct Range: Encodable {
    package var smallest: Double
    package var largest: Double

    package init(smallest: Double, largest: Double) {
      self.smallest = smallest
      self.largest = largest
    }
  }

  package var inputs: [String]
  package var samples: Int
  /// d₀.
  package var inputDimension: Int
  /// d_N.
  package var outputDimension: Int
  package var classes: Nullable<Int>
  package var centering: String
  /// Δxy = ½ ‖[Σ̂xyΣ̂xyᵀ, Σ̂x]‖_F.
  package var commutatorMeasure: Double
  package var commutatorMeasureRange: Range
  /// ‖[Σ̂xyΣ̂xyᵀ, Σ̂x]‖_F.
  package var commutatorNorm: Double
  /// Δx = ½ ‖Σ̂x − 1/√d₀‖_F.
  package var identityMeasure: Double
  package var identityMeasureRange: Range
  /// ‖B‖_F.
  package var offDiagonalNorm: Double
  /// ½ ‖B‖_F.
  package var halfOffDiagonalNorm: Double
  /// ‖B‖_F/‖Σ̂x‖_F.
  package var offDiagonalShare: Double
  /// ‖Σ̂x‖_F.
  package var inputCovarianceNorm: Double
  /// The commutator over the largest that it could be, 0 to 1.
  package var commutatorShare: Double
  /// The distance of Σ̂x from the nearest multiple of the identity over ‖Σ̂x‖_F.
  package var distanceFromWhite: Double
  /// Whether modes are learned in the order in which they lower the loss.
  package var ordersAgree: Bool
  /// The first mode, from 1, in whose place of the order of learning the reduced-rank optima have another one.
  package var firstDisagreement: Nullable<Int>
  package var seconds: Double

  init(
    _ joint: JointDecomposition, of data: CovarianceAccumulator, classes: Int?,
    request: DataSetMeasurement, seconds: Double
  ) {
    inputs = request.inputs.map(\.name)
    samples = data.count
    inputDimension = data.inputProducts.rowCount
    outputDimension = data.crossProducts.columnCount
    self.classes = Nullable(classes)
    centering = request.settledCentering.rawValue
    commutatorMeasure = joint.commutatorMeasure
    commutatorMeasureRange = Range(smallest: 0, largest: 0.5.squareRoot())
    commutatorNorm = joint.commutatorNorm
    identityMeasure = joint.identityMeasure
    let range = joint.identityMeasureRange
    identityMeasureRange = Range(smallest: range.lowerBound, largest: range.upperBound)
    offDiagonalNorm = joint.offDiagonalNorm
    halfOffDiagonalNorm = joint.halfOffDiagonalNorm
    offDiagonalShare = joint.offDiagonalShare
    inputCovarianceNorm = joint.inputCovarianceNorm
    commutatorShare = joint.commutatorShare
    distanceFromWhite = joint.distanceFromWhite
    let firstOther = joint.firstDisagreement
    ordersAgree = firstOther == nil
    firstDisagreement = Nullable(firstOther.map { $0 + 1 })
    self.seconds = seconds
  }
}
