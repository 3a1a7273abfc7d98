import Foundation
import Synchronization

/// The folder whose reports the page Runs shows. Nothing outside of it is given out.
final class RunFolder: Sendable {
  struct Report: Encodable, Sendable {
    var path: String
    var title: String
    var subtitle: String?
    var modified: Double
    /// Whether it is a sweep whose report is yet to come.
    var isUnfinished = false
  }

  private struct Head: Decodable {
    var title: String
    var subtitle: String?
  }

  let folder: String
  private let heads = Mutex<[String: Report]>([:])

  /// So many folders are looked into, this deep.
  private static let mostFolders = 2_000
  private static let greatestDepth = 4

  init(_ folder: String) {
    self.folder = URL(fileURLWithPath: folder).resolvingSymlinksInPath().path
  }

  /// Every report below, the newest first.
  func reports() -> [Report] {
    var found: [Report] = []
    var queue = [(path: "", depth: 0)]
    var looked = 0
    let manager = FileManager.default
    while let (path, depth) = queue.popLast(), looked < Self.mostFolders {
      looked += 1
      let place = path.isEmpty ? folder : "\(folder)/\(path)"
      guard let names = try? manager.contentsOfDirectory(atPath: place) else { continue }
      if names.contains("record.json"), let report = head(of: path) { found.append(report) }
      if names.contains("sweep.sqlite"), !names.contains("report") {
        found.append(unfinishedSweep(path, place, names))
      }
      guard depth < Self.greatestDepth else { continue }
      for name in names.sorted(by: >) where !name.hasPrefix(".") {
        let inner = path.isEmpty ? name : "\(path)/\(name)"
        let kind = try? manager.attributesOfItem(atPath: "\(folder)/\(inner)")[.type]
        if kind as? FileAttributeType == .typeDirectory { queue.append((inner, depth + 1)) }
      }
    }
    return found.sorted { ($1.modified, $0.path) < ($0.modified, $1.path) }
  }

  /// A sweep writes its database run by run, and its report in the end.
  private func unfinishedSweep(_ path: String, _ place: String, _ names: [String]) -> Report {
    let times = names.filter { $0.hasPrefix("sweep.sqlite") }.compactMap { name in
      let attributes = try? FileManager.default.attributesOfItem(atPath: "\(place)/\(name)")
      return (attributes?[.modificationDate] as? Date)?.timeIntervalSince1970
    }
    return Report(
      path: path, title: "A sweep that has not ended",
      subtitle: "Its runs are kept as each ends; its report appears here when all have.",
      modified: times.max() ?? 0, isUnfinished: true)
  }

  private func head(of path: String) -> Report? {
    let file = path.isEmpty ? "\(folder)/record.json" : "\(folder)/\(path)/record.json"
    let manager = FileManager.default
    guard let attributes = try? manager.attributesOfItem(atPath: file),
      let modified = (attributes[.modificationDate] as? Date)?.timeIntervalSince1970
    else { return nil }
    if let known = heads.withLock({ $0[path] }), known.modified == modified { return known }
    guard let data = manager.contents(atPath: file),
      let head = try? JSONDecoder().decode(Head.self, from: data)
    else { return nil }
    let report = Report(
      path: path, title: head.title, subtitle: head.subtitle, modified: modified)
    heads.withLock { $0[path] = report }
    return report
  }

  /// The contents of a file below the folder; nil for anything else.
  func contents(_ path: String) -> Data? {
    guard !path.isEmpty, !path.utf8.contains(0) else { return nil }
    let place = URL(fileURLWithPath: "\(folder)/\(path)").resolvingSymlinksInPath().path
    guard place.hasPrefix(folder == "/" ? "/" : folder + "/"),
      !place.dropFirst(folder.count).split(separator: "/").contains(where: { $0.hasPrefix(".") })
    else { return nil }
    let kind = try? FileManager.default.attributesOfItem(atPath: place)[.type]
    guard kind as? FileAttributeType == .typeRegular else { return nil }
    return FileManager.default.contents(atPath: place)
  }
}
