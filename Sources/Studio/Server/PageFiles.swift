import Foundation

/// The pages and what they are made of: within the program, or in a folder while one works on them.
struct PageFiles: Sendable {
  /// Where the pages are read from at each request, while one works on them.
  static let folderVariable = "DEEPLINEAR_STUDIO_PAGES"

  private let folder = ProcessInfo.processInfo.environment[folderVariable]

  private static let types = [
    "html": "text/html; charset=utf-8", "css": "text/css; charset=utf-8",
    "js": "text/javascript; charset=utf-8", "json": "application/json",
  ]

  /// A file by its name.
  func contents(_ name: String) -> (type: String, body: Data)? {
    guard let bytes = Self.embedded[name], let dot = name.lastIndex(of: "."),
      let type = Self.types[String(name[name.index(after: dot)...])]
    else { return nil }
    if let folder, let data = FileManager.default.contents(atPath: "\(folder)/\(name)") {
      return (type, data)
    }
    return (type, Data(bytes()))
  }

  private static let embedded: [String: @Sendable () -> [UInt8]] = [
    "explore.html": { PackageResources.explore_html },
    "fill.html": { PackageResources.fill_html },
    "runs.html": { PackageResources.runs_html },
    "papers.html": { PackageResources.papers_html },
    "studio.css": { PackageResources.studio_css },
    "page.js": { PackageResources.page_js },
    "chart.js": { PackageResources.chart_js },
    "surfaces.js": { PackageResources.surfaces_js },
    "explore.js": { PackageResources.explore_js },
    "problem.js": { PackageResources.problem_js },
    "scenes.js": { PackageResources.scenes_js },
    "exports.js": { PackageResources.exports_js },
    "archive.js": { PackageResources.archive_js },
    "fill.js": { PackageResources.fill_js },
    "record.js": { PackageResources.record_js },
    "runs.js": { PackageResources.runs_js },
    "papers.js": { PackageResources.papers_js },
    "openapi.json": { PackageResources.openapi_json },
  ]
}
