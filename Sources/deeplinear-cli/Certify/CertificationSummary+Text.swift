import Jobs
import LinearAlgebra

extension CertificationSummary {
  /// A block for each certificate: verdict and claim, the source, then its hypotheses and its tightest bounds.
  var text: String {
    let shape = widths.map(String.init).joined(separator: "–")
    var lines = ["\(dynamics) of a \(objective) network of widths \(shape) (\(specification))"]
    if let path = trajectory.value {
      let start =
        matchedAtStart.isEmpty
        ? "time 0 is not among them, so that the start was not compared"
        : "the start agrees"
      lines.append(
        "trajectory \(path): \(recordedTimes) \(recordedTimes == 1 ? "time" : "times"); \(start)")
      lines.append("room for rounding and integration: \(readable(accuracy))")
    }
    for certificate in certificates {
      lines +=
        ["", certificate.heading(afterRun: trajectory.value != nil)]
        + TextRow(certificate.source).lines
        + certificate.details(afterRun: trajectory.value != nil)
    }
    let number = { (verdict: String) in counts[verdict] ?? 0 }
    lines += [
      "",
      trajectory.value == nil
        ? "\(certificates.count) certificates: \(number("notMeasured")) apply, "
          + "\(number("notApplicable")) do not"
        : "\(certificates.count) certificates: \(number("holds")) hold, \(number("violated")) violated, "
          + "\(number("notMeasured")) not measured, \(number("notApplicable")) not applicable",
    ]
    if let report { lines.append("report: \(report)/index.html") }
    return lines.joined(separator: "\n")
  }
}

extension CertificationSummary.CertificateSummary {
  /// Before a run a theorem applies or does not; afterwards it holds, is violated, or nothing was recorded that could
  /// contradict it.
  fileprivate func heading(afterRun: Bool) -> String {
    let word =
      switch verdict {
      case "notApplicable": "not applicable"
      case "notMeasured": afterRun ? "not measured" : "applies"
      default: verdict
      }
    return "\(word.padded(to: 15)) \(claim)"
  }

  fileprivate func details(afterRun: Bool) -> [String] {
    if let exclusion = exclusion.value { return TextRow(exclusion).lines }
    var rows = hypotheses.sorted { !$0.holds && $1.holds }.map { hypothesis in
      TextRow(
        hypothesis.name, hypothesis.measured.words,
        (hypothesis.limit.value == .greatestFiniteMagnitude
          ? "must be finite" : "must be \(hypothesis.relation) \(hypothesis.limit.words)")
          + (hypothesis.holds ? "" : ", fails"))
    }
    if afterRun, verdict == "notMeasured" {
      rows.append(TextRow("nothing was recorded that could contradict it"))
    }
    let most = 8
    let hidden = max(0, rows.count - most)
    rows = Array(rows.prefix(most))
    if hidden > 0 { rows.append(TextRow("… and \(hidden) more hypotheses (see --json)")) }
    if verdict != "notApplicable" {
      rows += tightestBounds.map { bound, count in
        let side = bound.side == "upper" ? "at most" : "at least"
        let isWithin = !bound.violated && (bound.slack.value ?? 0) < 0
        let place =
          bound.time.value.map {
            ", at \(readable($0))" + (count > 1 ? " (tightest of \(count))" : "")
          }
          ?? ""
        return TextRow(
          bound.quantity + place, bound.measured.value.map(readable) ?? "",
          "\(side) \(bound.limit.words)\(bound.violated ? ", violated" : isWithin ? ", within accuracy" : "")"
        )
      }
    }
    return rows.flatMap(\.lines)
  }

  /// For each quantity and side, over all modes and times: the first bound that is violated, else of those that
  /// could have been the one with the least slack relative to its limit.
  private var tightestBounds: [(CertificationSummary.BoundSummary, count: Int)] {
    var order: [String] = []
    var groups: [String: [CertificationSummary.BoundSummary]] = [:]
    for bound in bounds {
      let name = bound.quantity.hasPrefix("mode ") ? bound.quantity.split(separator: ":").last : nil
      let key = "\(bound.side) \(name ?? bound.quantity[...])"
      if groups[key] == nil { order.append(key) }
      groups[key, default: []].append(bound)
    }
    func tightness(_ bound: CertificationSummary.BoundSummary) -> Double {
      guard let slack = bound.slack.value else { return .infinity }
      let size = max(abs(bound.limit.value ?? 0), abs(bound.measured.value ?? 0))
      return slack == 0 ? 0 : slack / size
    }
    return order.compactMap { key in
      let all = groups[key] ?? []
      let group =
        all.contains(where: \.informative) ? all.filter { $0.informative || $0.violated } : all
      let chosen = group.first(where: \.violated) ?? group.min { tightness($0) < tightness($1) }
      return chosen.map { ($0, group.count) }
    }
  }
}

/// A name, a number and what it must be, in columns; long names go over several lines.
private struct TextRow {
  let name: String
  let number: String
  let demand: String

  init(_ name: String, _ number: String = "", _ demand: String = "") {
    self.name = name
    self.number = number
    self.demand = demand
  }

  var lines: [String] {
    let width = number.isEmpty && demand.isEmpty ? 92 : 54
    var lines = [""]
    for word in name.split(separator: " ") {
      let last = lines[lines.count - 1]
      if last.isEmpty {
        lines[lines.count - 1] = String(word)
      } else if last.count + 1 + word.count <= width {
        lines[lines.count - 1] += " \(word)"
      } else {
        lines.append("  \(word)")
      }
    }
    if !demand.isEmpty {
      let gap = String(repeating: " ", count: max(1, 11 - number.count))
      lines[lines.count - 1] =
        lines[lines.count - 1].padded(to: width) + gap + number + "  " + demand
      if lines[lines.count - 1].count > 96, let comma = lines[lines.count - 1].lastIndex(of: ",") {
        // A remark that goes beyond the line stands under what it is about.
        let line = lines[lines.count - 1]
        let remark = line[line.index(comma, offsetBy: 2)...]
        lines[lines.count - 1] = String(line[...comma])
        lines.append(String(repeating: " ", count: width + 13) + remark)
      }
    }
    return lines.map { "    \($0)" }
  }
}

extension String {
  fileprivate func padded(to width: Int) -> String {
    self + String(repeating: " ", count: max(0, width - count))
  }
}

extension Nullable<Double> {
  /// The number for people; JSON has none where it is infinite or undefined.
  fileprivate var words: String { value.map(readable) ?? "undefined" }
}
