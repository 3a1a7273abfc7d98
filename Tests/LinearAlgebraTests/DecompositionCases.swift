import LinearAlgebra
import Testing

/// The matrices that every decomposition must cope with.
struct DecompositionCase: CustomTestStringConvertible, Sendable {
  let name: String
  let matrix: Matrix
  var testDescription: String { name }

  /// Every shape at ordinary, tiny and huge scale, of full rank and of deficient rank.
  static let all: [DecompositionCase] = {
    var generator = SeededGenerator(seed: 2024)
    var cases: [DecompositionCase] = []
    let shapes = [
      (1, 1), (1, 6), (6, 1), (3, 3), (5, 8), (8, 5), (40, 40), (60, 25), (25, 60), (0, 3), (3, 0),
      (0, 0),
    ]
    for (m, n) in shapes {
      for scale in [1, 1e-300, 1e300] {
        cases.append(
          DecompositionCase(
            name: "\(m)×\(n) scale \(scale)",
            matrix: .gaussian(
              rowCount: m, columnCount: n, standardDeviation: scale, using: &generator)))
      }
      let rank = min(m, n) / 2
      cases.append(
        DecompositionCase(
          name: "\(m)×\(n) rank \(rank)",
          matrix: .lowRank(rowCount: m, columnCount: n, rank: rank, using: &generator)))
    }
    cases.append(DecompositionCase(name: "identity", matrix: .identity(5)))
    cases.append(
      DecompositionCase(name: "ones", matrix: Matrix(rowCount: 4, columnCount: 6, repeating: 1)))
    return cases
  }()
}
