import LinearAlgebra
import LinearNetworks
import Testing

@testable import Estimators

@Suite struct HoldoutTests {
  @Test(arguments: [0, 0.1, 0.3, 0.9]) func divisionIsComplete(_ fraction: Double) {
    var generator = SeededGenerator(seed: 1)
    let entries = completionProblem(20, 15, rank: 1, count: 120).entries
    let split = Holdout(of: entries, fraction: fraction, using: &generator)
    #expect((split.training + split.validation).sorted() == Array(0..<120))
    #expect(zip(split.training, split.training.dropFirst()).allSatisfy(<))
    #expect(zip(split.validation, split.validation.dropFirst()).allSatisfy(<))
  }

  @Test func countIsTheShareWhereTheRuleAllows() {
    var generator = SeededGenerator(seed: 2)
    let entries = completionProblem(30, 30, rank: 1, count: 600).entries
    for fraction in [0, 0.05, 0.1, 0.25] {
      let split = Holdout(of: entries, fraction: fraction, using: &generator)
      #expect(split.validation.count == Int((600 * fraction).rounded()))
    }
  }

  /// However much is asked for: no row and no column loses more than half, nor its last entry.
  @Test(arguments: [0.1, 0.5, 0.99]) func everyRowAndColumnKeepsHalf(_ fraction: Double) {
    var generator = SeededGenerator(seed: 3)
    for count in [1, 10, 25, 60, 100] {
      let entries = completionProblem(12, 10, rank: 1, count: count, seed: UInt64(count)).entries
      let split = Holdout(of: entries, fraction: fraction, using: &generator)
      for (lines, lineCount) in [(entries.rows, 12), (entries.columns, 10)] {
        for line in 0..<lineCount {
          let all = lines.filter { $0 == Int32(line) }.count
          let held = split.validation.filter { lines[$0] == Int32(line) }.count
          #expect(2 * held <= all)
        }
      }
      if count == 1 { #expect(split.validation.isEmpty) }
    }
  }

  @Test func everyEntryIsHeldOutAsOftenAsOthers() {
    var generator = SeededGenerator(seed: 4)
    let table = ObservedEntries.all(of: .zeros(6, 6))
    var counts = [Double](repeating: 0, count: 36)
    for _ in 0..<3000 {
      for k in Holdout(of: table, fraction: 0.25, using: &generator).validation { counts[k] += 1 }
    }
    // 9 of 36 each time: binomial with standard deviation √(3000 · ¼ · ¾) = 23.7.
    for count in counts { #expect(abs(count - 750) < 4.5 * 23.7) }
  }
}
