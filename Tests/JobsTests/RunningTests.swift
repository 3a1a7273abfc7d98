import DataFormats
import Foundation
import Jobs
import LinearAlgebra
import Records
import Synchronization
import Testing

@Suite struct RunningTests {
  /// A noisy matrix of rank 2 with NaN in a third of its places.
  private static let table: Matrix = {
    var generator = SeededGenerator(seed: 8)
    let noise = Matrix.gaussian(rowCount: 30, columnCount: 20, using: &generator)
    var table =
      Matrix.lowRank(rowCount: 30, columnCount: 20, rank: 2, using: &generator) + 0.1 * noise
    for k in 0..<600 where generator.next() % 3 == 0 { table[k / 20, k % 20] = .nan }
    return table
  }()

  @Test func arraysInMemoryAreReadLikeFiles() throws {
    let table = Self.table
    let known = (0..<600).filter { !table.elements[$0].isNaN }
    let triplets = known.flatMap { [Double($0 / 20), Double($0 % 20), table.elements[$0]] }
    let text = (0..<30).map { i in
      (0..<20).map { table[i, $0].isNaN ? "" : "\(table[i, $0])" }.joined(separator: ",")
    }.joined(separator: "\n")
    let context = JobContext(
      arrays: [
        "x": NPYArray(table), "t": NPYArray(shape: [known.count, 3], elements: triplets),
      ], uploads: ["x.csv": Array(text.utf8)])
    var answers: [NPZArchive] = []
    for source in [
      #"{"array": "x"}"#, #"{"upload": "x.csv"}"#,
      #"{"array": "t", "layout": "triplets", "rows": 30, "columns": 20}"#,
    ] {
      let job = try AnyJob(json: Array(#"{"job": "complete", "observed": \#(source)}"#.utf8))
      answers.append(try job.run(in: context).arrays())
    }
    #expect(answers[0]["completion"]?.shape == [30, 20])
    #expect(answers.allSatisfy { $0 == answers[0] })
    let missing = try AnyJob(json: Array(#"{"job": "complete", "observed": {"array": "y"}}"#.utf8))
    #expect(throws: BadInput.self) { try missing.run(in: context) }
  }

  @Test func specificationsNameArraysBesideTheRequest() throws {
    let simulation = Simulation(
      .text(
        """
        objective: { kind: factorization, target: { array: y } }
        network: { widths: [3, 3, 3], initial: { kind: identity, scale: 0.1 } }
        dynamics: { kind: flow }
        recording: { times: [0, 1], quantities: [endToEnd] }
        """))
    let context = JobContext(arrays: ["y": NPYArray(Matrix.identity(3))])
    let result = try simulation.run(in: context, observing: .none)
    #expect(try result.arrays()["endToEnd"]?.shape == [2, 3, 3])
    #expect(result.ending == .done)
  }

  @Test func aSeedOfZeroOverridesTheSpecifications() throws {
    func start(_ written: Int, _ asked: UInt64?) throws -> [Double]? {
      var simulation = Simulation(
        .text(
          """
          objective: { kind: factorization, target: { array: y } }
          network: { widths: [3, 3, 3], initial: { kind: gaussian, standardDeviation: 0.1 } }
          dynamics: { kind: flow }
          recording: { times: [0], quantities: [endToEnd] }
          seed: \(written)
          """))
      simulation.seed = asked
      let context = JobContext(arrays: ["y": NPYArray(Matrix.identity(3))])
      return try simulation.run(in: context, observing: .none).arrays()["endToEnd"]?.elements
    }
    #expect(try start(7, 0) == start(0, nil))
    #expect(try start(7, nil) == start(0, 7))
    #expect(try start(7, nil) != start(7, 0))
  }

  @Test func onlyWhatReachedSomethingHasConverged() throws {
    func kind(_ dynamics: String) throws -> String? {
      let simulation = Simulation(
        .text(
          """
          objective: { kind: factorization, target: { array: y } }
          network: { widths: [2, 2, 2], initial: { kind: identity, scale: 0.5 } }
          dynamics: \(dynamics)
          recording: { times: [0, 40] }
          """))
      let context = JobContext(arrays: ["y": NPYArray(Matrix.identity(2))])
      let summary = try simulation.run(in: context, observing: .none).summaryJSON()
      let json = try JSONSerialization.jsonObject(with: Data(summary)) as? [String: Any]
      return (json?["outcome"] as? [String: Any])?["kind"] as? String
    }
    #expect(try kind("{ kind: flow }") == "ended")
    #expect(try kind("{ kind: exact }") == "ended")
    #expect(try kind("{ kind: flow, targetLoss: 1.0e-3 }") == "converged")
    #expect(try kind("{ kind: flow, restSpeed: 1.0e-6 }") == "converged")
    #expect(try kind("{ kind: descent, stepSize: 0.1 }") == "stepLimit")
    #expect(try kind("{ kind: descent, stepSize: 0.1, targetLoss: 0.05 }") == "converged")
    #expect(try kind("{ kind: descent, stepSize: 9 }") == "diverged")
  }

  @Test func whatDivergedDoesNotReplaceAnEarlierRun() throws {
    let folder = FileManager.default.temporaryDirectory
      .appendingPathComponent("deeplinear-\(UInt64.random(in: 0 ... .max))")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    func run(_ stepSize: Double) throws -> SimulationResult {
      var simulation = Simulation(
        .text(
          """
          objective: { kind: factorization, target: { array: y } }
          network: { widths: [2, 2, 2], initial: { kind: identity, scale: 0.5 } }
          dynamics: { kind: descent, stepSize: \(stepSize) }
          recording: { times: [0, 40] }
          """))
      simulation.output = folder.appendingPathComponent("o.npz").path
      simulation.report = folder.appendingPathComponent("r").path
      simulation.force = true
      let context = JobContext(arrays: ["y": NPYArray(Matrix.identity(2))])
      let result = try simulation.run(in: context, observing: .none)
      try result.write()
      return result
    }
    func contents() throws -> [Data] {
      try ["o.npz", "r/record.json"].map {
        try Data(contentsOf: folder.appendingPathComponent($0))
      }
    }
    _ = try run(0.1)
    let good = try contents()
    guard case .incomplete(let sentence?) = try run(9).ending else {
      Issue.record("a step of 9 does not diverge")
      return
    }
    #expect(sentence.contains("diverged") && sentence.contains("kept"))
    #expect(try contents() == good)
    _ = try run(0.2)
    #expect(try contents() != good)
  }

  @Test func theObserverHearsOfProgressAndCanStop() throws {
    let heard = Mutex<[JobProgress]>([])
    let context = JobContext(arrays: ["x": NPYArray(Self.table)])
    let completion = Completion(DataSource(.array("x")))
    let whole = try completion.run(
      in: context,
      observing: JobObserver { progress in
        heard.withLock { $0.append(progress) }
        return true
      })
    #expect(whole.ending == .done)
    let fractions = heard.withLock { $0.compactMap(\.fraction) }
    #expect(fractions.count > 2 && fractions.allSatisfy { (0...1).contains($0) })
    #expect(heard.withLock { $0.allSatisfy { $0.stage == "completing" } })

    let stopped = try completion.run(in: context, observing: JobObserver { _ in false })
    #expect(stopped.ending == .interrupted)
    #expect(try stopped.arrays()["completion"]?.shape == [30, 20])

    let measurement = DataSetMeasurement([DataSource(.array("x"))])
    #expect(throws: (any Error).self) {
      try measurement.run(in: context, observing: JobObserver { _ in false })
    }
  }

  @Test func aRecordIsThereWithoutAFolder() throws {
    var context = JobContext(arrays: ["x": NPYArray(Self.table)], arguments: ["a", "b"])
    context.wantsRecord = true
    let record = try Completion(DataSource(.array("x"))).run(in: context, observing: .none).record()
    #expect(record.provenance?.arguments == ["a", "b"])
    #expect(record.sections.contains { $0.heading == "How the answer came about" })
    #expect(record.inconsistency == nil)
  }
}
