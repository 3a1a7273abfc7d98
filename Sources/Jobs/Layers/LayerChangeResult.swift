public import DataFormats
public import Records

/// A network with layers changed.
public struct LayerChangeResult: JobResult {
  let request: LayerChange
  let context: JobContext
  package let network: NetworkFiles
  let changes: [ChangedLayer]
  let skipped: [SkippedLayer]

  public var summary: LayerChangeSummary {
    LayerChangeSummary(
      layers: changes, skipped: skipped.isEmpty ? nil : skipped,
      parametersBefore: changes.reduce(0) { $0 + $1.parametersBefore },
      parametersAfter: changes.reduce(0) { $0 + $1.parametersAfter }, output: request.output,
      report: request.report)
  }

  public var ending: JobEnding { .done }

  /// The weights that stand in the layers' places, by their names in the file.
  public func arrays() throws -> NPZArchive {
    NPZArchive(
      try changes.flatMap(\.weights).compactMap { name in
        try network.contents[name].map { .init(name: name, array: try $0.array()) }
      })
  }

  /// `model`: the whole network.
  public func file(named name: String) throws -> [UInt8]? {
    name == "model" ? try network.contents.encoded() : nil
  }

  public func record() throws -> Record {
    LayerReport(
      model: request.model.name, output: request.output ?? "nowhere", seed: request.seed ?? 0,
      verb: request.action.pastTense, changes: changes, context: context
    ).record
  }

  public func write() throws {
    let force = request.force ?? false
    if let output = request.output { try network.write(to: output, overwrite: force) }
    if let report = request.report {
      try ReportFolder.write(try record(), to: report, overwrite: force)
    }
  }
}

/// What `layers` says, as JSON and as text.
public struct LayerChangeSummary: Encodable {
  package var layers: [ChangedLayer]
  /// With `--all-linear`, the layers that could not be changed.
  package var skipped: [SkippedLayer]?
  package var parametersBefore: Int
  package var parametersAfter: Int
  package var output: String?
  package var report: String?
}
