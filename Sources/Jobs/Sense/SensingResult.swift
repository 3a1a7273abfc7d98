public import DataFormats
import DeepLinear
public import Records

/// A matrix found from measurements.
public struct SensingResult: JobResult {
  let request: Sensing
  let context: JobContext
  let fit: MatrixSensor.Fit
  let matrix: Matrix
  let measurements: LinearMeasurements
  let values: [Double]
  let truth: Matrix?
  public let summary: SensingSummary

  public var ending: JobEnding { fit.outcome.wasInterrupted ? .interrupted : .done }

  /// `matrix`.
  public func arrays() throws -> NPZArchive {
    NPZArchive([.init(name: "matrix", array: NPYArray(matrix))])
  }

  public func record() throws -> Record { SensingReport(result: self).record }

  public func write() throws {
    let force = request.force ?? false
    if let output = request.output {
      try DataFile.writeMatrix(matrix, to: output, overwrite: force)
    }
    if let report = request.report {
      try ReportFolder.write(try record(), to: report, overwrite: force)
    }
  }
}
