import DataFormats
import Foundation
import LinearAlgebra
import Records
import Synchronization
import Testing

@testable import Jobs

@Suite("Sweeps") struct SweepRunTests {
  static func inFolder<Result>(_ body: (String) throws -> Result) throws -> Result {
    let folder = FileManager.default.temporaryDirectory
      .appendingPathComponent("sweep-\(UInt64.random(in: 0 ... .max))").path
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: folder) }
    return try body(folder)
  }

  /// Carries out a sweep and writes its tables; the lines of `runs.csv`.
  @discardableResult
  static func sweep(
    _ spec: String, into folder: String, axes: [String] = [],
    _ change: (inout Sweep) -> Void = { _ in }
  ) throws -> (summary: SweepSummary, lines: [String]) {
    var request = Sweep(.text(spec), output: folder)
    request.axis = axes.isEmpty ? nil : axes
    change(&request)
    let result = try request.run()
    try result.write()
    let text = try String(contentsOfFile: "\(folder)/runs.csv", encoding: .utf8)
    return (result.summary, text.split(separator: "\n").map(String.init))
  }

  @Test("have reports whose points lead to their runs, and these to their trajectories")
  func links() throws {
    try Self.inFolder { folder in
      let place = "\(folder)/sweep"
      try Self.sweep(
        SweepPlanTests.spec, into: place,
        axes: [
          "dynamics.stepSize=0.001:0.1:20", "network.initial.scale=0.001:0.01:30",
          "recording.times[1]=1,2",
        ]
      ) {
        $0.seeds = 2
        $0.keepTrajectories = true
      }
      func text(_ name: String) throws -> String {
        try String(contentsOfFile: "\(place)/report/\(name)", encoding: .utf8)
      }
      let record = try Record(json: [UInt8](Data(text("record.json").utf8)))
      var addresses: Set<String> = []
      for figure in record.figures {
        switch figure.content {
        case .lines(let plot):
          for series in plot.series { addresses.formUnion(series.addresses ?? []) }
        case .heatMap(let map):
          addresses.formUnion(map.addresses ?? [])
          #expect(map.addresses?.count == map.values.count)
        default: break
        }
      }
      // All points are on a map, and 2,400 runs on pages of a thousand.
      #expect(addresses.count == 1200)
      #expect(Set(addresses.map { $0.prefix { $0 != "#" } }).count == 3)
      var pages: [String: String] = [:]
      for address in addresses.sorted() {
        let parts = address.split(separator: "#").map(String.init)
        let page = try pages[parts[0]] ?? text(parts[0])
        pages[parts[0]] = page
        #expect(page.contains("<tr id=\"\(parts[1])\">"))
      }
      // The runs of a point are those with its values.
      let third = try #require(
        pages["runs-1.html"]?.split(separator: "<tr id=\"point-3\">").last?
          .split(separator: "</tr>"))
      let rows = try String(contentsOfFile: "\(place)/runs.csv", encoding: .utf8)
        .split(separator: "\n").dropFirst(1 + 2 * 2).prefix(2)
        .map { $0.split(separator: ",", omittingEmptySubsequences: false) }
      for (shown, row) in zip(third, rows) {
        #expect(shown.contains("../runs/\(row[4]).npz\">\(row[4])</a>"))
        #expect(FileManager.default.fileExists(atPath: "\(place)/report/../runs/\(row[4]).npz"))
      }
    }
  }

  @Test("measure what each run alone gives") func agrees() throws {
    try Self.inFolder { folder in
      let spec =
        SweepPlanTests.spec
          + """

          sweep:
            measure:
            - finalLoss
            - {name: at100, value: loss, at: 100}
            - {name: second, value: "singularValues[1]"}
            - {name: small, below: 0.1, of: finalLoss}
          """
      let (summary, lines) = try Self.sweep(
        spec, into: "\(folder)/a",
        axes: ["dynamics.stepSize=0.01:0.1:3", "network.initial.scale=0.001,0.01"]
      ) { $0.seeds = 2 }
      #expect(summary.done == 12 && summary.failed == 0)
      #expect(
        lines[0]
          == "dynamics.stepSize,network.initial.scale,replicate,seed,status,finalLoss,at100,second,small,problem"
      )
      #expect(lines.count == 13)
      for line in lines.dropFirst() {
        let cells = line.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
        var alone = Simulation(.text(SweepPlanTests.spec))
        alone.set = ["dynamics.stepSize=\(cells[0])", "network.initial.scale=\(cells[1])"]
        alone.seed = UInt64(cells[3])
        let arrays = try alone.run().arrays()
        let loss = try #require(arrays["loss"]?.elements)
        let second = try #require(arrays["singularValues"]?.matrix)[2, 1]
        // Small descents go together, in sums of another order: 200 steps of rounding, each below that of a few additions.
        for (cell, value) in [(cells[5], loss[2]), (cells[6], loss[1]), (cells[7], second)] {
          let found = try #require(Double(cell))
          #expect(abs(found - value) <= 200 * 64 * Double.ulpOfOne * (1 + abs(value)))
        }
        #expect(cells[8] == (loss[2] < 0.1 ? "1.0" : "0.0"))
      }
      let arrays = try NPZArchive(reading: ByteSource(path: "\(folder)/a/sweep.npz"))
      #expect(arrays["finalLoss"]?.elements.count == 12)
    }
  }

  @Test("give the same table on any number of threads, at once or in parts") func order() throws {
    try Self.inFolder { folder in
      let axes = ["dynamics.stepSize=0.01:0.1:5", "network.initial.scale=0.001,0.01"]
      let spec = SweepPlanTests.spec
      let (_, one) = try Self.sweep(spec, into: "\(folder)/1", axes: axes) {
        ($0.seeds, $0.threads) = (3, 1)
      }
      let (_, three) = try Self.sweep(spec, into: "\(folder)/3", axes: axes) {
        ($0.seeds, $0.threads) = (3, 3)
      }
      #expect(one == three)
      var counts = 0
      for part in 1...3 {
        let (summary, _) = try Self.sweep(spec, into: "\(folder)/part\(part)", axes: axes) {
          ($0.seeds, $0.part) = (3, "\(part)/3")
        }
        counts += summary.done
      }
      #expect(counts == 30)
      let merge = SweepMerge((1...3).map { "\(folder)/part\($0)" }, output: "\(folder)/whole")
      let whole = try merge.run()
      try whole.write()
      #expect(whole.summary.runs == 30)
      #expect(
        try String(contentsOfFile: "\(folder)/whole/runs.csv", encoding: .utf8)
          == String(contentsOfFile: "\(folder)/1/runs.csv", encoding: .utf8))
    }
  }

  @Test("extend one another without repeating") func extending() throws {
    try Self.inFolder { folder in
      let spec = SweepPlanTests.spec
      let place = "\(folder)/a"
      let (_, before) = try Self.sweep(spec, into: place, axes: ["dynamics.stepSize=0.01:0.1:3"]) {
        $0.seeds = 2
      }
      #expect(throws: BadInput.self) {
        try Self.sweep(spec, into: place, axes: ["dynamics.stepSize=0.01:0.1:5"])
      }
      let (summary, after) = try Self.sweep(
        spec, into: place, axes: ["dynamics.stepSize=0.01:0.1:5"]
      ) { ($0.seeds, $0.resume) = (3, true) }
      #expect(summary.before == 6)
      #expect(summary.ran == 9)
      #expect(before.allSatisfy(after.contains))
      for change in [
        { $0.set = ["network.widths=[3, 4, 3]"] }, { $0.seed = 5 },
        { $0.axis = ["network.initial.scale=1,2"] },
      ] as [(inout Sweep) -> Void] {
        #expect(throws: BadInput.self) {
          try Self.sweep(spec, into: place, axes: ["dynamics.stepSize=0.01:0.1:5"]) {
            $0.resume = true
            change(&$0)
          }
        }
      }
      #expect(
        try String(contentsOfFile: "\(place)/runs.csv", encoding: .utf8)
          .split(separator: "\n").map(String.init) == after)
    }
  }

  @Test("go on after an interruption to the same table") func interruption() throws {
    try Self.inFolder { folder in
      let axes = ["dynamics.stepSize=0.01:0.1:40"]
      let (_, whole) = try Self.sweep(SweepPlanTests.spec, into: "\(folder)/a", axes: axes)
      let count = Mutex(0)
      var request = Sweep(.text(SweepPlanTests.spec), output: "\(folder)/b")
      (request.axis, request.threads) = (axes, 1)
      let result = try request.run(
        in: JobContext(),
        observing: JobObserver { _ in
          count.withLock {
            $0 += 1; return $0 < 4
          }
        })
      #expect(result.ending == .interrupted)
      #expect(result.summary.done < 40)
      let (_, again) = try Self.sweep(SweepPlanTests.spec, into: "\(folder)/b", axes: axes) {
        $0.resume = true
      }
      #expect(again == whole)
    }
  }

  @Test("list runs that fail and go on") func failures() throws {
    try Self.inFolder { folder in
      // A spectral start of two modes needs a hidden layer of two units.
      let (summary, lines) = try Self.sweep(
        SweepPlanTests.spec, into: "\(folder)/a", axes: ["network.widths=[3,3,3],[3,1,3]"]
      ) { $0.set = ["network.initial={kind: spectral, scales: [0.1, 0.1]}"] }
      #expect(summary.failed == 1 && summary.done == 2)
      #expect(summary.failures.first?.problem.contains("cannot carry rank 2") == true)
      #expect(lines.count { $0.contains(",failed,") } == 1)
    }
  }

  @Test("leave folders of others alone") func foreignFolder() throws {
    try Self.inFolder { folder in
      let place = "\(folder)/a"
      try FileManager.default.createDirectory(atPath: place, withIntermediateDirectories: true)
      try Data("thesis".utf8).write(to: URL(fileURLWithPath: "\(place)/thesis.tex"))
      for force in [false, true] {
        do {
          try Self.sweep(SweepPlanTests.spec, into: place, axes: ["dynamics.stepSize=1,2"]) {
            $0.force = force
          }
          Issue.record("it was used")
        } catch let error as BadInput {
          #expect(error.sentence.contains("thesis.tex"))
        }
      }
      #expect(try FileManager.default.contentsOfDirectory(atPath: place) == ["thesis.tex"])
    }
  }

  @Test("find recovery where there are entries enough") func recovery() throws {
    try Self.inFolder { folder in
      let spec = """
        job: complete
        teacher: {kind: completion, rows: 30, columns: 30, rank: 2, entries: 400}
        holdout: 0
        sweep:
          seeds: 3
          measure: [relativeError, {name: recovered, below: 1.0e-6, of: relativeError}]
        """
      let (summary, _) = try Self.sweep(
        spec, into: "\(folder)/a", axes: ["teacher.entries=60,500", "depth=2,3"])
      let statistics = try #require(summary.statistics)
      // 116 degrees of freedom: sixty entries cannot do, five hundred are four times as many.
      for point in statistics {
        guard case .number(let entries)? = point.axes["teacher.entries"] else { continue }
        #expect(point.measures["recovered"]?.share == (entries < 116 ? 0 : 1))
      }
    }
  }

  @Test("of sensing and regression take their problems from a teacher") func otherJobs() throws {
    try Self.inFolder { folder in
      let sensing = """
        job: sense
        teacher: {kind: sensing, rows: 8, columns: 8, rank: 1, measurements: 60}
        """
      let (senses, _) = try Self.sweep(
        sensing, into: "\(folder)/s", axes: ["teacher.measurementsPerDegree=3,4"]
      ) { $0.set = ["teacher={kind: sensing, rows: 8, columns: 8, rank: 1}"] }
      #expect(senses.failed == 0)
      #expect(
        senses.statistics?.allSatisfy { ($0.measures["relativeError"]?.median ?? 1) < 1e-6 } == true
      )
      let regression = """
        job: regress
        teacher: {kind: regression, inputs: 6, outputs: 5, rank: 2, samples: 100, noise: 0.1}
        sweep: {measure: [rank]}
        """
      let (fits, _) = try Self.sweep(
        regression, into: "\(folder)/r", axes: ["teacher.noise=0.01,0.1"])
      #expect(fits.statistics?.allSatisfy { $0.measures["rank"]?.median == 2 } == true)
    }
  }

  @Test("agree with theory: the rate of imbalanced layers") func imbalance() throws {
    try Self.inFolder { folder in
      let spec = """
        teacher: {kind: factorization, rows: 1, columns: 1, singularValues: [1]}
        objective: {kind: factorization, target: {array: target}}
        network: {widths: [1, 1, 1], initial: {kind: spectral, scales: [0.1], imbalance: [0]}}
        dynamics: {kind: flow, relativeTolerance: 1.0e-10}
        recording: {times: [0, 4, 5, 6, 7, 8]}
        sweep:
          axes:
            teacher.singularValues[0]: [0.8, 1.2]
            network.initial.imbalance[0]: [-2, 0, 1, 2]
          measure: [{name: slope, slope: loss, from: 4, theory: lossSlope}]
        """
      let (_, lines) = try Self.sweep(spec, into: "\(folder)/a")
      #expect(lines.count == 9)
      for line in lines.dropFirst() {
        let cells = line.split(separator: ",", omittingEmptySubsequences: false)
        let (measured, predicted) = (try #require(Double(cells[5])), try #require(Double(cells[6])))
        // Balanced, the slope of log(σ − w) is −2σ w/σ, and 1 − w/σ is below (σ/w₀)e^{−2σt}; imbalance only hastens.
        #expect(abs(measured - predicted) <= 12 * exp(predicted * 2) * abs(predicted) + 1e-6)
      }
    }
  }
}
