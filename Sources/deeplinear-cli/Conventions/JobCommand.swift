import ArgumentParser
import Jobs
import LinearAlgebra
import Synchronization

extension ParsableCommand {
  /// Runs a job, writes its files, and says what came of it.
  ///
  /// - Parameters:
  ///   - isOutputTaken: whether standard output holds a file, so that words go to standard error.
  ///   - watching: hears of progress as well, with figures.
  ///   - text: the result for people.
  func carryOut<Request: Job>(
    _ request: Request, _ shared: SharedOptions, isOutputTaken: Bool = false,
    watching: (@Sendable (JobProgress) -> Void)? = nil,
    text: (Request.Result.Summary) -> String
  ) throws {
    if let shortfall = BLASConfiguration.shortfall {
      StandardError.write("deeplinear: \(shortfall).\n")
    }
    let screen = Screen(givesWhatItHas: Request.givesWhatItHas)
    let context = JobContext(arguments: Main.arguments)
    let result: Request.Result
    do {
      defer { screen.finish() }
      result = try request.run(
        in: context,
        observing: JobObserver(figureInterval: watching == nil ? nil : 0.3) { progress in
          watching?(progress)
          return screen.show(progress)
        })
    } catch let interrupted as JobInterrupted {
      if let sentence = interrupted.sentence { StandardError.write("deeplinear: \(sentence)\n") }
      throw Ended.interrupted
    }
    Interrupt.hasSomethingToSave = true
    try result.write()
    let words =
      shared.json
      ? String(decoding: try result.summaryJSON(), as: UTF8.self) : text(result.summary)
    if isOutputTaken { StandardError.write(words + "\n") } else { try StandardOutput.write(words) }
    switch result.ending {
    case .done: break
    case .interrupted: throw Ended.interrupted
    case .incomplete(let sentence):
      if let sentence { StandardError.write("deeplinear: \(sentence)\n") }
      throw Ended.withoutResult
    }
  }
}

extension ParsableCommand {
  /// Runs the same job on several files; in JSON their summaries stand under `files`, by their paths. A file that
  /// cannot be read does not keep the others from being done; what failed is said at the end, in JSON under `failed`.
  func carryOutAll<Request: Job>(
    _ requests: [(Request, name: String)], _ shared: SharedOptions,
    text: (Request.Result.Summary, String) -> String
  ) throws {
    var done = Outcomes<Request.Result.Summary>()
    var ending = JobEnding.done
    for (request, name) in requests {
      let screen = Screen(givesWhatItHas: Request.givesWhatItHas)
      let context = JobContext(arguments: Main.arguments)
      do {
        defer { screen.finish() }
        let result = try request.run(in: context, observing: JobObserver(screen.show))
        Interrupt.hasSomethingToSave = true
        try result.write()
        done.files[name] = result.summary
        if !shared.json { try StandardOutput.write(text(result.summary, name)) }
        if result.ending != .done { ending = result.ending }
      } catch is JobInterrupted {
        throw Ended.interrupted
      } catch {
        if requests.count == 1 { throw error }
        let sentence = Main.sentence(of: error)
        done.failed = (done.failed ?? [:]).merging([name: sentence]) { $1 }
        StandardError.write("deeplinear: \(sentence)\n")
      }
      if ending == .interrupted { break }
    }
    if shared.json {
      try StandardOutput.write(String(decoding: try JSONText.bytes(of: done), as: UTF8.self))
    }
    if let failed = done.failed {
      let names = requests.map(\.name).filter { failed[$0] != nil }
      StandardError.write(
        "deeplinear: \(names.count) of \(requests.count) files not done: \(names.joined(separator: ", "))\n"
      )
      throw Ended.badInput
    }
    switch ending {
    case .done: break
    case .interrupted: throw Ended.interrupted
    case .incomplete: throw Ended.withoutResult
    }
  }
}

/// What came of several files.
private struct Outcomes<Summary: Encodable>: Encodable {
  var files: [String: Summary] = [:]
  var failed: [String: String]?
}

/// Shows a job's progress on standard error; an interrupt stops the job.
private final class Screen: Sendable {
  private let bar = Mutex<ProgressBar?>(nil)
  private let givesWhatItHas: Bool

  init(givesWhatItHas: Bool) { self.givesWhatItHas = givesWhatItHas }

  /// Before a job tells of its first stage, and in jobs that give nothing but the whole, there is nothing to save, and
  /// an interrupt ends the program at once.
  func show(_ progress: JobProgress) -> Bool {
    bar.withLock { bar in
      if bar == nil {
        Interrupt.hasSomethingToSave = givesWhatItHas
        Interrupt.watch()
        bar = ProgressBar(progress.stage)
      }
      if let sentence = progress.sentence {
        bar?.finish()
        StandardError.write("\(sentence)\n")
      }
      if let fraction = progress.fraction { bar?.show(fraction, note: progress.note) }
    }
    return !Interrupt.wasAsked
  }

  func finish() { bar.withLock { $0?.finish() } }
}
