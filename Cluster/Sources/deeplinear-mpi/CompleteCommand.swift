import ArgumentParser
import DeepLinear
import DividedCompletion
import Foundation
import Jobs
import MessagePassing

struct CompleteCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "complete",
    abstract: "Fill in one matrix larger than a machine, its rows divided among the ranks.",
    usage:
      "mpirun -n <ranks> deeplinear-mpi complete <observed> --rank <r> --output <folder> [<options>]",
    discussion: """
      OBSERVED is a file of known entries, or a pattern in quotes such as 'ratings-*.npz': each file holds \
      whole rows, and each rank reads its own. The answer is column-factors.npy and a file of row factors \
      for each block of rows; its bits do not depend on the number of ranks. What was killed goes on with \
      --resume.

      Example: mpirun -n 4 deeplinear-mpi complete 'part-*.csv' --rank 10 --penalty 0.05 --output fit
      """)

  @Argument(help: ArgumentHelp("The known entries.", valueName: "observed"))
  var observed: String

  @Option(help: ArgumentHelp("The folder of the answer.", valueName: "folder"))
  var output: String

  @Option(help: ArgumentHelp("The width of the factors.", valueName: "number"))
  var rank: Int

  @Option(
    help: ArgumentHelp(
      "What squared norms are weighed with for each known entry; 0 for exact data.",
      valueName: "number"))
  var penalty = 0.0

  @Option(help: ArgumentHelp("The largest number of rounds.", valueName: "number"))
  var rounds = 500

  @Option(
    help: ArgumentHelp(
      "Done when the residuals are so small, relative to the values.", valueName: "number"))
  var tolerance = 1e-12

  @Option(help: ArgumentHelp("Rounds between two checkpoints.", valueName: "number"))
  var checkpointInterval = 10

  @Option(help: ArgumentHelp("The number of rows of the whole matrix.", valueName: "number"))
  var rows: Int?

  @Option(help: ArgumentHelp("The number of columns of the whole matrix.", valueName: "number"))
  var columns: Int?

  @Flag(help: "Go on from the checkpoint in the folder.")
  var resume = false

  @Flag(help: "Print exactly one JSON object on standard output.")
  var json = false

  @Flag(help: "Replace the answer in the folder.")
  var force = false

  @Option(help: ArgumentHelp("The seed of the start.", valueName: "number"))
  var seed: UInt64 = 0

  func validate() throws {
    guard (1...256).contains(rank) else {
      throw ValidationError("--rank must lie between 1 and 256, not \(rank).")
    }
    guard penalty >= 0, penalty.isFinite, tolerance > 0, rounds >= 1, checkpointInterval >= 1 else {
      throw ValidationError(
        "--penalty must not be negative; --tolerance, --rounds and --checkpoint-interval must be positive."
      )
    }
  }

  private struct Summary: Encodable {
    var rows: Int, columns: Int, observed: Int, rank: Int, ranks: Int, blocks: Int
    var outcome: String
    var rounds: Int
    var trainingError: Double
    var bytesPerRound: Int
    var seconds: Double
    var output: String
  }

  func run() throws {
    let ranks = Ranks()
    do {
      try complete(ranks)
    } catch {
      // Another rank may be well: the one that is not says so, with its number.
      let sentence = (error as? BadInput)?.sentence ?? "\(error)"
      FileHandle.standardError.write(Data("deeplinear-mpi, rank \(ranks.own): \(sentence)\n".utf8))
      ranks.abort(status: 2)
    }
    ranks.leave()
  }

  private func complete(_ ranks: Ranks) throws {
    let start = ContinuousClock.now
    let folder = AnswerFolder(output)
    if ranks.own == 0 { try folder.prepare(resume: resume, force: force) }
    ranks.meet()
    let input = try DividedInput(
      observed, rowCount: rows, columnCount: columns, ranks: ranks)
    let completer = DividedCompleter(
      rank: rank, penalty: penalty, roundLimit: rounds, tolerance: tolerance, seed: seed)
    let identity = "\(rank) \(penalty) \(seed) \(input.columnCount) \(input.entryCount)"
    let kept = resume ? try folder.checkpoint(identity) : nil
    let (state, rowFactors) = completer.run(
      input.blocks, numbers: input.numbers, of: input.blockCount, columnCount: input.columnCount,
      from: kept ?? completer.start(columnCount: input.columnCount), ranks: ranks
    ) { state in
      if ranks.own == 0, state.round % checkpointInterval == 0 {
        try? folder.keep(state, identity)
      }
      return true
    }
    for ((number, block), factors) in zip(zip(input.numbers, input.blocks), rowFactors) {
      try folder.write(block, factors, rank: rank, number: number)
    }
    ranks.meet()
    guard ranks.own == 0 else { return }
    try folder.write(state, rank: rank)
    let summary = Summary(
      rows: input.rowCount, columns: input.columnCount, observed: input.entryCount, rank: rank,
      ranks: ranks.count, blocks: input.blockCount,
      outcome: state.isDone ? "converged" : "stepLimit",
      rounds: state.round, trainingError: state.error,
      bytesPerRound: 8 * input.columnCount * (rank * (rank + 1) / 2 + rank),
      seconds: (ContinuousClock.now - start).seconds, output: output)
    if json {
      print(String(decoding: try JSONText.bytes(of: summary), as: UTF8.self))
    } else {
      print(
        "\(summary.observed) entries of \(summary.rows)×\(summary.columns) on \(summary.ranks) ranks: \(summary.outcome) after \(summary.rounds) rounds, error \(summary.trainingError), in \(summary.seconds) s"
      )
    }
  }
}

extension Duration {
  var seconds: Double { Double(components.seconds) + 1e-18 * Double(components.attoseconds) }
}
