public import DataFormats
import DeepLinear
public import Records
import SweepStore

/// A sweep.
public struct SweepResult: JobResult {
  let request: Sweep
  let context: JobContext
  let plan: SweepPlan
  let folder: SweepFolder
  let table: SweepTable
  let carriedOut: SweepRunner.Ending
  public let summary: SweepSummary

  init(
    request: Sweep, context: JobContext, plan: SweepPlan, folder: SweepFolder, table: SweepTable,
    ending: SweepRunner.Ending, choice: String?, seconds: Double
  ) {
    self.request = request
    self.context = context
    self.plan = plan
    self.folder = folder
    self.table = table
    carriedOut = ending
    summary = SweepSummary(plan, table, ending, request: request, choice: choice, seconds: seconds)
  }

  /// Runs that failed are part of the answer, unless all of them did.
  public var ending: JobEnding {
    if carriedOut.isInterrupted { return .interrupted }
    if carriedOut.ran > 0, carriedOut.failureCount == carriedOut.ran {
      return .incomplete(
        sentence: "every run failed, the first with: \(carriedOut.failures.first?.problem ?? "")")
    }
    return .done
  }

  /// One array for each axis of numbers and each measure, a number for each run.
  public func arrays() throws -> NPZArchive { table.arrays }

  public func record() throws -> Record { SweepReport(result: self).record }

  public func write() throws {
    try folder.write(table)
    let report = SweepReport(result: self)
    try ReportFolder.write(
      report.record, to: folder.report, overwrite: true, pages: report.pages.records)
  }
}
