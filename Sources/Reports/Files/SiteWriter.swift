import Foundation
public import Records

/// Writes a site: a gallery, and a folder for each page it leads to.
///
/// Pages are written one by one as they come, each whole or not at all, and the gallery last. A site that
/// was left unfinished is taken up again: ``page(named:)`` returns what is there. One copy of Plotly.js at
/// the root serves all pages.
public struct SiteWriter: Sendable {
  /// The folder of the site.
  public let folder: String
  private let isInteractive: Bool

  private static let marker = ".deeplinear-site"

  /// Makes the folder of a site, or takes one up.
  ///
  /// - Parameters:
  ///   - folder: the folder of the site.
  ///   - fingerprint: all that decides what the pages say. A folder with another fingerprint is not taken up.
  ///   - overwrite: whether to begin anew, removing the pages that are there.
  ///   - plotly: the file to copy; nil makes static pages.
  /// - Throws: ``ReportError`` for a folder that holds another site or something else.
  public init(
    folder: String, fingerprint: String, overwrite: Bool = false, plotly: String? = nil
  ) throws(ReportError) {
    self.folder = folder
    isInteractive = plotly != nil
    let manager = FileManager.default
    let code = try plotly.map(ReportWriter.plotlyCode)
    let marker = Self.path(folder, Self.marker)
    do {
      if let files = try? manager.contentsOfDirectory(atPath: folder), !files.isEmpty {
        guard let found = manager.contents(atPath: marker) else {
          throw ReportError.notAReport(path: folder, foreign: files.sorted()[0])
        }
        guard overwrite || found == Data(fingerprint.utf8) else {
          throw ReportError.folderExists(path: folder)
        }
        for file in files
        where overwrite && manager.fileExists(atPath: Self.path(folder, file, "record.json")) {
          try manager.removeItem(atPath: Self.path(folder, file))
        }
      }
      try manager.createDirectory(atPath: folder, withIntermediateDirectories: true)
      try Data(fingerprint.utf8).write(to: URL(fileURLWithPath: marker), options: .atomic)
      if let code {
        try code.write(
          to: URL(fileURLWithPath: Self.path(folder, "plotly.min.js")), options: .atomic)
      }
    } catch let error as ReportError {
      throw error
    } catch {
      throw .unwritable(path: folder, reason: error.reason)
    }
  }

  /// What an earlier run wrote as this page; nil if there is no such page.
  public func page(named name: String) -> Record? {
    FileManager.default.contents(atPath: Self.path(folder, name, "record.json"))
      .flatMap { try? Record(json: [UInt8]($0)) }
  }

  /// Writes a page into the folder `name`, and whatever files belong beside it.
  ///
  /// - Parameters:
  ///   - record: what the page shows.
  ///   - name: the folder of the page, inside the site.
  ///   - links: places it leads to beside the gallery, relative to the page.
  ///   - files: what is written beside the page.
  public func write(
    _ record: Record, named name: String, links: [Link] = [],
    beside files: [(name: String, content: [UInt8])] = []
  ) throws(ReportError) {
    let place = Self.path(folder, name)
    // A page is replaced as a whole; what stands beside it would be foreign to the writer of reports.
    try? FileManager.default.removeItem(atPath: place)
    try ReportWriter(
      sharedPlotly: isInteractive ? "../plotly.min.js" : nil,
      trail: [Link("Gallery", to: "../index.html")] + links
    ).write(record, to: place)
    var files = files
    if let thumbnail = record.figures.first {
      files.append(("thumbnail.svg", Array(thumbnail.svg(theme: .light).utf8)))
      files.append(("thumbnail-dark.svg", Array(thumbnail.svg(theme: .dark).utf8)))
    }
    for file in files {
      try put(Data(file.content), at: Self.path(place, file.name))
    }
  }

  /// Writes the page that leads to the others.
  /// - Returns: the path of the page.
  @discardableResult
  public func write(_ gallery: Gallery) throws(ReportError) -> String {
    let page = Self.path(folder, "index.html")
    try put(Data(Glossary.page.utf8), at: Self.path(folder, Glossary.fileName))
    try put(Data(GalleryPage(gallery: gallery).text().utf8), at: page)
    return page
  }

  private func put(_ content: Data, at path: String) throws(ReportError) {
    do {
      try content.write(to: URL(fileURLWithPath: path), options: .atomic)
    } catch {
      throw .unwritable(path: path, reason: error.reason)
    }
  }

  private static func path(_ parts: String...) -> String { parts.joined(separator: "/") }
}
