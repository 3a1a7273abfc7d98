import DataFormats

/// The places a job will write to, checked before any work is done.
///
/// Nothing is written over what the job reads, nor twice to one place, whatever is allowed to be replaced.
struct OutputPaths {
  private let overwrite: Bool
  private var owners: [FilePlace: String] = [:]
  private var inputs: Set<FilePlace> = []
  private var replaceable: Set<FilePlace> = []

  init(overwrite: Bool) { self.overwrite = overwrite }

  /// Protects a file that is read.
  mutating func input(_ path: String?) throws {
    guard let path, path != "-" else { return }
    let place = FilePlace(path)
    inputs.insert(place)
    for (output, option) in owners where output == place || output.holds(place) {
      throw overInput(path, option)
    }
  }

  /// Protects the file that data come from, but for the output that is the same file with its gaps filled.
  mutating func input(_ source: DataSource?, exceptFor output: String?) throws {
    guard let source, case .file(let path) = source.place, path != "-" else { return }
    let place = FilePlace(path)
    if let output, output != "-", FilePlace(output) == place { replaceable.insert(place) }
    try input(source)
  }

  /// Protects the file that data come from.
  mutating func input(_ source: DataSource?) throws {
    guard let source else { return }
    if case .file(let path) = source.place { try input(path) }
    try input(source.reading.mask)
  }

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

  /// Refuses a file that exists and is not the checkpoint that is continued from.
  mutating func checkpoint(_ path: String?, resuming resumed: String?) throws {
    guard let path else { return }
    try claim(path, option: "--checkpoint")
    let isContinued = resumed.map { FilePlace($0) == FilePlace(path) } ?? false
    do {
      try DataFile.checkAnyOutput(path, overwrite: overwrite || isContinued)
    } catch {
      guard error.setting == .overwrite else { throw error }
      throw BadInput(
        "\(path): the file exists; give --resume to continue from it, or --force to overwrite it.")
    }
  }

  private mutating func claim(_ path: String, option: String) throws {
    guard path != "-" else { return }
    let place = FilePlace(path)
    for (other, owner) in owners.sorted(by: { $0.key.path < $1.key.path }) {
      if other == place {
        throw BadInput("\(path): \(owner) and \(option) name the same place; give each its own.")
      }
      if other.holds(place) || place.holds(other) {
        throw BadInput(
          "\(path): of \(owner) and \(option) one lies inside the other; give each its own place.")
      }
    }
    let isReplaced = option == "--output" && replaceable.contains(place)
    if !isReplaced, inputs.contains(where: { $0 == place || place.holds($0) }) {
      throw overInput(path, option)
    }
    owners[place] = option
  }

  private func overInput(_ path: String, _ option: String) -> BadInput {
    BadInput("\(path): \(option) would replace what is read; write to another place.")
  }
}
