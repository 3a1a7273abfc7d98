import DataFormats
import DeepLinear
import FoundationEssentials
public import Records
import Reports

/// Where reports go, what they are drawn with and what they say about their origin; the same at every door.
public enum ReportFolder {
  /// Refuses a folder that must not be replaced, or whose parent does not exist, before any work is done.
  static func check(_ folder: String, overwrite: Bool) throws {
    try checkName(folder)
    var isDirectory = false
    if FileManager.default.fileExists(atPath: folder, isDirectory: &isDirectory), !isDirectory {
      throw BadInput("\(folder): this is a file; a report needs a folder of its own.")
    }
    do {
      try ReportWriter().check(folder, overwrite: overwrite)
    } catch {
      throw refusal(error)
    }
    var path = folder[...]
    while path.count > 1, path.hasSuffix("/") { path.removeLast() }
    let parent = path.lastIndex(of: "/").map { String(path[...$0]) } ?? "."
    var isFolder = false
    guard FileManager.default.fileExists(atPath: parent, isDirectory: &isFolder), isFolder else {
      throw BadInput("\(folder): the folder \(parent) does not exist; make it first.")
    }
  }

  /// Refuses a folder whose name is other bytes than UTF-8, which pages could not link to.
  static func checkName(_ folder: String) throws {
    guard folder.isSystemText else {
      throw BadInput("\(folder): the name of this folder is not UTF-8; choose another.")
    }
  }

  /// Draws a record into a folder, which is not replaced without being told.
  ///
  /// - Parameters:
  ///   - record: what the page shows.
  ///   - folder: where the report comes to stand.
  ///   - overwrite: whether a report that is there may be replaced.
  ///   - pages: by the names of their files, what pages beside it show.
  public static func write(
    _ record: Record, to folder: String, overwrite: Bool = false,
    pages: [(name: String, record: Record)] = []
  ) throws {
    do {
      try ReportWriter(plotly: plotly).write(
        record, to: folder, overwrite: overwrite, pages: pages)
    } catch {
      throw refusal(error)
    }
  }

  private static func refusal(_ error: ReportError) -> BadInput {
    guard case .folderExists(let path) = error else { return BadInput("\(error)") }
    return BadInput("\(path): the report folder exists; give --force to replace it.")
  }

  /// Plotly.js, from the environment or from where `make deps` puts it beside the program's sources; reports
  /// are drawn without it when there is none.
  public static var plotly: String? {
    let manager = FileManager.default
    if let path = ProcessInfo.processInfo.environment["DEEPLINEAR_PLOTLY"] { return path }
    var places = [".deeplinear/plotly/plotly.min.js"]
    if let program = try? manager.destinationOfSymbolicLink(atPath: "/proc/self/exe") {
      var folder = program[...]
      for _ in 0..<5 {
        guard let slash = folder.lastIndex(of: "/") else { break }
        folder = folder[..<slash]
        places.append("\(folder)/.deeplinear/plotly/plotly.min.js")
        places.append("\(folder)/share/deeplinear/plotly.min.js")
      }
    }
    return places.first { manager.fileExists(atPath: $0) }
  }

  static func provenance(
    seed: UInt64, settings: [Fact], of context: JobContext
  ) -> Provenance {
    Provenance(
      program: "deeplinear", version: Version.text,
      arguments: context.arguments, seed: seed, settings: settings,
      machine: Machine(
        processor: processorName, operatingSystem: "Linux",
        linearAlgebraCore: BLASConfiguration.coreName,
        linearAlgebraShortfall: BLASConfiguration.shortfall,
        threadCount: BLASConfiguration.threadCount),
      finished: Date.now.formatted(.iso8601))
  }

  private static var processorName: String {
    guard let data = FileManager.default.contents(atPath: "/proc/cpuinfo") else { return "unknown" }
    let line = String(decoding: data, as: UTF8.self).split(separator: "\n")
      .first { $0.hasPrefix("model name") }
    return line?.split(separator: ":").last.map { String($0.drop { $0 == " " }) } ?? "unknown"
  }
}
