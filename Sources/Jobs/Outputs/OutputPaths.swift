import DataFormats

/// The places a job will write to, checked before any work is done.
struct OutputPaths {
  private let overwrite: Bool
  private var owners: [String: String] = [:]

  init(overwrite: Bool) { self.overwrite = overwrite }

  /// Refuses a file that exists, has no folder, has an extension of no format, or was named before.
  mutating func file(_ path: String?, option: String, among formats: [DataFormat]? = nil) throws {
    guard let path else { return }
    try claim(path, option: option)
    try DataFile.checkOutput(path, among: formats, overwrite: overwrite)
  }

  /// Refuses a folder that exists, has no parent, or was named before.
  mutating func report(_ folder: String?, option: String = "--report") throws {
    guard let folder else { return }
    try claim(folder, option: option)
    try ReportFolder.check(folder, overwrite: overwrite)
  }

  private mutating func claim(_ path: String, option: String) throws {
    if let other = owners[path] {
      throw BadInput("\(path): \(other) and \(option) name the same place; give each its own.")
    }
    owners[path] = option
  }
}
