import DeepLinear
import DividedCompletion
import Foundation
import Jobs

/// The folder of a divided completion: `column-factors.npy`, `row-factors-0001.npz` for each block, and the checkpoint.
struct AnswerFolder {
  let path: String

  init(_ path: String) { self.path = path }

  private var checkpointPath: String { "\(path)/checkpoint" }

  func prepare(resume: Bool, force: Bool) throws {
    let manager = FileManager.default
    guard manager.fileExists(atPath: path) else {
      do {
        try manager.createDirectory(atPath: path, withIntermediateDirectories: false)
      } catch {
        throw BadInput("\(path): the folder cannot be made; see that the folder above it exists.")
      }
      return
    }
    let contents = (try? manager.contentsOfDirectory(atPath: path)) ?? []
    let others = contents.filter {
      $0 != "column-factors.npy" && $0 != "checkpoint" && !$0.hasPrefix("row-factors-")
    }
    guard others.isEmpty else {
      throw BadInput("\(path): the folder holds \(others[0]); name a folder of its own.")
    }
    guard contents.isEmpty || resume || force else {
      throw BadInput(
        "\(path): the folder holds an answer; give --resume to go on from its checkpoint, or --force."
      )
    }
    if force, !resume {
      for name in contents { try? manager.removeItem(atPath: "\(path)/\(name)") }
    }
  }

  /// The round, what the fit is of, and every number of the columns as it is in memory.
  func keep(_ state: DividedCompleter.State, _ identity: String) throws {
    var data = Data("\(identity)\n\(state.round) \(state.error.bitPattern) \(state.isDone)\n".utf8)
    state.columnFactors.withUnsafeBytes { data.append(contentsOf: $0) }
    try data.write(to: URL(fileURLWithPath: checkpointPath), options: .atomic)
  }

  /// What was kept; nil where nothing was.
  func checkpoint(_ identity: String) throws -> DividedCompleter.State? {
    guard let data = FileManager.default.contents(atPath: checkpointPath) else { return nil }
    let lines = data.split(separator: UInt8(ascii: "\n"), maxSplits: 2)
    guard lines.count == 3, String(decoding: lines[0], as: UTF8.self) == identity else {
      throw BadInput(
        "\(checkpointPath): this is the checkpoint of another fit; name another folder, or give --force."
      )
    }
    let words = String(decoding: lines[1], as: UTF8.self).split(separator: " ")
    guard words.count == 3, let round = Int(words[0]), let bits = UInt64(words[1]) else {
      throw BadInput("\(checkpointPath): this is no checkpoint; give --force to begin anew.")
    }
    let bytes = data[(lines[0].count + lines[1].count + 2)...]
    let factors = [Double](unsafeUninitializedCapacity: bytes.count / 8) { buffer, count in
      count = bytes.copyBytes(to: buffer) / 8
    }
    return DividedCompleter.State(
      round: round, columnFactors: factors, error: Double(bitPattern: bits),
      isDone: words[2] == "true")
  }

  func write(_ block: EntryBlock, _ factors: [Double], rank: Int, number: Int) throws {
    let text = "\(number + 1)"
    let name = String(repeating: "0", count: max(0, 4 - text.count)) + text
    try NPZArchive([
      .init(name: "rows", array: NPYArray(block.rowNumbers)),
      .init(
        name: "factors",
        array: NPYArray(shape: [block.rowNumbers.count, rank], elements: factors)),
    ]).write(to: "\(path)/row-factors-\(name).npz", overwrite: true)
  }

  func write(_ state: DividedCompleter.State, rank: Int) throws {
    try DataFile.writeArray(
      NPYArray(shape: [state.columnFactors.count / rank, rank], elements: state.columnFactors),
      to: "\(path)/column-factors.npy", overwrite: true)
    try? FileManager.default.removeItem(atPath: checkpointPath)
  }
}
