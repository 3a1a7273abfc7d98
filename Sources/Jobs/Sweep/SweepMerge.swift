public import DataFormats
import DeepLinear
public import Records
import SweepStore

/// Put the parts of a sweep together that were done apart.
public struct SweepMerge: Job {
  public static let name = "mergeSweeps"

  /// The folders of the parts.
  public var parts: [String]
  /// The folder of the whole.
  public var output: String
  /// Whether another sweep in the folder is replaced.
  public var force: Bool?
  /// Of no effect: nothing here is random.
  public var seed: UInt64?

  /// A request for the parts in some folders.
  public init(_ parts: [String], output: String) {
    self.parts = parts
    self.output = output
  }

  public func validate() throws {
    if parts.isEmpty { throw BadInput("there is nothing to merge; name the folders of the parts.") }
  }

  public func run(
    in context: JobContext, observing observer: JobObserver
  ) throws -> SweepMergeResult {
    try validate()
    for part in parts where FilePlace(part) == FilePlace(output) {
      throw BadInput("\(output): --output would replace a part; write to another folder.")
    }
    observer.show("merging")
    let stores = try parts.map { part in
      let folder = SweepFolder(part)
      try folder.requireSweep()
      return try folder.open(nil)
    }
    defer { for store in stores { try? store.leave() } }
    let folder = SweepFolder(output)
    try folder.prepare(resume: false, force: force ?? false)
    let whole = try folder.open(stores[0].identity)
    defer { try? whole.leave() }
    var counts: [Int] = []
    for (index, store) in stores.enumerated() {
      do {
        if let difference = whole.identity.difference(from: store.identity) {
          throw SweepStoreError.otherSweep(parts[index], difference: difference)
        }
        counts.append(try whole.takeOver(store))
      } catch {
        throw BadInput("\(error)")
      }
      observer.show("merging", Double(index + 1) / Double(stores.count))
    }
    // Whether a measure is a share is not written down: what is 1 or 0 everywhere is one.
    let runs = try whole.runs()
    let isShare = whole.identity.measures.indices.map { k in
      let values = runs.compactMap { $0.measures[k] }
      return !values.isEmpty && values.allSatisfy { $0 == 0 || $0 == 1 }
    }
    let table = SweepTable(
      runs, axes: whole.identity.axes, measures: whole.identity.measures, isShare: isShare)
    return SweepMergeResult(
      request: self, folder: folder, table: table,
      summary: SweepMergeSummary(
        parts: counts, runs: runs.count, points: table.points.count,
        failed: runs.count { $0.status == .failed }, output: output))
  }
}

/// A sweep put together.
public struct SweepMergeResult: JobResult {
  let request: SweepMerge
  let folder: SweepFolder
  let table: SweepTable
  public let summary: SweepMergeSummary

  public var ending: JobEnding { .done }

  public func arrays() throws -> NPZArchive { table.arrays }

  private var pages: SweepRunPages {
    SweepRunPages(table, title: "Sweep put together", trajectories: nil)
  }

  public func record() throws -> Record {
    Record(
      title: "Sweep put together",
      sections: SweepFigures(table: table, theories: [:], markers: [], pages: pages).sections)
  }

  public func write() throws {
    try folder.write(table)
    try ReportFolder.write(
      try record(), to: folder.report, overwrite: true, pages: pages.records)
  }
}

/// What `sweep merge` says.
public struct SweepMergeSummary: Encodable {
  /// How many runs each part has.
  package var parts: [Int]
  package var runs: Int
  package var points: Int
  package var failed: Int
  package var output: String
}
