import Foundation
import Records
import Reports
import Testing

/// The page is opened in a real browser. Set `DEEPLINEAR_KEEP_REPORT` to a folder to look at it.
@Suite(.serialized) struct ChromiumTests {
  static let chromium = ["chromium", "chromium-browser", "google-chrome"].flatMap { name in
    (ProcessInfo.processInfo.environment["PATH"] ?? "").split(separator: ":").map {
      "\($0)/\(name)"
    }
  }.first { FileManager.default.isExecutableFile(atPath: $0) }

  static let plotly: String? = {
    let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
      .deletingLastPathComponent().deletingLastPathComponent()
    let path =
      ProcessInfo.processInfo.environment["DEEPLINEAR_PLOTLY"]
      ?? root.appendingPathComponent(".deeplinear/plotly/plotly.min.js").path
    return FileManager.default.fileExists(atPath: path) ? path : nil
  }()

  @Test(
    "the report page loads in headless Chromium without console errors",
    .enabled(if: chromium != nil, "Chromium is not installed: no page was opened."),
    .enabled(if: plotly != nil, "Plotly.js is missing: run Scripts/dependencies.sh."),
    .timeLimit(.minutes(3)))
  func interactivePageDrawsEveryFigure() throws {
    let page = try Self.open(plotly: Self.plotly)
    #expect(page.document.contains(#"data-figures="drawn""#))
    #expect(page.errors.isEmpty, "\(page.errors)")
    let plots = DemoRecord.record.figures.count {
      if case .image = $0.content { false } else { true }
    }
    #expect(page.document.count(of: #"class="main-svg""#) >= plots)
    #expect(page.document.count(of: #"class="interactive""#) == plots)
    #expect(!page.document.contains("<script>alert"))
  }

  @Test(
    "a page without Plotly.js shows static figures and says so",
    .enabled(if: chromium != nil, "Chromium is not installed: no page was opened."),
    .timeLimit(.minutes(3)))
  func staticPageShowsEveryFigure() throws {
    let page = try Self.open(plotly: nil)
    #expect(page.errors.isEmpty, "\(page.errors)")
    #expect(page.document.contains("The figures are static"))
    #expect(!page.document.contains("<script"))
    let figures = DemoRecord.record.figures.count
    #expect(page.document.count(of: #"<div class="static"><svg"#) == figures)
  }

  @Test(
    "a page whose Plotly.js was lost shows static figures and says so",
    .enabled(if: chromium != nil, "Chromium is not installed: no page was opened."),
    .timeLimit(.minutes(3)))
  func pageSurvivesTheLossOfPlotly() throws {
    let page = try Self.open(plotly: nil, removing: "plotly.min.js")
    #expect(page.document.contains(#"data-figures="static""#))
    #expect(page.document.contains("Plotly.js is not beside this page"))
    #expect(!page.document.contains(#"class="interactive""#))
  }

  private struct Page {
    var document: String
    var errors: [String]
  }

  /// Writes the demonstration report and opens it from disk.
  private static func open(plotly: String?, removing lost: String? = nil) throws -> Page {
    try withTemporaryFolder { folder in
      var plotly = plotly
      if lost != nil {
        plotly = "\(folder)/plotly.js"
        try Data("// nothing\n".utf8).write(to: URL(fileURLWithPath: "\(folder)/plotly.js"))
      }
      let path = try ReportWriter(plotly: plotly).write(DemoRecord.record, to: "\(folder)/report")
      if let lost { try FileManager.default.removeItem(atPath: "\(folder)/report/\(lost)") }
      if let keep = ProcessInfo.processInfo.environment["DEEPLINEAR_KEEP_REPORT"] {
        let name = lost != nil ? "lost" : plotly == nil ? "static" : "interactive"
        try ReportWriter(plotly: plotly).write(
          DemoRecord.record, to: "\(keep)/\(name)", overwrite: true)
      }
      let process = Process()
      process.executableURL = URL(fileURLWithPath: try #require(chromium))
      process.arguments = [
        "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage",
        "--user-data-dir=\(folder)/profile", "--enable-logging=stderr", "--window-size=1280,1600",
        "--virtual-time-budget=60000", "--dump-dom", "file://\(path)",
      ]
      // Files, not pipes: a pipe that nobody empties would stop the browser.
      let outputs = try ["document", "messages"].map { name in
        let file = "\(folder)/\(name)"
        try Data().write(to: URL(fileURLWithPath: file))
        return try FileHandle(forWritingTo: URL(fileURLWithPath: file))
      }
      process.standardInput = FileHandle.nullDevice
      (process.standardOutput, process.standardError) = (outputs[0], outputs[1])
      try process.run()
      process.waitUntilExit()
      #expect(process.terminationStatus == 0)
      let messages = try contents("\(folder)/messages").split(separator: "\n").map(String.init)
      return Page(
        document: try contents("\(folder)/document"),
        errors: messages.filter { $0.contains("CONSOLE") })
    }
  }
}

extension String {
  fileprivate func count(of part: String) -> Int {
    components(separatedBy: part).count - 1
  }
}
