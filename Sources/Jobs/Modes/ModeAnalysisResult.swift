public import DataFormats
import DeepLinear
public import Records

/// The modes of a data set.
public struct ModeAnalysisResult: JobResult {
  let request: ModeAnalysis
  let context: JobContext
  let modes: ProblemModes
  let prediction: LearningPrediction
  public let summary: ModeSummary

  public var ending: JobEnding { .done }

  /// `outputVectors` U, `inputVectors` V, `correlations` σ, `variances` λ along every input vector, `offDiagonal` B,
  /// `gains`, `optimumGains`, `minimizer`, `halfRiseTimes`, `halfRiseSteps`, `plateauLosses` and `optimumLosses`.
  public func arrays() throws -> NPZArchive {
    let variances = modes.modes.map(\.curvature) + modes.otherVariances
    return NPZArchive([
      .init(name: "outputVectors", array: NPYArray(modes.outputVectors)),
      .init(name: "inputVectors", array: NPYArray(modes.inputVectors)),
      .init(name: "correlations", array: NPYArray(modes.modes.map(\.target))),
      .init(name: "variances", array: NPYArray(variances)),
      .init(name: "offDiagonal", array: NPYArray(modes.offDiagonal)),
      .init(name: "gains", array: NPYArray(modes.modes.map(\.gain))),
      .init(name: "optimumGains", array: NPYArray(modes.optimumGains)),
      .init(name: "minimizer", array: NPYArray(modes.minimizer)),
      .init(name: "halfRiseTimes", array: NPYArray(prediction.times.map { $0 ?? .nan })),
      .init(
        name: "halfRiseSteps", array: NPYArray(prediction.steps.map { $0.map(Double.init) ?? .nan })
      ),
      .init(
        name: "plateauLosses",
        array: NPYArray(modes.plateauReductions.map { prediction.initialLoss - $0 })),
      .init(
        name: "optimumLosses",
        array: NPYArray(modes.optimumReductions.map { prediction.initialLoss - $0 })),
    ])
  }

  public func record() throws -> Record { ModeReport(result: self).record }

  public func write() throws {
    let force = request.force ?? false
    if let output = request.output { try arrays().write(to: output, overwrite: force) }
    if let report = request.report {
      try ReportFolder.write(try record(), to: report, overwrite: force)
    }
  }
}
