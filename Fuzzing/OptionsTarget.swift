import Foundation
import Jobs

@testable import deeplinear_cli

/// The command line: each line of the bytes is a word. What it asks for is begun, in a folder with a few small files, by
/// a command that was interrupted before: whatever takes long has to end soon.
struct OptionsTarget {
  /// The files that words can name.
  private static let files: [String: [UInt8]] = {
    let table = "a,b,c\n1,2,NA\n2,4,6\n3,NA,9\n4,8,12\n"
    let weights = (0..<12).flatMap { withUnsafeBytes(of: Float($0 * $0 % 7), Array.init) }
    let head =
      #"{"fc.weight":{"dtype":"F32","shape":[3,4],"data_offsets":[0,48]}}"#
      + String(repeating: " ", count: 7)
    let length = withUnsafeBytes(of: UInt64(head.utf8.count), Array.init)
    let specification = """
      objective: { kind: factorization, target: [[2, 0.5, 1], [0, 1, 1], [1, -1, 0], [0, 0, 1]] }
      network: { widths: [3, 2, 4], initial: { kind: gaussian, standardDeviation: 0.1 } }
      dynamics: { kind: flow }
      recording: { times: [0, 1], quantities: [loss, layers] }
      """
    return [
      "t.csv": Array(table.utf8), "x.csv": Array("1,2\n0,1\n3,1\n1,1\n".utf8),
      "y.csv": Array("1\n2\n3\n5\n".utf8), "m.safetensors": length + Array(head.utf8) + weights,
      "s.yaml": Array(specification.utf8),
    ]
  }()

  private static let folder: URL = {
    let folder = FileManager.default.temporaryDirectory
      .appendingPathComponent("options-\(ProcessInfo.processInfo.processIdentifier)")
    try! FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    for (name, bytes) in files { try! Data(bytes).write(to: folder.appendingPathComponent(name)) }
    precondition(FileManager.default.changeCurrentDirectoryPath(folder.path))
    Interrupt.ask(SIGTERM)
    return folder
  }()

  func read(_ bytes: [UInt8]) throws {
    let words = bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
      .map { String(decoding: $0, as: UTF8.self) }
    // Nothing outside the folder is read or written.
    guard !words.contains(where: { $0.contains("/") || $0.contains("..") || $0.contains("\0") })
    else { return }
    let folder = Self.folder
    defer { tidy(folder, isForced: words.contains("--force")) }
    do {
      if ItemHelp.text(for: words) != nil { return }
      try UsageSentence.checkCommand(words)
      var command = try DeepLinearCommand.parseAsRoot(words)
      // No server is started, and no processes for the runs of a sweep or the items of a gallery.
      guard !["studio", "reproduce", "sweep"].contains(words.first) else { return }
      try command.run()
    } catch let error where DeepLinearCommand.exitCode(for: error) != .success {
      if error is Ended { return }
      let sentence = Main.sentence(of: error)
      precondition(
        !sentence.contains(where: \.isNewline), "a refusal of several lines: \(sentence)")
    }
  }

  private func tidy(_ folder: URL, isForced: Bool) {
    for name in (try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? [] {
      if let bytes = Self.files[name] {
        let path = folder.appendingPathComponent(name)
        guard (try? Data(contentsOf: path)).map(Array.init) != bytes else { continue }
        precondition(isForced, "\(name) was overwritten")
        try? Data(bytes).write(to: path)
      } else {
        try? FileManager.default.removeItem(at: folder.appendingPathComponent(name))
      }
    }
  }
}
