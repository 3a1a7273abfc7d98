import Foundation
import Records
import Reports
import Testing

@Suite struct SiteWriterTests {
  private static let page = Record(
    title: "One page",
    sections: [
      Section(
        heading: "One",
        blocks: [
          .figure(
            Figure(
              title: "Line",
              .lines(
                LinePlot(
                  horizontal: Axis("time"), vertical: Axis("loss"),
                  series: [Series("a", x: [0, 1], y: [1, 0])]))))
        ])
    ])

  private static func gallery(_ name: String) -> Gallery {
    Gallery(
      title: "All <pages>",
      groups: [
        Gallery.Group(
          heading: "Group",
          entries: [
            Gallery.Entry(
              name: name, title: "One & only", text: "What it shows.", verdict: .holds,
              note: "1 claim", thumbnail: page.figures.first)
          ])
      ], links: [Link("More", to: "more/index.html")])
  }

  @Test func pagesShareOneCopyOfThePlottingCode() throws {
    try withTemporaryFolder { folder in
      let plotly = "\(folder)/plotly.js"
      try Data("// code".utf8).write(to: URL(fileURLWithPath: plotly))
      let site = try SiteWriter(folder: "\(folder)/site", fingerprint: "a", plotly: plotly)
      try site.write(
        Self.page, named: "one", links: [Link("More", to: "../more/index.html")],
        beside: [("data/extra.bin", [1, 2])])
      try site.write(Self.gallery("one"))
      let files = try FileManager.default.subpathsOfDirectory(atPath: "\(folder)/site")
      #expect(files.count { $0.hasSuffix("plotly.min.js") } == 1)
      let page = try contents("\(folder)/site/one/index.html")
      #expect(page.contains(#"src="../plotly.min.js""#))
      #expect(page.contains(#"href="../index.html""#))
      #expect(page.contains(#"<a href="../more/index.html">More</a>"#))
      for name in ["data/extra.bin", "data/figure-1.csv", "thumbnail.svg", "thumbnail-dark.svg"] {
        #expect(files.contains("one/\(name)"))
      }
      let index = try contents("\(folder)/site/index.html")
      #expect(index.contains(#"href="one/index.html""#) && index.contains("one/thumbnail.svg"))
      #expect(index.contains("All &lt;pages&gt;") && index.contains("One &amp; only"))
    }
  }

  @Test func anUnfinishedSiteIsTakenUp() throws {
    try withTemporaryFolder { folder in
      let place = "\(folder)/site"
      #expect(try SiteWriter(folder: place, fingerprint: "a").page(named: "one") == nil)
      try SiteWriter(folder: place, fingerprint: "a").write(Self.page, named: "one")
      #expect(try SiteWriter(folder: place, fingerprint: "a").page(named: "one") == Self.page)
      #expect(throws: ReportError.folderExists(path: place)) {
        try SiteWriter(folder: place, fingerprint: "b")
      }
      let anew = try SiteWriter(folder: place, fingerprint: "b", overwrite: true)
      #expect(anew.page(named: "one") == nil)
    }
  }

  @Test func aFolderOfSomethingElseIsLeftAlone() throws {
    try withTemporaryFolder { folder in
      try Data("mine".utf8).write(to: URL(fileURLWithPath: "\(folder)/notes.txt"))
      #expect(throws: ReportError.notAReport(path: folder, foreign: "notes.txt")) {
        try SiteWriter(folder: folder, fingerprint: "a", overwrite: true)
      }
      #expect(try FileManager.default.contentsOfDirectory(atPath: folder) == ["notes.txt"])
    }
  }

  @Test func filesOfOthersStay() throws {
    try withTemporaryFolder { folder in
      let place = "\(folder)/site"
      let site = try SiteWriter(folder: place, fingerprint: "a")
      try site.write(Self.page, named: "one", beside: [("data/extra.bin", [1, 2])])
      try Data("mine".utf8).write(to: URL(fileURLWithPath: "\(place)/one/note.txt"))
      try ReportWriter().write(Self.page, to: "\(place)/own")
      try site.write(Self.page, named: "one")
      #expect(try contents("\(place)/one/note.txt") == "mine")
      let anew = try SiteWriter(folder: place, fingerprint: "b", overwrite: true)
      #expect(anew.page(named: "one") == nil && anew.page(named: "own") == nil)
      #expect(
        try FileManager.default.subpathsOfDirectory(atPath: "\(place)/one") == ["note.txt"])
      #expect(FileManager.default.fileExists(atPath: "\(place)/own/record.json"))
    }
  }

  @Test func aPageIsThereWithAllThatBelongsToIt() throws {
    try withTemporaryFolder { folder in
      let site = try SiteWriter(folder: "\(folder)/site", fingerprint: "a")
      // A name in a folder that does not exist cannot be written: the page then is not there at all.
      #expect(throws: ReportError.self) {
        try site.write(Self.page, named: "one", beside: [("missing/extra.bin", [1])])
      }
      #expect(site.page(named: "one") == nil)
      let left = try FileManager.default.contentsOfDirectory(atPath: "\(folder)/site")
      #expect(left == [".deeplinear-site"])
    }
  }
}
