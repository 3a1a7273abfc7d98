import Foundation
public import Records

/// Writes a site: a gallery, and a folder for each page it leads to.
///
/// Pages are written one by one as they come, each with all that stands beside it or not at all, and the gallery
/// last. A site that was left unfinished is taken up again: ``page(named:)`` returns what is there. Files of others
/// in its folders stay. One copy of Plotly.js at the root serves all pages.
public struct SiteWriter: Sendable {
  /// The folder of the site.
  public let folder: String
  private let isInteractive: Bool

  private let fingerprint: Data

  private static let marker = ".deeplinear-site"
  /// In the folder of each page: the fingerprint of the site it was made for.
  private static let pageMarker = ".deeplinear-page"

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
    self.fingerprint = Data(fingerprint.utf8)
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
        where overwrite && manager.fileExists(atPath: Self.path(folder, file, Self.pageMarker)) {
          try ReportWriter.remove(Self.path(folder, file))
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
    let manager = FileManager.default
    guard manager.contents(atPath: Self.path(folder, name, Self.pageMarker)) == fingerprint else {
      return nil
    }
    return manager.contents(atPath: Self.path(folder, name, "record.json"))
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
    var beside = files.map { (name: $0.name, content: Data($0.content)) }
    if let thumbnail = record.figures.first {
      beside.append(("thumbnail.svg", Data(thumbnail.svg(theme: .light).utf8)))
      beside.append(("thumbnail-dark.svg", Data(thumbnail.svg(theme: .dark).utf8)))
    }
    beside.append((Self.pageMarker, fingerprint))
    try ReportWriter(
      sharedPlotly: isInteractive ? "../plotly.min.js" : nil,
      trail: [Link("Gallery", to: "../index.html")] + links
    ).write(record, to: Self.path(folder, name), beside: beside)
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
