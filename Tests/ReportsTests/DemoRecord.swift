import Foundation
import Records

/// A record with every kind of block, and text that would break a careless page.
enum DemoRecord {
  static let hostile = "</script><script>alert(\"1\")</script> & 'q' <b>\u{2028}\u{2029} `$x$ %{y}"

  static let record = Record(
    title: "Filling in a 100×100 matrix of rank 5",
    subtitle: "Deep matrix factorization of depth 3 from 2,000 observed entries",
    summary: [
      Fact("relative error", 3.2e-11, note: "against the true matrix"),
      Fact("held-out error", 0.00081, unit: "RMS"),
      Fact("rank found", 5), Fact("effective rank", 4.8123),
      Fact("time", 0.0421, unit: "s"), Fact("outcome", .verdict(.holds)),
      Fact("mask", "every entry determined"), Fact("entries observed", 12_000),
    ],
    sections: [
      Section(
        heading: "How the singular values grow",
        prose: """
          Each singular value of `W` waits near zero and then rises within a short time, the \
          largest first. The waiting time grows as the start shrinks.

          The dashed curves are the closed form; see https://arxiv.org/abs/1905.13655.
          """,
        blocks: [.figure(trajectories), .figure(loss)]),
      Section(heading: "The matrix", blocks: [.row([observed, completed]), .figure(error)]),
      Section(heading: "An image", blocks: [.row([image(missing: true), image(missing: false)])]),
      Section(
        heading: "How it compares",
        blocks: [
          .figure(bars), .figure(histogram), .table(table),
          .claims([
            Claim(
              "The relative error is below 10⁻⁹", source: "Design, section 6", .atMost,
              expected: 1e-9, measured: 3.2e-11),
            Claim(
              "Layers stay balanced along the flow", source: "Theorem 1 of [arora2018optimization]",
              expected: 0, measured: 3.4e-3, tolerance: 1e-10),
            Claim("The rank is known beforehand", expected: 5, measured: .nan),
          ]),
          .facts([Fact("observations per degree of freedom", 2.05), Fact("components", 1)]),
          .notice(Notice(.information, "Row 17 has only five observed entries.")),
          .notice(Notice(.caution, "The mask report used `--holdout 0.1`.")),
          .notice(Notice(.failure, "One of three claims failed.")),
          .code(
            CodeBlock(
              "deeplinear complete low-rank.csv --depth 3 --report reports/low-rank",
              language: "sh")),
        ]),
      Section(
        heading: "Text is text: \(hostile)", prose: hostile,
        blocks: [
          .figure(
            Figure(
              title: hostile, caption: hostile,
              .lines(
                LinePlot(
                  horizontal: Axis(hostile, unit: hostile), vertical: Axis(hostile),
                  series: [
                    Series(hostile, x: [0, 1, 2, 3], y: [0, .nan, 2, .infinity], style: .points),
                    Series("b", x: [0, 1], y: [2, 0]),
                  ], markers: [Marker(.vertical, at: 1, label: hostile)])))),
          .table(
            Table(
              title: hostile, columns: [Column(hostile, alignment: .leading)],
              rows: [[.text(hostile)]])),
          .facts([Fact(hostile, .text(hostile))]), .notice(Notice(.caution, hostile)),
          .code(CodeBlock(hostile)),
        ]),
    ],
    provenance: Provenance(
      program: "deeplinear", version: "0.1.0", commit: "0123abc",
      arguments: ["complete", "my data.csv", "--seed", "7"], seed: 7,
      settings: [Fact("depth", 3), Fact("initial scale", 1e-3)],
      machine: Machine(
        processor: "x86-64, 2 cores", operatingSystem: "Linux", linearAlgebraCore: "SkylakeX",
        threadCount: 1),
      started: "2025-03-01T09:30:00Z", finished: "2025-03-01T09:30:01Z"))

  private static let times = (0...20_000).map { Double($0) / 500 }

  private static let trajectories: Figure = {
    let strengths = [1.0, 0.7, 0.5, 0.35, 0.25]
    var series: [Series] = []
    for (index, strength) in strengths.enumerated() {
      let values = times.map { strength / (1 + (strength / 1e-3 - 1) * exp(-2 * strength * $0)) }
      series.append(
        Series(
          "σ\(index + 1)", x: times, y: values, color: .gradient(Double(index) / 4)))
    }
    let exact = times.enumerated().filter { $0.offset % 500 == 0 }.map(\.element)
    series.append(
      Series(
        "closed form", x: exact,
        y: exact.map { 1 / (1 + 999 * exp(-2 * $0)) }, style: .dashed, color: .muted))
    return Figure(
      title: "Singular values along gradient flow",
      caption: "The components appear one after another.",
      .lines(
        LinePlot(
          horizontal: Axis("flow time"), vertical: Axis("singular value"), series: series,
          markers: [
            Marker(.vertical, at: 10, label: "stopped by the held-out error"),
            Marker(.horizontal, at: 0.9, label: "σ = 0.9"),
          ])))
  }()

  private static let loss: Figure = {
    let steps = (0...40).map { pow(10, Double($0) / 10) }
    let mean = steps.map { 2 * pow($0, -1.5) }
    return Figure(
      title: "Training and held-out loss",
      caption: "Mean over 20 instances with a 90 % band; bars are standard errors.",
      .lines(
        LinePlot(
          horizontal: Axis("step", .logarithmic), vertical: Axis("loss", unit: "1", .logarithmic),
          series: [
            Series(
              "training", x: steps, y: mean,
              band: Band("90 % of runs", lower: mean.map { $0 / 3 }, upper: mean.map { $0 * 3 })),
            Series(
              "held out", x: steps, y: mean.map { $0 + 1e-4 }, errors: mean.map { $0 / 4 },
              style: .connectedPoints),
            Series("bound", x: [1, 1e4], y: [10, 1e-3], style: .dotted, color: .muted),
          ])))
  }()

  private static func entry(_ row: Int, _ column: Int, side: Int) -> Double {
    let (u, v) = (Double(row) / Double(side), Double(column) / Double(side))
    return sin(9 * u) * cos(7 * v) + 0.6 * sin(23 * u + 1) * sin(17 * v)
  }

  private static func map(_ title: String, side: Int, keeping share: Double) -> Figure {
    var state: UInt64 = 7
    var values: [Double] = []
    for row in 0..<side {
      for column in 0..<side {
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        let isKept = Double(state >> 11) < share * 9_007_199_254_740_992
        values.append(isKept ? entry(row, column, side: side) : .nan)
      }
    }
    return Figure(
      title: title,
      .heatMap(
        HeatMap(
          rowCount: side, columnCount: side, values: values,
          colors: ColorScale(.diverging, title: "entry"))))
  }

  private static let observed = map("What was observed", side: 100, keeping: 0.2)
  private static let completed = map("What was filled in", side: 100, keeping: 1)

  private static let error: Figure = {
    let side = 400
    let values = (0..<side * side).map { place -> Double in
      abs(entry(place / side, place % side, side: side)) * 1e-9
    }
    return Figure(
      title: "Absolute error",
      .heatMap(
        HeatMap(
          rowCount: side, columnCount: side, values: values, horizontal: Axis("item"),
          vertical: Axis("user"), colors: ColorScale(.sequential, title: "error", unit: "mV"))))
  }()

  private static func image(missing: Bool) -> Figure {
    let side = 256
    let pixels = (0..<side * side).map { place in
      UInt8(127 + 80 * entry(place / side, place % side, side: side) / 1.6)
    }
    return Figure(
      title: missing ? "Half of the pixels" : "All pixels", alternativeText: "A wavy pattern.",
      .image(
        GrayImage(
          width: side, height: side, pixels: pixels,
          missing: missing ? pixels.indices.map { $0 &* 2_654_435_761 & 64 == 0 } : [])))
  }

  private static let bars = Figure(
    title: "Time to a relative error of 10⁻⁴", caption: "Median of 20 runs.",
    .bars(
      BarChart(
        categories: ["descent", "gradient flow", "nuclear norm", "alternating squares"],
        horizontalTitle: "method", vertical: Axis("time", unit: "s", .logarithmic),
        bars: [
          Bars("depth 2", values: [0.5, 4, 0.9, 0.05], errors: [0.1, 1, 0.2, 0.01]),
          Bars("depth 3", values: [0.04, 0.8, .nan, 0.03]),
        ])))

  private static let histogram = Figure(
    title: "Residuals",
    .histogram(
      Histogram(
        of: (0..<4000).map { sin(Double($0) * 1.7) + cos(Double($0) * 0.37) }, binCount: 30,
        horizontal: Axis("residual", unit: "mV"), markers: [Marker(.vertical, at: 0, label: "zero")]
      )))

  private static let table = Table(
    title: "Errors by method", caption: "The best of each column decides nothing by itself.",
    columns: [
      Column("method", alignment: .leading), Column("relative error"),
      Column("time", unit: "s", significantDigits: 3), Column("entries"),
      Column("claim", alignment: .leading),
    ],
    rows: [
      ["depth 3, then polish", 3.2e-11, 0.0421, 2000, .verdict(.holds)],
      ["nuclear norm", 0.41234, 0.29, 2000, .verdict(.fails)],
      ["alternating squares", 0.0001234, .missing, 2000, .verdict(.undecided)],
      ["mean of rows", 1, 0.00012, 123_456, .verdict(.notApplicable)],
    ])
}
