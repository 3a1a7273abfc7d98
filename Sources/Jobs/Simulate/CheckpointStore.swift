import FoundationEssentials

/// Checkpoints in a file: written to a new one that then takes its place, so that there is always a whole one.
struct CheckpointStore {
  let request: Simulation
  let spec: SimulationSpec

  private struct Stored<Checkpoint: Codable>: Codable {
    var program: String
    var specification: String
    var seed: UInt64
    var checkpoint: Checkpoint
  }

  private static var program: String { "deeplinear checkpoint 1" }

  func save(_ checkpoint: some Codable) throws {
    guard let path = request.checkpoint else { return }
    let stored = Stored(
      program: Self.program, specification: spec.file.text, seed: spec.seed,
      checkpoint: checkpoint)
    do {
      let encoder = PropertyListEncoder()
      encoder.outputFormat = .binary
      try encoder.encode(stored).write(to: URL(filePath: path), options: .atomic)
    } catch {
      throw BadInput(
        "\(path): the checkpoint cannot be written; check the folder and the space left.")
    }
  }

  /// The checkpoint to continue from, if one was asked for.
  func resumed<Checkpoint: Codable>() throws -> Checkpoint? {
    guard let path = request.resume else { return nil }
    guard let data = FileManager.default.contents(atPath: path) else {
      throw BadInput("\(path): there is no such checkpoint; leave out --resume to begin anew.")
    }
    guard
      let stored = try? PropertyListDecoder().decode(Stored<Checkpoint>.self, from: data),
      stored.program == Self.program
    else {
      throw BadInput(
        "\(path): this is no checkpoint of such a run; leave out --resume to begin anew.")
    }
    guard stored.specification == spec.file.text, stored.seed == spec.seed else {
      throw BadInput(
        "\(path): the checkpoint is of another specification than \(spec.file.path); give the one it began with."
      )
    }
    return stored.checkpoint
  }
}

/// Tells when a checkpoint is due.
struct CheckpointTimer {
  private let interval: Double?
  private let start = ContinuousClock.now

  init(interval: Double?) { self.interval = interval }

  mutating func isDue() -> Bool {
    guard let interval else { return false }
    return (ContinuousClock.now - start).seconds >= interval
  }
}
