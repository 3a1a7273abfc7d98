import DataFormats
import DeepLinear
import Glibc
import Records
import Reports

/// One run of `complete`: read, fit, write, report.
struct Completion {
  let command: CompleteCommand

  func run() throws {
    let clock = ContinuousClock()
    let start = clock.now
    try checkOutputs()
    let data = try DataFile.readObservedEntries(
      from: command.observed, options: command.reading.options)
    let truth = try readTruth(data.entries)
    Interrupt.watch()
    let (fit, nuclear) = try fit(data.entries)
    let seconds = (clock.now - start).seconds
    let completion = CompletedTable(
      fit: fit, completed: nuclear?.completion, entries: data.entries, command: command)
    let summary = CompletionSummary(
      command: command, data: data, fit: fit, nuclear: nuclear, completion: completion,
      truth: truth, seconds: seconds)
    try write(completion, data, fit)
    if let folder = command.results.report {
      try CompletionReport(
        command: command, data: data, fit: fit, nuclear: nuclear, completion: completion,
        truth: truth, summary: summary
      ).write(to: folder)
    }
    if command.shared.json {
      try JSONOutput.write(summary)
    } else {
      print(summary.text(command: command))
    }
    switch fit.outcome {
    case .converged: break
    case .interrupted: throw Ended.interrupted
    case .stepLimit, .stalled, .diverged: throw Ended.withoutResult
    }
  }

  private func checkOutputs() throws {
    let results = command.results
    var outputs = OutputPaths(overwrite: command.shared.force)
    try outputs.file(results.output, option: "--output")
    try outputs.file(results.intervalOutput, option: "--interval-output")
    try outputs.file(results.model, option: "--model", among: [.safetensors])
    try outputs.report(results.report)
  }

  private func readTruth(_ entries: ObservedEntries) throws -> Matrix? {
    guard let path = command.results.truth else { return nil }
    let truth = try DataFile.readMatrix(from: path)
    guard truth.rowCount == entries.rowCount, truth.columnCount == entries.columnCount else {
      throw BadInput(
        """
        \(path): the truth is \(truth.shape) but \(command.observed) is \
        \(entries.rowCount)×\(entries.columnCount); give matrices of one shape, or the shape with \
        --rows and --columns.
        """)
    }
    return truth
  }

  private func fit(
    _ entries: ObservedEntries
  ) throws -> (MatrixCompleter.Fit, nuclear: NuclearNormCompleter.Fit?) {
    if command.fitting.method == .nuclear {
      let fit = try nuclearFit(entries)
      return (try fit.matrixCompletion(of: entries), fit)
    }
    var bar = ProgressBar("completing")
    defer { bar.finish() }
    let completer = MatrixCompleter(
      depth: command.fitting.depth, width: command.fitting.width.value,
      initialScale: command.fitting.initialScale.value, rank: command.fitting.rank.value,
      holdoutFraction: command.fitting.holdout, intervalCoverage: command.results.intervals,
      recordingInterval: command.results.report == nil ? nil : 2,
      threadCount: command.fitting.threads.value,
      seed: command.shared.seed)
    let fit = try completer.fit(entries) { progress in
      bar.show(progress.fraction)
      return !Interrupt.wasAsked
    }
    return (fit, nil)
  }

  private func nuclearFit(_ entries: ObservedEntries) throws -> NuclearNormCompleter.Fit {
    var bar = ProgressBar("completing")
    defer { bar.finish() }
    let penalty: NuclearNormCompleter.Penalty =
      switch command.fitting.penalty {
      case .none: .none
      case .automatic: .chosen(holdoutFraction: command.fitting.holdout)
      case .fixed(let λ): .fixed(λ)
      }
    let completer = NuclearNormCompleter(penalty: penalty, seed: command.shared.seed)
    do {
      return try completer.fit(entries) { progress in
        // The gap falls by a steady factor; penalties tried come first and take a share of the work each.
        let share =
          log10(max(progress.relativeGap, completer.tolerance)) / log10(completer.tolerance)
        bar.show(penalty == .none ? share : min(0.9, Double(progress.pathIndex) / 20))
        return !Interrupt.wasAsked
      }
    } catch let failure as NuclearNormCompleter.Failure {
      throw BadInput("\(command.observed): \(failure).")
    }
  }

  private func write(
    _ completion: CompletedTable, _ data: ObservedData, _ fit: MatrixCompleter.Fit
  ) throws {
    let force = command.shared.force
    if let output = command.results.output {
      try DataFile.writeMatrix(
        completion.matrix, to: output, overwrite: force, names: data.names)
    }
    if let output = command.results.intervalOutput, let intervals = fit.intervals {
      try DataFile.writeMatrix(
        completion.halfWidths(intervals), to: output, overwrite: force,
        names: data.names)
    }
    if let model = command.results.model {
      try ModelFile.write(
        fit.model, settings: ModelFile.settings(of: command, fit: fit), to: model,
        overwrite: force)
    }
  }
}

extension Duration {
  var seconds: Double {
    Double(components.seconds) + 1e-18 * Double(components.attoseconds)
  }
}
