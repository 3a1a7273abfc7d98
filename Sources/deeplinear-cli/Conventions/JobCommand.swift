import ArgumentParser
import Jobs
import LinearAlgebra
import Synchronization

extension ParsableCommand {
  /// Runs a job, writes its files, and says what came of it.
  ///
  /// - Parameters:
  ///   - isOutputTaken: whether standard output holds a file, so that words go to standard error.
  ///   - text: the result for people.
  func carryOut<Request: Job>(
    _ request: Request, _ shared: SharedOptions, isOutputTaken: Bool = false,
    text: (Request.Result.Summary) -> String
  ) throws {
    if let shortfall = BLASConfiguration.shortfall {
      StandardError.write("deeplinear: \(shortfall).\n")
    }
    let screen = Screen(givesWhatItHas: Request.givesWhatItHas)
    let context = JobContext(arguments: Array(CommandLine.arguments.dropFirst()))
    let result: Request.Result
    do {
      defer { screen.finish() }
      result = try request.run(in: context, observing: JobObserver(screen.show))
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
  /// Runs the same job on several files; in JSON their summaries stand under `files`, by their paths.
  func carryOutAll<Request: Job>(
    _ requests: [(Request, name: String)], _ shared: SharedOptions,
    text: (Request.Result.Summary, String) -> String
  ) throws {
    var summaries: [String: Request.Result.Summary] = [:]
    var ending = JobEnding.done
    for (request, name) in requests {
      let screen = Screen(givesWhatItHas: Request.givesWhatItHas)
      let context = JobContext(arguments: Array(CommandLine.arguments.dropFirst()))
      let result: Request.Result
      do {
        defer { screen.finish() }
        result = try request.run(in: context, observing: JobObserver(screen.show))
      } catch is JobInterrupted {
        throw Ended.interrupted
      }
      Interrupt.hasSomethingToSave = true
      try result.write()
      summaries[name] = result.summary
      if !shared.json { try StandardOutput.write(text(result.summary, name)) }
      if result.ending != .done { ending = result.ending }
      if ending == .interrupted { break }
    }
    if shared.json {
      try StandardOutput.write(
        String(decoding: try JSONText.bytes(of: ["files": summaries]), as: UTF8.self))
    }
    switch ending {
    case .done: break
    case .interrupted: throw Ended.interrupted
    case .incomplete: throw Ended.withoutResult
    }
  }
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
