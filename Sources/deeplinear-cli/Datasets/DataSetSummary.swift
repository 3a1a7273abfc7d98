import DeepLinear

/// What `datasets measure` says, as JSON and as text.
struct DataSetSummary: Encodable {
  struct Range: Encodable {
    var smallest: Double
    var largest: Double
  }

  var inputs: [String]
  var samples: Int
  /// d₀.
  var inputDimension: Int
  /// d_N.
  var outputDimension: Int
  var classes: Nullable<Int>
  var centering: String
  /// Δxy = ½ ‖[Σ̂xyΣ̂xyᵀ, Σ̂x]‖_F.
  var commutatorMeasure: Double
  var commutatorMeasureRange: Range
  /// ‖[Σ̂xyΣ̂xyᵀ, Σ̂x]‖_F.
  var commutatorNorm: Double
  /// Δx = ½ ‖Σ̂x − 1/√d₀‖_F.
  var identityMeasure: Double
  var identityMeasureRange: Range
  /// ‖B‖_F.
  var offDiagonalNorm: Double
  /// ½ ‖B‖_F.
  var halfOffDiagonalNorm: Double
  /// ‖B‖_F/‖Σ̂x‖_F.
  var offDiagonalShare: Double
  /// ‖Σ̂x‖_F.
  var inputCovarianceNorm: Double
  var seconds: Double

  init(
    _ joint: JointDecomposition, of data: CovarianceAccumulator, classes: Int?,
    command: MeasureCommand, seconds: Double
  ) {
    inputs = command.inputs
    samples = data.count
    inputDimension = data.inputProducts.rowCount
    outputDimension = data.crossProducts.columnCount
    self.classes = Nullable(classes)
    centering = command.centering.rawValue
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
    self.seconds = seconds
  }

  var text: String {
    let answers = classes.value.map { "\($0) classes" } ?? "\(outputDimension) targets"
    let how =
      switch centering {
      case "center": "means subtracted"
      case "standardize": "standardised"
      default: "as they are"
      }
    func row(_ name: String, _ formula: String, _ value: Double, _ range: Range? = nil) -> String {
      func padded(_ text: String, _ width: Int) -> String {
        text + String(repeating: " ", count: max(1, width - text.count))
      }
      let number = readable(value)
      let gap = String(repeating: " ", count: max(0, 10 - number.count))
      let limits = range.map { "   \(readable($0.smallest)) to \(readable($0.largest))" } ?? ""
      return "  " + padded(name, 36) + padded(formula, 26) + gap + number + limits
    }
    return [
      "\(samples) samples of \(inputDimension) inputs and \(answers), inputs \(how), \(readable(seconds)) s",
      "",
      row(
        "Δxy, Gidel et al. v1 equation 41", "½‖[SxySxyᵀ, Sx]‖", commutatorMeasure,
        commutatorMeasureRange),
      row("Δx, Gidel et al. v1 equation 41", "½‖Sx − 1/√d‖", identityMeasure, identityMeasureRange),
      row("commutator", "‖[SxySxyᵀ, Sx]‖", commutatorNorm),
      row("Gidel et al. v2 equation 27", "‖B‖", offDiagonalNorm),
      row("half of it", "½‖B‖", halfOffDiagonalNorm),
      row("its share of the covariance", "‖B‖/‖Sx‖", offDiagonalShare),
      row("covariance", "‖Sx‖", inputCovarianceNorm),
      "",
      "Frobenius norms; Sx = XᵀX, Sxy = XᵀY = USVᵀ for X and Y of norm 1, B is UᵀSxU off the diagonal;",
      "inside each singular subspace of Sxy, U diagonalises Sx.",
    ].joined(separator: "\n")
  }
}
