import DataFormats
import Foundation
import Jobs
import LinearAlgebra
import Testing

/// Problems with known answers, each a folder: a specification with its arrays, and what is expected, from independent
/// numerics or derivations (`source` says which).
@Suite struct TheoryCaseTests {
  private struct Expectation: Decodable {
    var command: String
    var exit: Int
    /// The end-to-end matrices at the recorded times.
    var endToEnd: [[[Double]]]?
    var tolerance: Double?
    var minimumLoss: Double?
    var rank: Int?
    /// The exit status of certifying what was simulated.
    var certify: Int?
  }

  private static let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    .deletingLastPathComponent().appendingPathComponent("TheoryCases")

  static let names =
    (try? FileManager.default.contentsOfDirectory(atPath: folder.path))?.sorted() ?? []

  @Test func thereAreCases() { #expect(Self.names.count >= 23) }

  @Test(arguments: names) func hasItsRightAnswer(_ name: String) throws {
    let place = Self.folder.appendingPathComponent(name)
    let expected = try JSONDecoder().decode(
      Expectation.self, from: Data(contentsOf: place.appendingPathComponent("expected.json")))
    let spec = SpecSource.file(place.appendingPathComponent("spec.json").path)
    if expected.command == "certify" {
      let recorded = DataSource(place.appendingPathComponent("trajectory.npz").path)
      #expect(try status(of: certification(spec, recorded)) == expected.exit)
      return
    }
    let simulation = Simulation(spec)
    guard expected.exit == 0 else {
      #expect(throws: BadInput.self) { try simulation.run() }
      return
    }
    let result = try simulation.run()
    #expect(result.ending == .done)
    let found = try result.arrays()["endToEnd"]
    if let matrices = expected.endToEnd, let tolerance = expected.tolerance {
      let array = try #require(found)
      for (k, rows) in matrices.enumerated() {
        let right = Matrix(rows: rows)
        let slice = array.elements[k * right.count..<(k + 1) * right.count]
        let own = Matrix(
          rowCount: right.rowCount, columnCount: right.columnCount, elements: Array(slice))
        let error = (own - right).frobeniusNorm / right.frobeniusNorm
        #expect(error <= tolerance, "time \(k): \(error)")
        if let rank = expected.rank, k == matrices.count - 1 {
          let values = try own.singularValues()
          #expect(values.dropFirst(rank).allSatisfy { $0 <= 1e-9 * values[0] })
        }
      }
    }
    if let least = expected.minimumLoss {
      let json = try JSONSerialization.jsonObject(with: Data(result.summaryJSON()))
      let own = try #require((json as? [String: Any])?["minimumLoss"] as? Double)
      #expect(abs(own - least) <= 1e-8 * least)
    }
    if let certify = expected.certify {
      let context = JobContext(uploads: ["t.npz": try result.arrays().encoded()])
      let recorded = DataSource(.upload("t.npz"))
      #expect(try status(of: certification(spec, recorded), in: context) == certify)
    }
  }

  private func certification(_ spec: SpecSource, _ recorded: DataSource) -> Certification {
    var request = Certification(spec)
    request.trajectory = recorded
    return request
  }

  private func status(of request: Certification, in context: JobContext = JobContext()) throws
    -> Int
  {
    try request.run(in: context, observing: .none).ending == .done ? 0 : 1
  }
}
