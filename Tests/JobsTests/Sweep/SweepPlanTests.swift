import Foundation
import LinearAlgebra
import Testing

@testable import Jobs

@Suite("What a sweep goes over") struct SweepPlanTests {
  static let spec = """
    teacher: {kind: factorization, rows: 3, columns: 3, singularValues: [2, 1]}
    objective: {kind: factorization, target: {array: target}}
    network: {widths: [3, 3, 3], initial: {kind: balanced, scale: 0.01}}
    dynamics: {kind: descent, stepSize: 0.05}
    recording: {times: [0, 100, 200]}
    """

  static func plan(
    _ axes: [String] = [], sweep: String = "", _ change: (inout Sweep) -> Void = { _ in }
  ) throws -> SweepPlan {
    var request = Sweep(.text(spec + (sweep.isEmpty ? "" : "\nsweep: \(sweep)")), output: "unused")
    request.axis = axes
    change(&request)
    return try SweepPlan(request, in: JobContext())
  }

  @Test("by even quotients has whole powers of ten exactly") func powers() throws {
    let axis = try SweepAxis("a.b=1e-6:0.1:6:log")
    #expect(axis.values.compactMap(\.number) == [1e-6, 1e-5, 1e-4, 1e-3, 0.01, 0.1])
  }

  @Test("in a finer grid has the points of the coarser one", arguments: ["log", "linear"])
  func finer(_ spacing: String) throws {
    let coarse = try SweepAxis("a=0.3:7:6:\(spacing)").values
    let fine = Set(try SweepAxis("a=0.3:7:21:\(spacing)").values)
    #expect(coarse.allSatisfy(fine.contains))
  }

  @Test("is the product of its axes, zipped ones together, without what the condition leaves out")
  func grid() throws {
    let axes =
      "axes: {dynamics.stepSize: [0.1, 0.2], network.initial.scale: [1, 2, 3], 'teacher.singularValues[0]': [4, 5, 6]}"
    #expect(try Self.plan(sweep: "{\(axes)}").points.count == 18)
    let zipped = "\(axes), zip: [[network.initial.scale, 'teacher.singularValues[0]']]"
    #expect(
      try Self.plan(sweep: "{\(zipped), where: network.initial.scale > 1}").points.map(\.key) == [
        "dynamics.stepSize=0.1, network.initial.scale=2, teacher.singularValues[0]=5",
        "dynamics.stepSize=0.1, network.initial.scale=3, teacher.singularValues[0]=6",
        "dynamics.stepSize=0.2, network.initial.scale=2, teacher.singularValues[0]=5",
        "dynamics.stepSize=0.2, network.initial.scale=3, teacher.singularValues[0]=6",
      ])
  }

  @Test("may be sampled", arguments: SweepSample.allCases.map(\.rawValue))
  func samples(_ kind: String) throws {
    let plan = try Self.plan(
      sweep:
        "{axes: {dynamics.stepSize: {from: 0.01, to: 1, spacing: log}, network.initial.scale: [1, 2]}, sample: {kind: \(kind), count: 32}}"
    )
    #expect(plan.points.count == 32)
    #expect(plan.points.allSatisfy { 0.01...1 ~= $0.values[0].number! })
    #expect(plan.points.count { $0.values[1].number == 1 } == 16)
  }

  @Test("has seeds that follow from the values and the run alone") func seeds() throws {
    let one = try Self.plan(["dynamics.stepSize=0.1,0.2", "network.initial.scale=1,2"])
    let other = try Self.plan(["network.initial.scale=0.5,2", "dynamics.stepSize=0.2,0.3"])
    let key = "dynamics.stepSize=0.2, network.initial.scale=2"
    let a = try #require(one.points.first { $0.key == key })
    let b = try #require(other.points.first { $0.key == key })
    #expect(a.seed(base: 7, replicate: 3) == b.seed(base: 7, replicate: 3))
    let all = one.points.flatMap { point in
      (0..<50).flatMap { k in [0, 1].map { point.seed(base: $0, replicate: k) } }
    }
    #expect(Set(all).count == all.count)
    #expect(all.allSatisfy { $0 < 1 << 53 })
  }

  @Test(
    "that cannot be meant is refused in a sentence",
    arguments: [
      (["dynamics.stepsize=1:2:3"], "", "did you mean 'stepSize'"),
      (["dynmics.stepSize=1:2:3"], "", "did you mean 'dynamics.stepSize'"),
      (["dynamics.stepSize=1:2:0"], "", "has no values"),
      (["dynamics.stepSize=1:1:3"], "", "begins and ends at 1.0"),
      (["dynamics.stepSize=-1:1:3:log"], "", "no logarithm"),
      (["dynamics.stepSize="], "", "there are no values"),
      ([], "", "nothing to sweep over"),
      (["seed=1:5:5"], "", "cannot be an axis"),
      (
        ["dynamics.stepSize=1:2:100000", "network.initial.scale=1:2:10000"], "",
        "1,000,000,000 runs; give --limit 1000000000"
      ),
      (["dynamics.stepSize=1:2:3"], "{where: dynamics.stepSize > 5}", "no point meets"),
      (
        ["dynamics.stepSize=1:2:3"], "{where: dynamics.stepsiz > 5}",
        "did you mean 'dynamics.stepSize'"
      ),
      (["dynamics.stepSize=1:2:3"], "{where: (1 + 2}", "no condition at its end"),
      (["dynamics.stepSize=1:2:3"], "{mesure: [finalLoss]}", "did you mean 'measure'"),
      (["dynamics.stepSize=1:2:3"], "{measure: [{name: a, vale: loss}]}", "did you mean 'value'"),
      (
        ["dynamics.stepSize=1:2:3"], "{measure: [finalLoss, {name: finalLoss, value: loss}]}",
        "two columns"
      ),
      (["dynamics.stepSize=1:2:3"], "{zip: [[dynamics.stepSiz]]}", "is no axis"),
    ] as [([String], String, String)])
  func refusals(_ axes: [String], _ sweep: String, _ words: String) throws {
    do {
      _ = try Self.plan(axes, sweep: sweep)
      Issue.record("it was taken")
    } catch let error as BadInput {
      #expect(error.sentence.contains(words), "\(error.sentence)")
      #expect(error.sentence.hasSuffix(".") || error.sentence.hasSuffix("?"))
    }
  }

  @Test(
    "meets conditions as they are written",
    arguments: [
      ("a + 2 * b == 8", true), ("a < b and not (a == b)", true), ("a - b - 1 == -2", true),
      ("2 ^ b ^ 2 == 512", true), ("-a ^ 2 == -4", true),
      ("min(a, b, 1) < 1 or max(a, b) > 3", false),
      ("sqrt(a * 2) == 2 and log(exp(b)) > 2.9", true), ("a / b > .6", true),
      ("a >= 2 and b <= 3", true),
      ("not a", false), ("1e-3 < a", true), ("a != b", true),
    ])
  func conditions(_ text: String, _ holds: Bool) throws {
    #expect(try SweepCondition(text).holds { ["a": 2.0, "b": 3.0][$0]! } == holds)
  }
}

@Suite("Keys with dots and brackets") struct SpecSettingTests {
  @Test func areReadInSteps() {
    #expect(
      SpecSetting.path("a.bc[2][30].d") == [
        .key("a"), .key("bc"), .place(2), .place(30), .key("d"),
      ])
    for text in [
      "", "a.", ".a", "a..b", "[1]", "a[", "a[]", "a[x]", "a[-1]", "a[1", "a]b", "a[1]b",
    ] {
      #expect(SpecSetting.path(text) == nil, "\(text)")
    }
  }

  @Test func setWhatStandsThereAndAddWhatDoesNot() throws {
    func text(_ yaml: String, _ settings: [String] = []) throws -> String {
      try SpecFile(
        .text(yaml), settings: settings.map { try SpecSetting($0) }, in: JobContext()
      ).root().node.canonicalText(without: [])
    }
    let written = "{a: {b: [1, 2]}, c: x}"
    #expect(
      try text(written, ["a.b[1]=5", "a.d=[7, 8]", "c={e: 9}"])
        == text("{a: {b: [1, 5], d: [7, 8]}, c: {e: 9}}"))
    for setting in ["a.b[2]=1", "a.b.x=1", "a[0]=1", "a", "=1"] {
      #expect(throws: BadInput.self) { _ = try text(written, [setting]) }
    }
  }
}

@Suite("Samples of a sweep") struct SweepSampleTests {
  @Test("have one point in each of as many parts of every axis", arguments: SweepSample.allCases)
  func stratified(_ kind: SweepSample) {
    let count = 64
    let dimension = SweepSample.largestDimension
    let points = kind.points(count: count, dimension: dimension, seed: 3)
    for axis in 0..<dimension {
      #expect(Set(points.map { Int($0[axis] * Double(count)) }).count == count)
    }
  }

  @Test("by Sobol fill every pair of the first axes evenly, and begin as shorter ones") func sobol()
  {
    let points = SweepSample.sobol.points(count: 256, dimension: 3, seed: 0)
    #expect(Array(points[..<32]) == SweepSample.sobol.points(count: 32, dimension: 3, seed: 9))
    // Dimensions 1 and 2 make a (0, 8, 2)-net: one point in every elementary box.
    for rows in 0...8 {
      let boxes = points[..<256].map { point in
        Int(point[0] * Double(1 << rows)) << (8 - rows) + Int(point[1] * Double(1 << (8 - rows)))
      }
      #expect(Set(boxes).count == 256)
    }
  }
}

@Suite("Statistics of a sweep") struct SweepStatisticsTests {
  @Test(
    "bound a share where a test at 1.96 deviations would",
    arguments: [(0, 5), (3, 10), (50, 50), (99, 100)])
  func wilson(_ successes: Int, _ count: Int) {
    let z = 1.959963984540054
    let interval = SweepStatistics.wilson(successes: Double(successes), of: Double(count))
    let share = Double(successes) / Double(count)
    for p in [interval.lowerBound, interval.upperBound] where p > 0 && p < 1 {
      // (share − p)² = z² p(1 − p)/n, each side to rounding.
      let right = z * z * p * (1 - p) / Double(count)
      #expect(abs((share - p) * (share - p) - right) <= 16 * Double.ulpOfOne)
    }
    #expect(interval.contains(share))
    #expect((interval.lowerBound == 0) == (successes == 0))
    #expect((interval.upperBound == 1) == (successes == count))
  }

  @Test("are those of NumPy") func quantiles() {
    let values = [5.0, 1, 4, 2, 3, 10]
    let statistics = SweepStatistics(of: values, runs: 8, isShare: false)
    // numpy.quantile([5, 1, 4, 2, 3, 10], [0.1, 0.5, 0.9])
    #expect(statistics.lowerDecile == 1.5)
    #expect(statistics.median == 3.5)
    #expect(statistics.upperDecile == 7.5)
    #expect(statistics.mean == 25.0 / 6)
    #expect(statistics.share == nil)
  }

  @Test("draw lines of equal value where the function has it") func contours() {
    let x = (0...20).map { Double($0) / 10 - 1 }
    let values = x.flatMap { y in x.map { $0 * $0 + y * y } }
    let line = ContourLines(x: x, y: x, values: values).line(at: 0.5)
    #expect(!line.x.isEmpty)
    for (a, b) in zip(line.x, line.y) where a.isFinite {
      // Straight instead of a parabola between neighbours: off by at most h²/4 = 0.0025.
      #expect(abs(a * a + b * b - 0.5) <= 0.0025 + 1e-12)
    }
    let plane = ContourLines(x: x, y: x, values: x.flatMap { y in x.map { $0 + 2 * y } }).line(
      at: 0.3)
    for (a, b) in zip(plane.x, plane.y) where a.isFinite {
      #expect(abs(a + 2 * b - 0.3) <= 1e-14)
    }
  }
}
