import Experiments
import Foundation
import Records
import Reports

/// In what a slide's figures are written.
enum SlideFormat: String {
  case svg, png, pdf
}

/// Writes the figures of items alone, each a file at a size for slides: `gidel-figure-1-1.svg`.
///
/// SVG is written by this program; PNG and PDF are that drawing printed by a Chromium on the search path.
struct SlideFolder {
  private let folder: String
  private let format: SlideFormat
  private let overwrite: Bool
  private let browser: String?

  init(_ folder: String, _ format: SlideFormat, overwrite: Bool) throws {
    self.folder = folder
    self.format = format
    self.overwrite = overwrite
    browser = Self.browser()
    if format != .svg, browser == nil {
      throw BadInput(
        "--format \(format.rawValue) needs Chromium on the search path; --format svg needs nothing."
      )
    }
    do {
      try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    } catch {
      throw BadInput("\(folder): the folder cannot be made.")
    }
  }

  private static func browser() -> String? {
    let folders = (ProcessInfo.processInfo.environment["PATH"] ?? "").split(separator: ":")
    for name in ["chromium", "chromium-browser", "google-chrome"] {
      for folder in folders where FileManager.default.isExecutableFile(atPath: "\(folder)/\(name)")
      {
        return "\(folder)/\(name)"
      }
    }
    return nil
  }

  /// Writes every figure of the pages, and an animation of the items that show dynamics.
  func write(_ pages: [ReproducedPage]) throws {
    for page in pages {
      for (number, figure) in page.record.figures.enumerated() {
        let slide = figure.slide()
        let path = "\(folder)/\(page.item.id)-\(number + 1).\(format.rawValue)"
        guard overwrite || !FileManager.default.fileExists(atPath: path) else {
          throw BadInput("\(path): the file exists; give --force to overwrite it.")
        }
        switch format {
        case .svg: try put(Data(slide.drawing.utf8), at: path)
        case .png, .pdf: try draw(slide, to: path)
        }
      }
      if let animation = Animation(of: page.record) {
        try put(Data(animation.page.utf8), at: "\(folder)/\(page.item.id)-animation.html")
      }
    }
  }

  private func put(_ content: Data, at path: String) throws {
    do {
      try content.write(to: URL(fileURLWithPath: path), options: .atomic)
    } catch {
      throw BadInput("\(path): the file cannot be written.")
    }
  }

  private func draw(_ slide: Slide, to path: String) throws {
    guard let browser else { return }
    let page = FileManager.default.temporaryDirectory
      .appendingPathComponent("deeplinear-\(UInt64.random(in: 0 ... .max)).html")
    defer { try? FileManager.default.removeItem(at: page) }
    try put(Data(slide.page.utf8), at: page.path)
    let process = Process()
    process.executableURL = URL(fileURLWithPath: browser)
    let target = URL(fileURLWithPath: path).path
    process.arguments =
      ["--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars"]
      + (format == .pdf
        ? ["--no-pdf-header-footer", "--print-to-pdf=\(target)"]
        : [
          "--force-device-scale-factor=2", "--screenshot=\(target)",
          "--window-size=\(Int(slide.width.rounded(.up))),\(Int(slide.height.rounded(.up)))",
        ]) + ["file://\(page.path)"]
    process.standardOutput = FileHandle.nullDevice
    process.standardError = FileHandle.nullDevice
    try process.run()
    process.waitUntilExit()
    guard process.terminationStatus == 0, FileManager.default.fileExists(atPath: target) else {
      throw BadInput("\(path): Chromium did not write the file; --format svg needs no browser.")
    }
  }
}
