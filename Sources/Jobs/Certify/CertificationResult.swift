public import DataFormats
import DeepLinear
public import Records

/// Every certificate for a run.
public struct CertificationResult: JobResult {
  let request: Certification
  let context: JobContext
  let spec: SimulationSpec
  let certificates: [Certificate]
  let trajectory: Trajectory?
  public let summary: CertificationSummary

  public var ending: JobEnding {
    let violated = certificates.filter { $0.verdict == .violated }.map(\.claim)
    guard !violated.isEmpty else { return .done }
    return .incomplete(
      sentence: "the trajectory violates \(violated.joined(separator: ", ")); "
        + "it is not what the specification describes, or the integration is not accurate enough.")
  }

  /// None: bounds and what was measured for them stand in the summary.
  public func arrays() throws -> NPZArchive { NPZArchive() }

  public func record() throws -> Record { CertificationReport(result: self).record }

  public func write() throws {
    guard let report = request.report else { return }
    try ReportFolder.write(try record(), to: report, overwrite: request.force ?? false)
  }
}
