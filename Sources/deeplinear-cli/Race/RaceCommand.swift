import ArgumentParser
import Jobs
import LinearAlgebra

struct RaceCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "race",
    abstract: "Let depths race to a loss, each with its best step size.",
    usage: "deeplinear race <spec> [<options>]",
    discussion: """
      SPEC is a specification as for simulate; dynamics and recording may be left out. Networks of every \
      depth begin at the end-to-end matrix of its network, in balanced layers, and descend with step sizes \
      that are searched for. Deeper ones run on their layers and, as Claim 1 of Cohen and Razin has it, on the \
      end-to-end matrix with the preconditioner of that depth; depth 1 is descent on the loss itself. Beside \
      them stands the time of gradient flow. The command ends with 1 when a depth does not arrive.

      Example: deeplinear race spec.yaml --depths 1,2,3 --target-loss 1e-4 --report report
      """)

  @Argument(help: ArgumentHelp("The objective and the start.", valueName: "spec"))
  var spec: String

  @Option(
    name: .long, help: ArgumentHelp("The depths, with commas between.", valueName: "numbers"))
  var depths = DepthRace.defaultDepths.map(String.init).joined(separator: ",")

  @Option(
    name: .long, parsing: .unconditional,
    help: ArgumentHelp(
      "The loss to reach; a thousandth of the excess by default, where the least loss is known.",
      valueName: "number"))
  var targetLoss: Double?

  @Option(
    name: .long, parsing: .unconditional,
    help: ArgumentHelp("The largest number of steps of one descent.", valueName: "number"))
  var stepLimit = DepthRace.defaultStepLimit

  @Option(name: .long, help: ArgumentHelp("Write all trials as .csv.", valueName: "file"))
  var output: String?

  @Option(
    name: .long, help: ArgumentHelp("Write a report to open in a browser.", valueName: "folder"))
  var report: String?

  @OptionGroup(title: "General")
  var shared: SharedOptions

  func run() throws {
    var request = DepthRace(.file(spec))
    request.depths = try depths.split(separator: ",", omittingEmptySubsequences: false).map {
      guard let depth = Int($0.filter { $0 != " " }) else {
        throw BadInput("--depths must be whole numbers with commas between, not '\(depths)'.")
      }
      return depth
    }
    request.targetLoss = targetLoss
    request.stepLimit = stepLimit
    request.output = output
    request.report = report
    request.force = shared.force
    request.seed = shared.seed
    try carryOut(request, shared) { $0.text }
  }
}

extension RaceSummary {
  var text: String {
    func padded(_ text: String, _ width: Int) -> String {
      text + String(repeating: " ", count: max(0, width - text.count))
    }
    var lines = [
      "\(objective), \(rows)×\(columns): from the loss \(readable(initialLoss)) to \(readable(targetLoss))"
        + (minimumLoss.value.map { ", at least \(readable($0))" } ?? "")
        + ", \(readable(seconds)) s",
      "", "depth  on        step size    steps      factor     flow time",
    ]
    for entry in entries {
      var line =
        padded("\(entry.depth)", 7) + padded(entry.on == "endToEnd" ? "W" : entry.on, 10)
        + padded(entry.bestStepSize.value.map(readable) ?? "none", 13)
        + padded(entry.steps.value.map { "\($0)" } ?? "–", 11)
        + padded(entry.factor.value.map(readable) ?? "–", 11)
        + (entry.flowTime.value.map(readable) ?? "–")
      while line.last == " " { line.removeLast() }
      lines.append(line)
    }
    let files = [output, report.map { "\($0)/index.html" }].compactMap(\.self)
    if !files.isEmpty { lines += ["", "written: \(files.joined(separator: ", "))"] }
    return lines.joined(separator: "\n")
  }
}
