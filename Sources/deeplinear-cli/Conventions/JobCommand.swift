import ArgumentParser
import Jobs
import Synchronization

extension ParsableCommand {
  /// Runs a job, writes its files, and says what came of it.
  ///
  /// - Parameter text: the result for people.
  func carryOut<Request: Job>(
    _ request: Request, _ shared: SharedOptions, text: (Request.Result.Summary) -> String
  ) throws {
    let screen = Screen()
    let context = JobContext(arguments: Array(CommandLine.arguments.dropFirst()))
    let result: Request.Result
    do {
      defer { screen.finish() }
      result = try request.run(in: context, observing: JobObserver(screen.show))
    } catch let interrupted as JobInterrupted {
      if let sentence = interrupted.sentence { StandardError.write("deeplinear: \(sentence)\n") }
      throw Ended.interrupted
    }
    try result.write()
    print(
      shared.json
        ? String(decoding: try result.summaryJSON(), as: UTF8.self) : text(result.summary))
    switch result.ending {
    case .done: break
    case .interrupted: throw Ended.interrupted
    case .incomplete(let sentence):
      if let sentence { StandardError.write("deeplinear: \(sentence)\n") }
      throw Ended.withoutResult
    }
  }
}

/// Shows a job's progress on standard error; an interrupt stops the job.
private final class Screen: Sendable {
  private let bar = Mutex<ProgressBar?>(nil)

  /// Before a job tells of its first stage there is nothing to save, and an interrupt ends the program at once.
  func show(_ progress: JobProgress) -> Bool {
    bar.withLock { bar in
      if bar == nil {
        Interrupt.watch()
        bar = ProgressBar(progress.stage)
      }
      if let sentence = progress.sentence {
        bar?.finish()
        StandardError.write("\(sentence)\n")
      }
      if let fraction = progress.fraction { bar?.show(fraction) }
    }
    return !Interrupt.wasAsked
  }

  func finish() { bar.withLock { $0?.finish() } }
}
