import DataFormats
import Jobs
import LinearAlgebra
import Testing

/// Jobs that no command asks for yet, from requests in JSON.
@Suite struct ArrayJobsTests {
  @Test func anAutoencoderFindsThePrincipalSpace() throws {
    var generator = SeededGenerator(seed: 5)
    let basis = Matrix.orthogonal(rowCount: 6, columnCount: 6, using: &generator)
    var samples = Matrix.gaussian(rowCount: 200, columnCount: 6, using: &generator)
    for row in 0..<200 {
      for column in 0..<6 { samples[row, column] *= [5, 3, 0.3, 0.2, 0.2, 0.1][column] }
    }
    let context = JobContext(arrays: ["x": NPYArray(samples * basis)])
    let job = try AnyJob(
      json: Array(#"{"job": "autoencode", "inputs": {"array": "x"}, "components": 2}"#.utf8))
    let result = try job.run(in: context)
    #expect(result.ending == .done)
    let arrays = try result.arrays()
    #expect(arrays["components"]?.shape == [2, 6])
    #expect(arrays["mean"]?.shape == [6])
    let components = try #require(arrays["components"]?.matrix)
    // Orthonormal, and in the space of the two large directions up to the spread of the small ones.
    #expect((components.timesTransposed(components) - .identity(2)).maxAbsolute < 1e-12)
    #expect(components.timesTransposed(basis.firstRows(2)).frobeniusNorm > 1.4)
    _ = try result.record()
    let tooMany = try AnyJob(
      json: Array(#"{"job": "autoencode", "inputs": {"array": "x"}, "components": 7}"#.utf8))
    #expect(throws: BadInput.self) { try tooMany.run(in: context) }
  }

  @Test func aTensorIsFilledInAndKeepsWhatIsKnown() throws {
    var generator = SeededGenerator(seed: 6)
    let (a, b, c) = (
      Matrix.gaussian(rowCount: 6, columnCount: 1, using: &generator),
      Matrix.gaussian(rowCount: 7, columnCount: 1, using: &generator),
      Matrix.gaussian(rowCount: 8, columnCount: 1, using: &generator)
    )
    var whole: [Double] = []
    for i in 0..<6 {
      for j in 0..<7 { for k in 0..<8 { whole.append(a[i, 0] * b[j, 0] * c[k, 0]) } }
    }
    let holed = whole.map { generator.next() % 2 == 0 ? Double.nan : $0 }
    let context = JobContext(arrays: ["t": NPYArray(shape: [6, 7, 8], elements: holed)])
    let job = try AnyJob(json: Array(#"{"job": "tensor", "observed": {"array": "t"}}"#.utf8))
    let result = try job.run(in: context)
    #expect(result.ending == .done)
    let filled = try #require(result.arrays()["completion"])
    #expect(filled.shape == [6, 7, 8])
    for (value, known) in zip(filled.elements, holed) where !known.isNaN { #expect(value == known) }
    let error = zip(filled.elements, whole).map { abs($0 - $1) }.max() ?? 1
    #expect(error < 1e-9)
    _ = try result.record()
  }
}
