import Jobs
import LinearAlgebra

extension SimulationSummary {
  var text: String {
    var lines = [
      "\(dynamics) of a \(objective) network of widths \(widths.map(String.init).joined(separator: "–")): "
        + "\(recordedTimes) points up to time \(readable(endTime)), final loss \(readable(finalLoss ?? .nan))"
    ]
    var work = "\(steps) steps by \(method)"
    if let stepsByMethod, stepsByMethod.count > 1 {
      work +=
        " (\(stepsByMethod.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value)" }.joined(separator: ", ")))"
    }
    if let evaluations { work += ", \(evaluations) evaluations" }
    lines.append("\(work), \(readable(seconds)) s, \(ending)")
    if let invariantDrift {
      lines.append(
        "balance invariants changed by \(readable(invariantDrift)) of the largest ‖W_j‖²")
    }
    if let halfRiseTimes {
      lines.append(
        "half-rise times: "
          + zip(halfRiseTimes, isStillRising ?? halfRiseTimes.map { _ in false }).map {
            $0.map(readable) ?? ($1 ? "not risen by the end" : "–")
          }.joined(separator: ", "))
    }
    if let time = outcome.roundingFrom, let doubt = outcome.doubt {
      lines.append(
        "smallest singular value below rounding of the layers from time \(readable(time)): \(doubt)"
      )
    }
    if let errorBound {
      lines.append(
        errorBound.value.map {
          "closed form of the modes, which is not exact here: W is off by at most \(readable($0))"
        }
          ?? "closed form of the modes, which is not exact here: no bound of its error is finite to the end"
      )
    }
    if let output { lines.append("trajectory: \(output)") }
    if let checkpoint { lines.append("checkpoint: \(checkpoint)") }
    if let report { lines.append("report: \(report)/index.html") }
    return lines.joined(separator: "\n")
  }
}
