import DataFormats
import FoundationEssentials
import SweepStore

/// The folder of a sweep: `sweep.sqlite`, the tables made from it, the report, and the trajectories that are kept.
struct SweepFolder {
  let path: String

  init(_ path: String) { self.path = path }

  var database: String { "\(path)/sweep.sqlite" }
  var report: String { "\(path)/report" }

  /// What a sweep writes into it; whatever else is there is somebody's.
  private static let files: Set<String> = [
    "sweep.sqlite", "sweep.sqlite-wal", "sweep.sqlite-shm", "runs.csv", "points.csv", "sweep.npz",
    "report", "runs",
  ]

  /// Makes the folder, or sees whether it may be used.
  func prepare(resume: Bool, force: Bool) throws {
    try ReportFolder.checkName(path)
    let manager = FileManager.default
    var isFolder = false
    guard manager.fileExists(atPath: path, isDirectory: &isFolder) else {
      do {
        try manager.createDirectory(atPath: path, withIntermediateDirectories: false)
      } catch {
        throw BadInput(
          "\(path): the folder cannot be made; see that the folder above it exists and may be written."
        )
      }
      return
    }
    guard isFolder else { throw BadInput("\(path): this is a file; name a folder.") }
    // Hidden files are drafts of ours that a kill left behind.
    let contents = ((try? manager.contentsOfDirectory(atPath: path)) ?? [])
      .filter { !$0.hasPrefix(".") }
    if contents.isEmpty { return }
    guard contents.contains("sweep.sqlite"), contents.allSatisfy(Self.files.contains) else {
      throw BadInput(
        "\(path): the folder holds other files than a sweep's, such as \(contents.filter { !Self.files.contains($0) }.sorted().first ?? contents[0]); name a folder of its own."
      )
    }
    if resume { return }
    guard force else {
      throw BadInput(
        "\(path): the folder holds a sweep; give --resume to continue or extend it, or --force to replace it."
      )
    }
    for name in contents { try? manager.removeItem(atPath: "\(path)/\(name)") }
  }

  /// Refuses a folder without results.
  func requireSweep() throws {
    guard FileManager.default.fileExists(atPath: database) else {
      throw BadInput("\(path): there is no sweep in this folder; check the path.")
    }
  }

  /// Opens the results, or begins them.
  func open(_ identity: SweepStore.Identity?) throws -> SweepStore {
    do {
      return try SweepStore(path: database, identity: identity)
    } catch {
      throw BadInput("\(error)")
    }
  }

  /// The folder in which trajectories are kept.
  func trajectories() throws -> String {
    let folder = "\(path)/runs"
    do {
      try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    } catch {
      throw BadInput("\(folder): the folder cannot be made; see whether it may be written.")
    }
    return folder
  }

  /// Writes the tables for spreadsheets and NumPy, each in one piece: whoever reads sees the old one or the new one.
  func write(_ table: SweepTable) throws {
    for (name, text) in [("runs.csv", table.runsCSV), ("points.csv", table.pointsCSV)] {
      do {
        try Data(text.utf8).write(to: URL(filePath: "\(path)/\(name)"), options: .atomic)
      } catch {
        throw BadInput(
          "\(path)/\(name): the table cannot be written; make room, and add --resume.")
      }
    }
    try table.arrays.write(to: "\(path)/sweep.npz", overwrite: true)
  }
}
