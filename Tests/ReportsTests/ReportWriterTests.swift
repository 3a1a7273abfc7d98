import Foundation
import Records
import Reports
import Synchronization
import Testing

@Suite struct ReportWriterTests {
  private static let small = Record(
    title: "Small",
    sections: [
      Section(
        heading: "One",
        blocks: [
          .figure(
            Figure(
              title: "Line",
              .lines(
                LinePlot(
                  horizontal: Axis("time", unit: "s"), vertical: Axis("loss"),
                  series: [Series("a,b", x: [0, 1], y: [0.1, .nan])])))),
          .table(
            Table(
              title: "T", columns: [Column("name"), Column("value", unit: "s")],
              rows: [["x", 0.30000000000000004], [.missing, .verdict(.notApplicable)]])),
        ])
    ])

  private func files(_ folder: String) throws -> [String] {
    try FileManager.default.subpathsOfDirectory(atPath: folder).sorted()
  }

  @Test func folderHoldsPageAndData() throws {
    try withTemporaryFolder { folder in
      let plotly = "\(folder)/plotly.js"
      try Data("// code".utf8).write(to: URL(fileURLWithPath: plotly))
      let page = try ReportWriter(plotly: plotly).write(Self.small, to: "\(folder)/new/report")
      #expect(page == "\(folder)/new/report/index.html")
      #expect(
        try files("\(folder)/new/report") == [
          ".deeplinear-report", "data", "data.js", "data/figure-1.csv", "data/figure-1.json",
          "data/figure-1.svg", "data/table-1.csv", "glossary.html", "index.html", "plotly.min.js",
          "record.json", "report.md",
        ])
      #expect(try files("\(folder)/new").filter { !$0.hasPrefix("report") } == [])
      #expect(
        try contents("\(folder)/new/report/data/figure-1.csv")
          == "series,time (s),loss\n\"a,b\",0,0.1\n\"a,b\",1,NaN\n")
      #expect(
        try contents("\(folder)/new/report/data/table-1.csv")
          == "name,value (s)\nx,0.30000000000000004\n,not applicable\n")
      let json = try Data(contentsOf: URL(fileURLWithPath: "\(folder)/new/report/record.json"))
      #expect(try Record(json: [UInt8](json)).title == "Small")
    }
  }

  @Test func everyPageLeadsToWhatItsWordsMean() throws {
    try withTemporaryFolder { folder in
      for record in [Self.small, DemoRecord.record] {
        let page = try ReportWriter().write(record, to: "\(folder)/report", overwrite: true)
        #expect(try contents(page).contains(#"<a href="glossary.html">"#))
        let glossary = try contents("\(folder)/report/glossary.html")
        #expect(Glossary.entries.count == 10)
        #expect(
          Glossary.entries.allSatisfy { glossary.contains("<dt") && glossary.contains($0.word) })
      }
    }
  }

  /// The same ten, in the same words.
  @Test func theReadmeSaysWhatTheWordsMean() throws {
    let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
      .deletingLastPathComponent().deletingLastPathComponent()
    let readme = try String(contentsOf: root.appendingPathComponent("README.md"), encoding: .utf8)
    for entry in Glossary.entries {
      #expect(readme.contains("- **\(entry.word)** — \(entry.meaning)"), "\(entry.word)")
    }
  }

  @Test func pageStaysLightAndHoldsNoForeignMarkup() throws {
    try withTemporaryFolder { folder in
      let page = try ReportWriter().write(DemoRecord.record, to: "\(folder)/report")
      let text = try contents(page)
      #expect(text.utf8.count < 1_000_000)
      #expect(!text.contains("<script"))
      #expect(!text.contains("alert(\"1\")"))
      let plot = try contents("\(folder)/report/data/figure-5.json")
      #expect(plot.utf8.count < 1_500_000)
      let markdown = try contents("\(folder)/report/report.md")
      // Code between fences is shown letter by letter.
      let prose = markdown.components(separatedBy: "```").enumerated()
        .filter { $0.offset % 2 == 0 }.map(\.element)
      #expect(prose.allSatisfy { !$0.contains("<script>") })
    }
  }

  @Test func manyLargeFiguresShareTheBudget() throws {
    let map = HeatMap(
      rowCount: 300, columnCount: 300, values: (0..<90_000).map { sin(Double($0)) },
      colors: ColorScale(.sequential, title: "v"))
    let curve = Series(
      "s", x: (0..<5_000).map(Double.init), y: (0..<5_000).map { sin(Double($0)) })
    let plot = LinePlot(
      horizontal: Axis("x"), vertical: Axis("y"), series: Array(repeating: curve, count: 10))
    let record = Record(
      title: "Large",
      sections: [
        Section(
          heading: "All",
          blocks: (0..<6).map { _ in .figure(Figure(title: "map", .heatMap(map))) }
            + (0..<3).map { _ in .figure(Figure(title: "curves", .lines(plot))) })
      ])
    try withTemporaryFolder { folder in
      let plotly = "\(folder)/plotly.js"
      try Data("// code".utf8).write(to: URL(fileURLWithPath: plotly))
      try ReportWriter(plotly: plotly).write(record, to: "\(folder)/report")
      let size = try ["index.html", "data.js"].reduce(0) {
        try $0 + contents("\(folder)/report/\($1)").utf8.count
      }
      #expect(size < 5_000_000)
      #expect(try contents("\(folder)/report/index.html").contains("Drawn as means over"))
    }
  }

  @Test func existingFolderIsRefused() throws {
    try withTemporaryFolder { folder in
      let path = "\(folder)/report"
      try ReportWriter().write(Self.small, to: path)
      #expect(throws: ReportError.folderExists(path: path)) {
        try ReportWriter().write(Self.small, to: path)
      }
    }
  }

  /// Several runs that began before any had written: one wins, the others say so.
  @Test func oneOfSeveralRunsIntoOneFolderWins() throws {
    try withTemporaryFolder { folder throws in
      let path = "\(folder)/report"
      let refused = Mutex(0)
      DispatchQueue.concurrentPerform(iterations: 8) { _ in
        do throws(ReportError) {
          try ReportWriter().write(DemoRecord.record, to: path)
        } catch {
          guard case .folderExists = error else { return }
          refused.withLock { $0 += 1 }
        }
      }
      #expect(refused.withLock { $0 } == 7)
      #expect(try FileManager.default.contentsOfDirectory(atPath: folder) == ["report"])
      #expect(try contents("\(path)/index.html").contains("</html>"))
    }
  }

  @Test func ownReportIsReplacedWhole() throws {
    try withTemporaryFolder { folder in
      let path = "\(folder)/report"
      try ReportWriter().write(DemoRecord.record, to: path)
      try ReportWriter().write(Self.small, to: path, overwrite: true)
      #expect(try contents("\(path)/index.html").contains("<title>Small</title>"))
      #expect(!(try files(path).contains("data/figure-2.csv")))
      #expect(try FileManager.default.contentsOfDirectory(atPath: folder) == ["report"])
    }
  }

  @Test func filesOfOthersAreNeverReplaced() throws {
    try withTemporaryFolder { folder in
      let path = "\(folder)/report"
      try ReportWriter().write(Self.small, to: path)
      try Data("mine".utf8).write(to: URL(fileURLWithPath: "\(path)/data/notes.txt"))
      let before = try files(path)
      #expect(throws: ReportError.notAReport(path: path, foreign: "data/notes.txt")) {
        try ReportWriter().write(Self.small, to: path, overwrite: true)
      }
      #expect(try files(path) == before)

      let file = "\(folder)/file"
      try Data("mine".utf8).write(to: URL(fileURLWithPath: file))
      #expect(throws: ReportError.self) {
        try ReportWriter().write(Self.small, to: file, overwrite: true)
      }
      #expect(try contents(file) == "mine")

      let link = "\(folder)/link"
      try FileManager.default.createSymbolicLink(atPath: link, withDestinationPath: path)
      #expect(throws: ReportError.self) {
        try ReportWriter().write(Self.small, to: link, overwrite: true)
      }
    }
  }

  @Test func failureLeavesNothing() throws {
    try withTemporaryFolder { folder in
      let missing = "\(folder)/missing.js"
      #expect(throws: ReportError.unreadablePlotly(path: missing)) {
        try ReportWriter(plotly: missing).write(Self.small, to: "\(folder)/report")
      }
      var broken = Self.small
      broken.sections[0].blocks = [
        .table(Table(title: "T", columns: [Column("a")], rows: [["x"]]))
      ]
      if case .table(var table) = broken.sections[0].blocks[0] {
        table.rows.append(["x", "y"])
        broken.sections[0].blocks[0] = .table(table)
      }
      #expect(
        throws: ReportError.inconsistent("Table 1: row 2 has 2 cells under 1 columns")
      ) {
        try ReportWriter().write(broken, to: "\(folder)/report")
      }
      let file = "\(folder)/file"
      try Data().write(to: URL(fileURLWithPath: file))
      #expect(throws: ReportError.self) {
        try ReportWriter().write(Self.small, to: "\(file)/report")
      }
      #expect(try FileManager.default.contentsOfDirectory(atPath: folder) == ["file"])
    }
  }

  @Test func sameRecordGivesSameBytes() throws {
    try withTemporaryFolder { folder in
      try ReportWriter().write(Self.small, to: "\(folder)/a")
      try ReportWriter().write(Self.small, to: "\(folder)/b")
      for file in try files("\(folder)/a") where file != "data" {
        #expect(try contents("\(folder)/a/\(file)") == contents("\(folder)/b/\(file)"))
      }
    }
  }

  @Test func markdownReadsLikeTheRecord() {
    let text = Self.small.markdown { "figure-\($0).svg" }
    #expect(
      text == """
        # Small

        ## One

        ![Line](figure-1.svg)

        **Figure 1. Line.**\(" ")

        **Table 1. T.**\(" ")

        | name | value (s) |
        | --: | --: |
        | x | 0.3 |
        |  | – not applicable |

        """)
  }
}
