// How do I run a whole job, as the command does, from a request in JSON?

import DeepLinear
import Jobs

let request = #"{"job": "complete", "observed": {"array": "x"}, "intervals": 0.9}"#
var generator = SeededGenerator(seed: 1)
let problem = CompletionTeacher(rowCount: 40, columnCount: 30, rank: 2, entryCount: 700, noise: 0.1)
  .problem(using: &generator)

// Arrays in memory travel beside the request; NaN is unknown.
let context = JobContext(arrays: ["x": NPYArray(problem.entries.dense())])
let result = try AnyJob(json: Array(request.utf8)).run(
  in: context,
  observing: JobObserver { progress in
    print(progress.stage, progress.fraction ?? 0)
    return true
  })

print(String(decoding: try result.summaryJSON(), as: UTF8.self))
let arrays = try result.arrays()
precondition(arrays["completion"]?.shape == [40, 30] && arrays["halfWidths"]?.shape == [40, 30])
precondition(result.ending == .done)
