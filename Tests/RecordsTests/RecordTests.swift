import Records
import Testing

@Suite struct RecordTests {
  static let record = Record(
    title: "Every kind of value", subtitle: "in one record",
    summary: [Fact("relative error", 1e-9, unit: "1", note: "on unseen entries")],
    sections: [
      Section(
        heading: "Figures", prose: "First.\n\nSecond.",
        blocks: [
          .figure(
            Figure(
              title: "Curves",
              .lines(
                LinePlot(
                  horizontal: Axis("time", unit: "s"),
                  vertical: Axis("loss", .logarithmic, lower: 1e-9),
                  series: [
                    Series(
                      "a", x: [0, 1], y: [1, 0.5], errors: [0.1, 0.2],
                      band: Band("90 %", lower: [0, 0], upper: [2, 2]), style: .dashed,
                      color: .gradient(0.5)),
                    Series("b", x: [0], y: [-.infinity], color: .palette(3)),
                    Series("c", x: [], y: [], style: .points, color: .muted),
                  ], markers: [Marker(.vertical, at: 0.5, label: "here")])))),
          .row([
            Figure(
              title: "Bars",
              .bars(
                BarChart(
                  categories: ["x"], horizontalTitle: "method", vertical: Axis("seconds"),
                  bars: [Bars("ours", values: [1], errors: [0.1])]))),
            Figure(
              title: "Counts",
              .histogram(Histogram(of: [1, 2, 3, .infinity], binCount: 2, horizontal: Axis("v")))),
            Figure(
              title: "Picture",
              .image(
                GrayImage(
                  width: 2, height: 2, pixels: [0, 17, 255, 0],
                  missing: [false, false, false, true]))),
            Figure(
              title: "Map",
              .heatMap(
                HeatMap(
                  rowCount: 1, columnCount: 2, values: [.infinity, -2],
                  colors: ColorScale(.diverging, title: "w", upper: 3)))),
          ]),
        ]),
      Section(
        heading: "The rest",
        blocks: [
          .prose("Words."),
          .table(
            Table(
              title: "T",
              columns: [Column("name", alignment: .leading), Column("value", unit: "s")],
              rows: [["a", 1.5], [.missing, .verdict(.fails)], ["NaN", .number(.infinity)]])),
          .facts([Fact("seed", 7)]),
          .claims([Claim("it is small", .atMost, expected: 1, measured: 0.5)]),
          .notice(Notice(.caution, "Careful.")), .code(CodeBlock("let x = 1", language: "swift")),
        ]),
    ],
    provenance: Provenance(
      program: "deeplinear", version: "0.1", commit: "abc", arguments: ["complete", "a b.csv"],
      seed: .max, settings: [Fact("depth", 3)],
      machine: Machine(
        processor: "x86-64", operatingSystem: "Linux", linearAlgebraCore: "SkylakeX", threadCount: 1
      ),
      started: "2025-01-01T00:00:00Z", finished: "2025-01-01T00:00:01Z"))

  @Test(arguments: [false, true])
  func survivesJSON(indented: Bool) throws {
    #expect(try Record(json: Self.record.json(indented: indented)) == Self.record)
  }

  @Test func equalRecordsGiveEqualBytesInAlphabeticalOrder() throws {
    let bytes = try Self.record.json()
    #expect(try bytes == Record(json: bytes).json())
    let text = String(decoding: try Record(title: "t", subtitle: "s").json(), as: UTF8.self)
    #expect(text == #"{"sections":[],"subtitle":"s","summary":[],"title":"t"}"#)
  }

  @Test func notANumberIsAString() throws {
    let record = Record(
      title: "", summary: [Fact("x", .number(.nan)), Fact("y", .number(-.infinity))])
    let bytes = try record.json()
    let text = String(decoding: bytes, as: UTF8.self)
    #expect(text.contains(#"{"number":"NaN"}"#) && text.contains(#"{"number":"-Infinity"}"#))
    guard case .number(let value) = try Record(json: bytes).summary[0].value else {
      Issue.record("NaN came back as something else")
      return
    }
    #expect(value.isNaN)
  }

  @Test func figuresAndTablesAreNumberedInReadingOrder() {
    #expect(Self.record.figures.map(\.title) == ["Curves", "Bars", "Counts", "Picture", "Map"])
    #expect(Self.record.tables.map(\.title) == ["T"])
  }

  @Test func listsThatDoNotMatchAreNamed() throws {
    var record = Self.record
    guard case .figure(var figure) = record.sections[0].blocks[0],
      case .lines(var plot) = figure.content
    else {
      Issue.record("the first block is a line plot")
      return
    }
    plot.series[0].y.append(1)
    figure.content = .lines(plot)
    record.sections[0].blocks[0] = .figure(figure)
    #expect(record.inconsistency == "Figure 1: series a has 2 values of x and 3 of y")
    let bytes = try record.json()
    #expect(throws: RecordError.inconsistent(record.inconsistency ?? "")) {
      try Record(json: bytes)
    }
  }

  @Test(arguments: [
    "", "[]", #"{"title": 3}"#,
    #"{"title":"t","summary":[],"sections":[{"heading":"","prose":"","blocks":[{"chart":{}}]}]}"#,
  ])
  func malformedJSONIsRefused(_ text: String) {
    #expect(throws: RecordError.self) { try Record(json: Array(text.utf8)) }
  }
}

@Suite struct ClaimTests {
  @Test(arguments: [
    (Claim.Relation.equals, 1.0, 1.05, 0.1, Verdict.holds), (.equals, 1, 1.2, 0.1, .fails),
    (.atMost, 1, 1.05, 0, .fails), (.atMost, 1, 0.5, 0, .holds), (.atLeast, 1, 0.95, 0.1, .holds),
    (.atLeast, 1, 0.5, 0.1, .fails), (.equals, .infinity, .infinity, 0, .holds),
    (.equals, 1, .nan, 0.1, .undecided),
  ])
  func verdictFollowsFromTheNumbers(
    _ relation: Claim.Relation, expected: Double, measured: Double, tolerance: Double,
    verdict: Verdict
  ) {
    let claim = Claim(
      "", relation, expected: expected, measured: measured, tolerance: tolerance)
    #expect(claim.verdict == verdict)
  }
}

@Suite struct HistogramTests {
  @Test func everyFiniteValueIsCountedOnce() {
    let values: [Double] = [0, 1, 2, 3, 4, .nan, .infinity, 1]
    let histogram = Histogram(of: values, binCount: 4, horizontal: Axis("v"))
    #expect(histogram.edges == [0, 1, 2, 3, 4])
    #expect(histogram.counts == [1, 2, 1, 2])
  }

  @Test(arguments: [[], [5, 5, 5], [-1.7e308, 1.7e308], [.nan]] as [[Double]])
  func extremesKeepTheirBins(_ values: [Double]) {
    let histogram = Histogram(of: values, binCount: 3, horizontal: Axis("v"))
    #expect(histogram.counts.reduce(0, +) == Double(values.filter(\.isFinite).count))
    #expect(zip(histogram.edges, histogram.edges.dropFirst()).allSatisfy { $0 < $1 })
  }
}

@Suite struct HeatMapTests {
  private static let map = HeatMap(
    rowCount: 3, columnCount: 3, values: [1, 3, 5, .nan, 2, .nan, 7, .nan, .nan],
    colors: ColorScale(.sequential, title: "v"))

  @Test func blocksAreMeansOfWhatIsThere() {
    let blocks = Self.map.reduced(toSide: 2)
    #expect(blocks.rowCount == 2 && blocks.columnCount == 2 && blocks.blockSide == 2)
    #expect(Array(blocks.values.prefix(3)) == [2, 5, 7])
    #expect(blocks.values[3].isNaN)
    #expect(blocks.reduced(toSide: 1).blockSide == 4)
  }

  @Test func mapThatFitsIsKept() {
    #expect(
      Self.map.reduced(toSide: 3).values.map(\.bitPattern) == Self.map.values.map(\.bitPattern))
  }
}
