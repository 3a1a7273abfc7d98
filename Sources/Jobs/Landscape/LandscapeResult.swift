public import DataFormats
import DeepLinear
public import Records

/// What kind of point a network stands at.
public struct LandscapeResult: JobResult {
  let request: LandscapeAnalysis
  let context: JobContext
  let spec: SimulationSpec
  let measures: LandscapeMeasures
  public let summary: LandscapeSummary

  public var ending: JobEnding { .done }

  /// `eigenvalues` where the Hessian is small enough, `singularValues`, a `direction1`, … of the smallest curvature for every
  /// layer, and the loss along it, `slicePositions` and `sliceLosses`.
  public func arrays() throws -> NPZArchive {
    var archive = NPZArchive([
      .init(name: "singularValues", array: NPYArray(measures.singularValues)),
      .init(name: "slicePositions", array: NPYArray(measures.slice.positions)),
      .init(name: "sliceLosses", array: NPYArray(measures.slice.losses)),
    ])
    if let eigenvalues = measures.eigenvalues { archive["eigenvalues"] = NPYArray(eigenvalues) }
    for (number, direction) in measures.lowest.enumerated() {
      archive["direction\(number + 1)"] = NPYArray(direction)
    }
    return archive
  }

  public func record() throws -> Record { LandscapeReport(result: self).record }

  public func write() throws {
    let force = request.force ?? false
    if let output = request.output { try arrays().write(to: output, overwrite: force) }
    if let report = request.report {
      try ReportFolder.write(try record(), to: report, overwrite: force)
    }
  }
}
