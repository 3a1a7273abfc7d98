// How do I fill in a matrix of which some entries are known?

import DeepLinear

// A 60×40 matrix of rank 2; 600 of its 2,400 entries are shown.
var generator = SeededGenerator(seed: 1)
let problem = CompletionTeacher(rowCount: 60, columnCount: 40, rank: 2, entryCount: 600)
  .problem(using: &generator)

// Nothing to choose: neither rank nor penalty.
let fit = try MatrixCompleter().fit(problem.entries)
let completion = fit.completion()

print("rank \(fit.rank), exact: \(fit.isExact), undetermined: \(fit.mask.undeterminedEntryCount)")
precondition(fit.isExact && fit.rank == 2)
precondition(fit.mask.undeterminedEntryCount == 0)
precondition((completion - problem.truth).frobeniusNorm < 1e-9 * problem.truth.frobeniusNorm)
