import Foundation
public import Records

/// Writes a record as a folder that opens in a browser from disk, without a network.
///
/// The folder holds
/// - `index.html`, the page, `glossary.html`, what its words mean, and `data.js`, what its interactive figures
///   draw;
/// - `plotly.min.js`, if a copy was given: without it every figure is a static drawing;
/// - `data/`, with each figure as CSV (every value), JSON (a Plotly figure) and SVG, and each
///   table as CSV;
/// - `record.json` and `report.md`, the whole record for programs and as text;
/// - pages beside it that figures and tables lead to, where there are any.
public struct ReportWriter: Sendable {
  /// The file to copy as `plotly.min.js`; `nil` makes static pages. Nothing is searched for.
  public var plotly: String?
  /// Where the page finds a copy that stands elsewhere, relative to the page; then none is copied.
  public var sharedPlotly: String?
  /// Ways back, above the title: to the gallery the page belongs to.
  public var trail: [Link]

  /// A writer of static pages, unless there is a copy of Plotly.js.
  public init(plotly: String? = nil, sharedPlotly: String? = nil, trail: [Link] = []) {
    self.plotly = sharedPlotly == nil ? plotly : nil
    self.sharedPlotly = sharedPlotly
    self.trail = trail
  }

  private var plotlyAddress: String? { sharedPlotly ?? plotly.map { _ in "plotly.min.js" } }

  /// The file in each folder that lists what was written there.
  private static let manifest = ".deeplinear-report"

  /// Whether a report could be written to a folder, to be asked before work is done for it.
  ///
  /// - Throws: ``ReportError`` for a folder that exists and may not be replaced, or holds what is no report.
  public func check(_ folder: String, overwrite: Bool = false) throws(ReportError) {
    let target = URL(fileURLWithPath: folder, isDirectory: true).standardizedFileURL
    try Self.checkPlace(target, named: folder, overwrite: overwrite)
  }

  /// Writes all of a report, or nothing.
  ///
  /// Everything is built in a new folder beside the one asked for, which then takes its place.
  /// With `overwrite` it may be an existing folder, if that is empty or a report that holds no
  /// file but its own.
  ///
  /// - Parameters:
  ///   - record: what the page shows.
  ///   - folder: where the report comes to stand.
  ///   - overwrite: whether a report that is there may be replaced.
  ///   - pages: by the names of their files, what other pages beside it show; tables are whole there.
  /// - Returns: the path of the page.
  @discardableResult
  public func write(
    _ record: Record, to folder: String, overwrite: Bool = false,
    pages: [(name: String, record: Record)] = []
  ) throws(ReportError) -> String {
    try check(folder, overwrite: overwrite)
    for page in pages {
      if let inconsistency = page.record.inconsistency { throw .inconsistent(inconsistency) }
    }
    let beside = pages.map { page in
      let text = HTMLPage(
        record: page.record, budget: Figure.DrawingBudget(for: page.record), plotlyAddress: nil,
        trail: trail + [Link(record.title, to: "index.html")], isAlone: true, showsAllRows: true
      ).text()
      return (name: page.name, content: Data(text.utf8))
    }
    return try write(record, to: folder, beside: beside, overwrite: overwrite)
  }

  /// Writes a report and what belongs beside it as one, over a report that may be there unless told otherwise.
  ///
  /// Files in its folder that no report wrote stay.
  @discardableResult
  func write(
    _ record: Record, to folder: String, beside: [(name: String, content: Data)],
    overwrite: Bool = true
  ) throws(ReportError) -> String {
    if let inconsistency = record.inconsistency { throw .inconsistent(inconsistency) }
    let target = URL(fileURLWithPath: folder, isDirectory: true).standardizedFileURL
    let plotlyCode = try plotly.map(Self.plotlyCode)
    let parent = target.deletingLastPathComponent()
    let mark = "\(target.lastPathComponent).\(UInt64.random(in: 0 ... .max))"
    let draft = parent.appendingPathComponent(".\(mark).writing", isDirectory: true)
    let previous = parent.appendingPathComponent(".\(mark).previous", isDirectory: true)
    let manager = FileManager.default
    do {
      defer { try? manager.removeItem(at: draft) }
      try manager.createDirectory(
        at: draft.appendingPathComponent("data"), withIntermediateDirectories: true)
      var names: [String] = []
      func put(_ name: String, _ content: Data) throws {
        try content.write(to: draft.appendingPathComponent(name))
        names.append(name)
      }
      for file in try files(of: record) + beside { try put(file.name, file.content) }
      if let plotlyCode { try put("plotly.min.js", plotlyCode) }
      try put(Self.manifest, Data((names.joined(separator: "\n") + "\n").utf8))

      // Another run may have written its report here since this one began.
      let isReplacing = overwrite && manager.fileExists(atPath: target.path)
      if isReplacing { try Self.copyForeignFiles(from: target, to: draft) }
      if !isReplacing {
        try manager.moveItem(at: draft, to: target)
      } else if !exchange(draft.path, target.path) {
        try manager.moveItem(at: target, to: previous)
        do {
          try manager.moveItem(at: draft, to: target)
        } catch {
          try manager.moveItem(at: previous, to: target)
          throw error
        }
        try? manager.removeItem(at: previous)
      }
    } catch {
      if !overwrite, manager.fileExists(atPath: target.path) { throw .folderExists(path: folder) }
      throw .unwritable(path: folder, reason: error.reason)
    }
    return target.appendingPathComponent("index.html").path
  }

  private func files(of record: Record) throws -> [(name: String, content: Data)] {
    let budget = Figure.DrawingBudget(for: record)
    let page = HTMLPage(
      record: record, budget: budget, plotlyAddress: plotlyAddress, trail: trail)
    let markdown = record.markdown { "data/figure-\($0).svg" }
    var files = [
      ("index.html", Data(page.text().utf8)),
      (Glossary.fileName, Data(Glossary.page.utf8)),
      ("record.json", Data(try record.json())),
      ("report.md", Data(markdown.utf8)),
    ]
    var interactive: [(String, JSONValue)] = []
    for (index, figure) in record.figures.enumerated() {
      let name = "figure-\(index + 1)"
      files.append(("data/\(name).csv", Data(figure.csv.utf8)))
      files.append(("data/\(name).svg", Data(figure.svg().utf8)))
      if let plot = figure.plotly(paint: .fixed(.light), budget: budget) {
        files.append(("data/\(name).json", Data((plot.text + "\n").utf8)))
      }
      if let plot = figure.plotly(paint: .page, budget: budget) { interactive.append((name, plot)) }
    }
    for (index, table) in record.tables.enumerated() {
      files.append(("data/table-\(index + 1).csv", Data(table.csv.utf8)))
    }
    if plotlyAddress != nil {
      let script = "window.deeplinearFigures = \(JSONValue.object(interactive).text);\n"
      files.append(("data.js", Data(script.utf8)))
    }
    return files
  }

  static func plotlyCode(at path: String) throws(ReportError) -> Data {
    guard let code = FileManager.default.contents(atPath: path), !code.isEmpty else {
      throw .unreadablePlotly(path: path)
    }
    return code
  }

  /// Refuses a place where something stands that must not be replaced.
  private static func checkPlace(
    _ target: URL, named folder: String, overwrite: Bool
  ) throws(ReportError) {
    let manager = FileManager.default
    // Of the link itself where the path is a symbolic link.
    guard let attributes = try? manager.attributesOfItem(atPath: target.path) else { return }
    guard overwrite else { throw .folderExists(path: folder) }
    guard attributes[.type] as? FileAttributeType == .typeDirectory else {
      throw .notAReport(path: folder, foreign: "it is no folder and")
    }
    guard let foreign = try? foreignFiles(in: target) else {
      throw .unwritable(path: folder, reason: "its files cannot be listed")
    }
    if let first = foreign.first { throw .notAReport(path: folder, foreign: first) }
  }

  /// The files that a report wrote into a folder, by its list; none where there is no list.
  private static func ownFiles(in folder: URL) -> [String] {
    let list = FileManager.default.contents(atPath: folder.appendingPathComponent(manifest).path)
    return String(decoding: list ?? Data(), as: UTF8.self).split(separator: "\n").map(String.init)
      .filter { !$0.hasPrefix("/") && !$0.split(separator: "/").contains("..") }
  }

  private static func foreignFiles(in folder: URL) throws -> [String] {
    let own = Set(ownFiles(in: folder) + [manifest, "data", ".DS_Store", "data/.DS_Store"])
    return try FileManager.default.subpathsOfDirectory(atPath: folder.path).sorted()
      .filter { !own.contains($0) }
  }

  private static func copyForeignFiles(from folder: URL, to draft: URL) throws {
    let manager = FileManager.default
    for name in try foreignFiles(in: folder) {
      let (source, copy) = (
        folder.appendingPathComponent(name), draft.appendingPathComponent(name)
      )
      let type = try manager.attributesOfItem(atPath: source.path)[.type] as? FileAttributeType
      if type == .typeDirectory {
        try manager.createDirectory(at: copy, withIntermediateDirectories: true)
      } else if !manager.fileExists(atPath: copy.path) {
        try manager.copyItem(at: source, to: copy)
      }
    }
  }

  /// Removes what a report wrote into a folder, and the folder if nothing else is in it.
  static func remove(_ folder: String) throws {
    let place = URL(fileURLWithPath: folder, isDirectory: true)
    let manager = FileManager.default
    for name in ownFiles(in: place) + [manifest] {
      let file = place.appendingPathComponent(name)
      if manager.fileExists(atPath: file.path) { try manager.removeItem(at: file) }
    }
    for folder in [place.appendingPathComponent("data"), place]
    where try manager.fileExists(atPath: folder.path)
      && manager.contentsOfDirectory(atPath: folder.path).isEmpty
    {
      try manager.removeItem(at: folder)
    }
  }
}

extension Error {
  /// The words of the system, without the names of its types.
  var reason: String {
    let error = self as NSError
    let underlying = error.userInfo[NSUnderlyingErrorKey] as? NSError
    let text = underlying?.localizedDescription ?? error.localizedDescription
    return text.hasSuffix(".") ? String(text.dropLast()) : text
  }
}
