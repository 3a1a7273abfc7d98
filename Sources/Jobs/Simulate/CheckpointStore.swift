import DataFormats
import FoundationEssentials

/// Checkpoints in a file: written to a new one that then takes its place, so that there is always a whole one.
///
/// Before its contents a checkpoint has a line with their digest, and in them what run they are of: the
/// specification without the times yet to come, the seed, and the digest of the data and layers it names. A
/// run may go on to other times than it was begun with.
struct CheckpointStore {
  let request: Simulation
  let spec: SimulationSpec
  private let identity: Identity

  init(request: Simulation, spec: SimulationSpec) throws {
    self.request = request
    self.spec = spec
    identity =
      request.checkpoint == nil && request.resume == nil
      ? Identity(specification: "", data: "", seed: spec.seed)
      : Identity(
        specification: try spec.file.root().node.canonicalText(without: ["recording.times"]),
        data: try spec.file.dataDigest().text, seed: spec.seed)
  }

  private struct Identity: Codable, Equatable {
    var specification: String
    var data: String
    var seed: UInt64
  }

  private struct Stored<Checkpoint: Codable>: Codable {
    var identity: Identity
    /// The times that were to be recorded.
    var times: [Double]
    var checkpoint: Checkpoint
  }

  /// A checkpoint whose contents are none of such a run, though its digest is right.
  var unfit: BadInput {
    BadInput(
      "\(request.resume ?? ""): this is no checkpoint of such a run; leave out --resume to begin anew."
    )
  }

  private static let head = "deeplinear checkpoint 2\n"

  /// - Throws: ``BadInput`` where the file cannot be written.
  func save(_ checkpoint: some Codable) throws {
    guard let path = request.checkpoint else { return }
    let encoder = PropertyListEncoder()
    encoder.outputFormat = .binary
    let stored = Stored(identity: identity, times: spec.recording.times, checkpoint: checkpoint)
    let contents = [UInt8](try encoder.encode(stored))
    let head = Self.head + Digest(contents).text + "\n"
    do {
      try DataFile.write(Array(head.utf8) + contents, to: path, overwrite: true)
    } catch {
      throw BadInput(
        "\(path): the checkpoint cannot be written; check the folder and the space left.")
    }
  }

  /// The checkpoint to continue from, if one was asked for.
  ///
  /// - Parameter place: how far along the recorded times a checkpoint is.
  /// - Returns: it, and the times it has recorded that are no longer asked for.
  func resumed<Checkpoint: Codable>(
    as type: Checkpoint.Type, reaching place: (Checkpoint) -> Double
  ) throws -> (checkpoint: Checkpoint, unwanted: Set<Double>)? {
    guard let path = request.resume else { return nil }
    guard let data = (try? ByteSource(path: path).contents()).map({ Data($0) }) else {
      throw BadInput("\(path): there is no such checkpoint; leave out --resume to begin anew.")
    }
    let head = Array(Self.head.utf8)
    let begin = head.count + 17
    guard data.count > begin, data.prefix(head.count).elementsEqual(head) else {
      throw BadInput(
        "\(path): this is no checkpoint of such a run; leave out --resume to begin anew.")
    }
    let contents = data[(data.startIndex + begin)...]
    guard
      data[(data.startIndex + head.count)..<(data.startIndex + begin)]
        .elementsEqual((Digest(contents).text + "\n").utf8)
    else {
      throw BadInput(
        "\(path): the checkpoint is damaged; leave out --resume to begin anew.")
    }
    guard let stored = try? PropertyListDecoder().decode(Stored<Checkpoint>.self, from: contents)
    else {
      throw BadInput(
        "\(path): this is a checkpoint of another kind of run; leave out --resume to begin anew.")
    }
    guard stored.identity.specification == identity.specification,
      stored.identity.seed == identity.seed
    else {
      throw BadInput(
        "\(path): the checkpoint is of another specification than \(spec.file.path); give the one it began with."
      )
    }
    guard stored.identity.data == identity.data else {
      throw BadInput(
        "\(path): the files that \(spec.file.path) names have changed since the checkpoint; restore them, or leave out --resume to begin anew."
      )
    }
    let reached = place(stored.checkpoint)
    let recorded = Set(stored.times.filter { $0 <= reached })
    let wanted = Set(spec.recording.times.filter { $0 <= reached })
    if let missed = wanted.subtracting(recorded).min() {
      throw BadInput(
        "\(path): the checkpoint is at \(reached) and has not recorded \(missed), which has gone by; change only later times."
      )
    }
    return (stored.checkpoint, recorded.subtracting(wanted))
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

/// Keeps a run's checkpoints while it goes on: one that cannot be written is told of, and costs nothing else.
struct CheckpointKeeper {
  let store: CheckpointStore
  let observer: JobObserver
  private var hasWarned = false

  /// - Throws: ``BadInput`` where a checkpoint cannot be written at all, before the run.
  init(
    _ store: CheckpointStore, _ observer: JobObserver, from checkpoint: some Codable
  ) throws {
    self.store = store
    self.observer = observer
    try store.save(checkpoint)
  }

  /// Until the next checkpoint; never due where none is asked for.
  var timer: CheckpointTimer {
    CheckpointTimer(
      interval: store.request.checkpoint == nil ? nil : store.request.settledCheckpointInterval)
  }

  /// Whether the run is to go on.
  mutating func save(_ checkpoint: some Codable) -> Bool {
    do {
      try store.save(checkpoint)
      hasWarned = false
    } catch {
      guard !hasWarned else { return true }
      hasWarned = true
      return observer.show(
        "simulating", sentence: "deeplinear: \(error) The run goes on without it.")
    }
    return true
  }
}
