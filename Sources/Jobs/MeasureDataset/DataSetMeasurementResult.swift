public import DataFormats
import LinearAlgebra
public import Records

/// What was measured of a data set.
public struct DataSetMeasurementResult: JobResult {
  let request: DataSetMeasurement
  let context: JobContext
  public let summary: DataSetSummary

  public var ending: JobEnding { .done }

  /// None: all that is measured are single numbers.
  public func arrays() throws -> NPZArchive { NPZArchive() }

  public func record() throws -> Record {
    let range = summary.identityMeasureRange
    return Record(
      title: "How nearly \(request.inputs[0].name) is decomposed jointly",
      subtitle: "\(summary.samples) samples of \(summary.inputDimension) inputs",
      summary: [
        Fact(
          "Δxy", .number(summary.commutatorMeasure),
          note: "½‖[SxySxyᵀ, Sx]‖, 0 to \(readable(summary.commutatorMeasureRange.largest))"),
        Fact(
          "Δx", .number(summary.identityMeasure),
          note: "½‖Sx − 1/√d‖, \(readable(range.smallest)) to \(readable(range.largest))"),
        Fact("‖B‖", .number(summary.offDiagonalNorm), note: "UᵀSxU off the diagonal"),
        Fact("‖B‖/‖Sx‖", .number(summary.offDiagonalShare)),
        Fact("time", .number(summary.seconds), unit: "s"),
      ],
      provenance: ReportFolder.provenance(
        seed: request.seed ?? 0, settings: [Fact("centering", .text(summary.centering))],
        of: context))
  }

  public func write() throws {}
}
