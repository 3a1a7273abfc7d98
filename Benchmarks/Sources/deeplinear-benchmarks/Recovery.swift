import DeepLinear
import Foundation

/// Exact recovery of random 100×100 matrices of rank 5, in process.
enum Recovery {
  static func run() throws {
    print("\n100×100 rank 5, 20 random instances, nothing chosen by hand")
    print("entries  determined  recovered  worst error  median CPU s  largest CPU s")
    for (count, tolerance) in [(2000, 1e-9), (1500, 1e-8), (1300, 1e-8)] {
      var recovered = 0
      var determined = 0
      var worst = 0.0
      var times: [Double] = []
      for seed in 0..<20 {
        var generator = SeededGenerator(seed: UInt64(1000 + seed))
        let problem = CompletionTeacher(
          rowCount: 100, columnCount: 100, rank: 5, entryCount: count
        ).problem(using: &generator)
        let start = processorSeconds()
        let fit = try MatrixCompleter().fit(problem.entries)
        times.append(processorSeconds() - start)
        guard fit.mask.undeterminedEntryCount == 0 else { continue }
        determined += 1
        let error =
          (fit.completion() - problem.truth).frobeniusNorm / problem.truth.frobeniusNorm
        worst = max(worst, error)
        if error <= tolerance { recovered += 1 }
      }
      print(
        String(
          format: "%7d  %10d  %9d  %11.1e  %12.3f  %13.3f", count, determined, recovered, worst,
          median(times), times.max()!))
    }
  }
}
