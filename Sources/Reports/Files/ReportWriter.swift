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
/// - `record.json` and `report.md`, the whole record for programs and as text.
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
  /// - Returns: the path of the page.
  @discardableResult
  public func write(
    _ record: Record, to folder: String, overwrite: Bool = false
  ) throws(ReportError) -> String {
    if let inconsistency = record.inconsistency { throw .inconsistent(inconsistency) }
    try check(folder, overwrite: overwrite)
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
      for file in try files(of: record) { try put(file.name, file.content) }
      if let plotlyCode { try put("plotly.min.js", plotlyCode) }
      try put(Self.manifest, Data((names.joined(separator: "\n") + "\n").utf8))

      let isReplacing = manager.fileExists(atPath: target.path)
      if isReplacing { try manager.moveItem(at: target, to: previous) }
      do {
        try manager.moveItem(at: draft, to: target)
      } catch {
        if isReplacing { try manager.moveItem(at: previous, to: target) }
        throw error
      }
      if isReplacing { try? manager.removeItem(at: previous) }
    } catch {
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
    let list = manager.contents(atPath: target.appendingPathComponent(manifest).path)
    let names = String(decoding: list ?? Data(), as: UTF8.self).split(separator: "\n")
    let own = Set(names.map(String.init) + [manifest, "data", ".DS_Store", "data/.DS_Store"])
    guard let present = try? manager.subpathsOfDirectory(atPath: target.path) else {
      throw .unwritable(path: folder, reason: "its files cannot be listed")
    }
    if let foreign = present.sorted().first(where: { !own.contains($0) }) {
      throw .notAReport(path: folder, foreign: foreign)
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
