import Jobs
import LinearAlgebra

extension ModeSummary {
  private static let shown = 20

  var text: String {
    func padded(_ text: String, _ width: Int) -> String {
      String(repeating: " ", count: max(0, width - text.count)) + text
    }
    func number(_ value: Double?) -> String { value.map(readable) ?? "–" }
    let answers = classes.value.map { "\($0) classes" } ?? "\(outputDimension) outputs"
    let what =
      samples.value.map { "\($0) samples of \(inputDimension) inputs" }
      ?? "\(inputDimension) inputs"
    var lines = [
      "\(what) and \(answers): \(modes.count) modes, \(readable(seconds)) s",
      "\(depth) layers from \(readable(start)); step \(readable(step)), the largest stable one is \(number(largestStableStep.value))",
      "",
      "mode"
        + ["σ", "λ", "σ²/λ", "half-rise", "steps", "place σ²/λ"].map { padded($0, 13) }.joined(),
    ]
    for mode in modes.prefix(Self.shown) {
      let cells = [
        readable(mode.correlation), readable(mode.variance), number(mode.gain.value),
        number(mode.halfRiseTime.value), mode.halfRiseSteps.value.map { "\($0)" } ?? "–",
        "\(mode.placeInOptima)",
      ]
      lines.append(padded("\(mode.mode)", 4) + cells.map { padded($0, 13) }.joined())
    }
    if modes.count > Self.shown { lines.append("… and \(modes.count - Self.shown) more") }
    let named = hasLosses ? "loss" : "loss less that of W = 0"
    lines += ["", "learned\(padded(named, 25))\(padded("best of the rank", 20))"]
    for plateau in plateaus.prefix(Self.shown + 1) {
      lines.append(
        padded("\(plateau.learned)", 7) + padded(number(plateau.loss.value), 25)
          + padded(readable(plateau.optimumLoss), 20))
    }
    lines += [
      "",
      firstDisagreement.value.map {
        "Training takes modes by σ, the best matrices of each rank by σ²/λ: they differ at place \($0)."
      } ?? "Training takes the modes in the order of the best matrices of each rank.",
      "Inputs in the modes' vectors: \(readable(100 * offDiagonalShare)) % of the covariance is off the diagonal, the commutator is",
      "\(readable(100 * commutatorShare)) % of the largest possible; the distance from white inputs is \(readable(distanceFromWhite)).",
    ]
    if step > largestStableStep.value ?? .infinity {
      lines.append(
        "The step is longer than the largest stable one: descent leaves the minimum again.")
    }
    let files = [output, report.map { "\($0)/index.html" }].compactMap(\.self)
    if !files.isEmpty { lines += ["", "written: \(files.joined(separator: ", "))"] }
    return lines.joined(separator: "\n")
  }
}
