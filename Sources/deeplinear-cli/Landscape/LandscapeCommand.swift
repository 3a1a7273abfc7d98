import ArgumentParser
import Jobs
import LinearAlgebra

struct LandscapeCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "landscape",
    abstract: "Say what kind of point of the loss a network stands at.",
    usage: "deeplinear landscape <spec> [<options>]",
    discussion: """
      SPEC is a specification as for simulate; dynamics and recording may be left out. The network stands \
      where it begins, or at a time that simulate recorded with its layers. Said are the gradient, the ends \
      of the Hessian's spectrum or all of it, whether the point is a saddle, strict or not, or a minimum, how \
      far the nearest matrix of the rank below is, and whether the field of the end-to-end dynamics does work \
      around a closed curve, which no gradient does.

      Example: deeplinear landscape spec.yaml --trajectory path.npz --time 12 --report report
      """)

  @Argument(help: ArgumentHelp("The objective and the network.", valueName: "spec"))
  var spec: String

  @Option(
    name: .long,
    help: ArgumentHelp(
      "An .npz archive with layers that simulate wrote for this specification.", valueName: "file"))
  var trajectory: String?

  @Option(
    name: .long, parsing: .unconditional,
    help: ArgumentHelp("The recorded time; the last by default.", valueName: "time"))
  var time: Double?

  @Option(
    name: .long, parsing: .unconditional,
    help: ArgumentHelp(
      "The radius of the closed curve, relative to the end-to-end matrix.", valueName: "size"))
  var radius = LandscapeAnalysis.defaultRadius

  @Option(
    name: .long,
    help: ArgumentHelp(
      "Write eigenvalues and directions into this .npz archive.", valueName: "file"))
  var output: String?

  @Option(
    name: .long, help: ArgumentHelp("Write a report to open in a browser.", valueName: "folder"))
  var report: String?

  @OptionGroup(title: "General")
  var shared: SharedOptions

  func run() throws {
    var request = LandscapeAnalysis(.file(spec))
    request.trajectory = trajectory.map { DataSource($0) }
    request.time = time
    request.radius = radius
    request.output = output
    request.report = report
    request.force = shared.force
    request.seed = shared.seed
    try carryOut(request, shared) { $0.text }
  }
}

extension LandscapeSummary {
  var text: String {
    var lines = [
      "\(objective), widths \(widths.map(String.init).joined(separator: "–")), "
        + (time.value.map { "at time \(readable($0))" } ?? "at the start"),
      words + ": " + sentence.prefix(1).lowercased() + sentence.dropFirst(), "",
      "loss                   \(readable(loss))"
        + (minimumLoss.value.map { ", at least \(readable($0))" } ?? ""),
      "gradient               \(readable(gradientNorm)), of the loss by W \(readable(endToEndGradientNorm))",
      "curvature              \(readable(smallestCurvature)) to \(readable(largestCurvature))",
    ]
    if let negative = negativeCount.value, let zero = zeroCount.value,
      let positive = positiveCount.value
    {
      lines.append(
        "Hessian                \(negative) negative, \(zero) zero, \(positive) positive eigenvalues"
      )
    }
    lines += [
      "rank                   \(rank), the nearest of rank \(max(0, rank - 1)) is \(readable(distanceToRankBelow)) away",
      "unbalancedness         \(readable(unbalancedness))",
      "work of the field      \(readable(curve.endToEndIntegral)) around a curve of radius \(readable(curve.radius)), \(readable(100 * abs(curve.share))) % of the most",
      "work of the gradient   \(readable(curve.gradientIntegral))",
    ]
    let files = [output, report.map { "\($0)/index.html" }].compactMap(\.self)
    if !files.isEmpty { lines += ["", "written: \(files.joined(separator: ", "))"] }
    return lines.joined(separator: "\n")
  }
}
