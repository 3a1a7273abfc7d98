// How do I complete a matrix by the smallest nuclear norm, with a proof of how small it is?

import DeepLinear

var generator = SeededGenerator(seed: 1)
let problem = CompletionTeacher(rowCount: 30, columnCount: 30, rank: 2, entryCount: 400)
  .problem(using: &generator)
let fit = try NuclearNormCompleter().fit(problem.entries)

// The multipliers are feasible for the dual problem: no completion has a smaller norm than their value.
print("norm \(fit.nuclearNorm), lower bound \(fit.dualValue)")
precondition(fit.relativeGap < 1e-7)
let multiplierNorm = try fit.multipliers.dense(elsewhere: 0).spectralNorm()
precondition(multiplierNorm < 1 + 1e-12)

// With noise a penalty is better; held-out entries choose it.
let noisy = CompletionTeacher(rowCount: 30, columnCount: 30, rank: 2, entryCount: 400, noise: 0.2)
  .problem(using: &generator)
let penalised = try NuclearNormCompleter(penalty: .chosen(holdoutFraction: 0.1)).fit(noisy.entries)
print("penalty \(penalised.penalty ?? 0), rank \(penalised.rank)")
precondition((penalised.completion - noisy.truth).frobeniusNorm < 0.7 * noisy.truth.frobeniusNorm)
