public import DataFormats
public import Records

/// A network with layers changed.
public struct LayerChangeResult: JobResult {
  let request: LayerChange
  let context: JobContext
  let file: LayerFile
  let changes: [LayerFile.Change]

  public var summary: LayerChangeSummary {
    LayerChangeSummary(layers: changes, output: request.output, report: request.report)
  }

  public var ending: JobEnding { .done }

  /// The weights that stand in the layers' places, by their names in the file.
  public func arrays() throws -> NPZArchive {
    NPZArchive(
      try changes.flatMap(\.weights).compactMap { name in
        try file.contents[name].map { .init(name: name, array: try $0.array()) }
      })
  }

  public func record() throws -> Record {
    LayerReport(
      model: request.model.name, output: request.output ?? "nowhere", seed: request.seed ?? 0,
      verb: request.action.pastTense, changes: changes, context: context
    ).record
  }

  public func write() throws {
    let force = request.force ?? false
    if let output = request.output { try file.contents.write(to: output, overwrite: force) }
    if let report = request.report {
      try ReportFolder.write(try record(), to: report, overwrite: force)
    }
  }
}

/// What `layers` says, as JSON and as text.
public struct LayerChangeSummary: Encodable {
  package var layers: [LayerFile.Change]
  package var output: String?
  package var report: String?
}
