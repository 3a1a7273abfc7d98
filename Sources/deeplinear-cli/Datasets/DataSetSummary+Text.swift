import Jobs
import LinearAlgebra

extension DataSetSummary {
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
      row(
        "share of the largest commutator", "‖[·]‖/(√2‖SxySxyᵀ‖‖Sx‖)", commutatorShare,
        Range(smallest: 0, largest: 1)),
      row("distance from white inputs", "‖Sx − 1/d‖/‖Sx‖", distanceFromWhite),
      "",
      firstDisagreement.value.map {
        "Learning takes another mode at place \($0) than reduced-rank optima do: by σ, not by σ²/λ."
      } ?? "Learning takes the modes in the order of the reduced-rank optima.",
      "",
      "Frobenius norms; Sx = XᵀX, Sxy = XᵀY = USVᵀ for X and Y of norm 1, B is UᵀSxU off the diagonal;",
      "inside each singular subspace of Sxy, U diagonalises Sx. See also deeplinear modes.",
    ].joined(separator: "\n")
  }
}
