import DataFormats
import Foundation
import LinearAlgebra
import Testing

/// Which of the library's kernels run, and that all of them give the same answers.
@Suite struct KernelTests {
  /// The kinds that this processor can run, by the flags that Linux shows.
  static let kinds: [String] = {
    guard let text = try? String(contentsOfFile: "/proc/cpuinfo", encoding: .utf8),
      let line = text.split(separator: "\n").first(where: { $0.hasPrefix("flags") })
    else { return [] }
    let flags = Set(line.split(separator: " ").map(String.init))
    let avx512: Set = ["avx512f", "avx512bw", "avx512dq", "avx512vl", "avx512cd"]
    let needs: [(String, Set<String>)] = [
      ("Prescott", []), ("Nehalem", ["sse4_2"]), ("Sandybridge", ["avx"]),
      ("Haswell", ["avx2", "fma"]), ("Zen", ["avx2", "fma"]), ("SkylakeX", avx512),
    ]
    return needs.filter { $0.1.isSubset(of: flags) }.map(\.0)
  }()

  @Test(arguments: kinds)
  func everyKindGivesTheSameAnswersToRounding(kind: String) throws {
    try Command.inFolder { command in
      var generator = SeededGenerator(seed: 1)
      let x = Matrix.gaussian(rowCount: 60, columnCount: 17, using: &generator)
      let y = x * Matrix.gaussian(rowCount: 17, columnCount: 9, using: &generator)
      try DataFile.writeMatrix(x, to: command.path("x.npy"))
      try DataFile.writeMatrix(y, to: command.path("y.npy"))
      func fit(_ name: String, _ environment: [String: String]) throws -> (Matrix, Command.Ending) {
        let ending = try command.run(
          ["regress", "x.npy", "y.npy", "--rank", "5", "--no-intercept", "--output", name],
          environment: environment)
        #expect(ending.status == 0, "\(ending.error)")
        return (try DataFile.readMatrix(from: command.path(name)), ending)
      }
      let (own, quiet) = try fit("own.npy", [:])
      let (other, told) = try fit("other.npy", ["OPENBLAS_CORETYPE": kind])
      // Sums of 60 products, a decomposition, and inputs with a condition number below 10.
      #expect((other - own).frobeniusNorm <= 4096 * 0x1p-53 * own.frobeniusNorm)
      let version = try command.run(
        ["version", "--verbose", "--json"], environment: ["OPENBLAS_CORETYPE": kind])
      let said = try version.json()
      #expect(said["kernels"] as? String == kind)
      // What was forced is said, in one line, where it is slower.
      if kind == Self.kinds.last { #expect(said["shortfall"] == nil) }
      if kind == "Prescott", Self.kinds.count > 2 { #expect(said["shortfall"] != nil) }
      #expect(told.error.contains("OPENBLAS_CORETYPE says so") == (said["shortfall"] != nil))
      if BLASConfiguration.shortfall == nil { #expect(quiet.error.isEmpty, "\(quiet.error)") }
    }
  }
}
