// A problem with a known answer: a random matrix of rank 5, of which 2,000 of 10,000 entries are shown.
// Printed as triplets, this is Examples/low-rank-2000.csv; with the argument `truth`, the whole matrix.

import DeepLinear

let teacher = CompletionTeacher(rowCount: 100, columnCount: 100, rank: 5, entryCount: 2000)
var generator = SeededGenerator(seed: 2019)
let problem = teacher.problem(using: &generator)

if CommandLine.arguments.contains("truth") {
  for row in 0..<problem.truth.rowCount {
    print(problem.truth.row(row).map { "\($0)" }.joined(separator: ","))
  }
} else {
  print("row,column,value")
  for (k, value) in problem.entries.values.enumerated() {
    print("\(problem.entries.rows[k]),\(problem.entries.columns[k]),\(value)")
  }
}

precondition(problem.entries.count == 2000)
let rank = try problem.truth.rank()
precondition(rank == 5)
precondition(abs(problem.truth.frobeniusNorm - 100) < 1e-10)
