import DeepLinear
import Glibc

func cpuSeconds() -> Double {
  var usage = rusage()
  getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
  return Double(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec)
    + 1e-6 * Double(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec)
}
print(BLASConfiguration.coreName)
for count in CommandLine.arguments.dropFirst().compactMap({ Int($0) }) {
  for seed in 0..<20 {
    var g = SeededGenerator(seed: UInt64(seed))
    let p = CompletionTeacher(rowCount: 100, columnCount: 100, rank: 5, entryCount: count).problem(
      using: &g)
    let t = cpuSeconds()
    let fit = try MatrixCompleter().fit(p.entries)
    let e = cpuSeconds() - t
    let w = fit.completion()
    print(
      count, seed, fit.isExact, fit.rank, fit.iterations, "error",
      (w - p.truth).frobeniusNorm / p.truth.frobeniusNorm, "undetermined",
      fit.mask.undeterminedEntryCount, fit.mask.undeterminedRows, fit.mask.undeterminedColumns,
      "cpu", e)
  }
}
for (a, b, r, m, s) in [(120, 60, 3, 2400, 0.1), (60, 200, 4, 4500, 0.3), (300, 40, 2, 3000, 1.0)] {
  for seed in 0..<3 {
    var g = SeededGenerator(seed: UInt64(seed))
    let p = CompletionTeacher(rowCount: a, columnCount: b, rank: r, entryCount: m, noise: s)
      .problem(using: &g)
    let t = cpuSeconds()
    let fit = try MatrixCompleter().fit(p.entries)
    let e = cpuSeconds() - t
    let w = fit.completion()
    print(
      a, b, fit.isExact, fit.rank, fit.model.offsets != nil, fit.iterations, "error",
      (w - p.truth).frobeniusNorm / p.truth.frobeniusNorm, "holdout", fit.holdoutError ?? .nan,
      "cpu", e)
  }
}
