import DataFormats
import DeepLinear

/// Find principal components by training a linear autoencoder from near zero.
public struct Autoencoding: Job {
  public static let name = "autoencode"

  /// One sample per row.
  public var inputs: DataSource
  /// The width of the layer between: the number of components.
  public var components: Int?

  /// Where the components are written, one per row.
  public var output: String?
  /// The folder of a report.
  public var report: String?
  /// The size of the first end-to-end matrix's singular values.
  public var initialScale: Double?
  /// The largest number of steps.
  public var stepLimit: Int?
  /// Whether files that exist are overwritten.
  public var force: Bool?
  /// The seed of everything random; 0 where nil.
  public var seed: UInt64?

  /// A request with everything else as usual.
  public init(inputs: DataSource) { self.inputs = inputs }

  /// ``components`` where nil.
  public static let defaultComponents = 2

  public func validate() throws {
    if let components, components < 1 {
      throw BadInput("--components must be at least 1, not \(components).")
    }
    if let scale = initialScale, !(scale > 0 && scale.isFinite) {
      throw BadInput("--initial-scale must be a positive number, not \(scale).")
    }
    if let stepLimit, stepLimit < 1 {
      throw BadInput("--step-limit must be at least 1, not \(stepLimit).")
    }
  }

  public func run(
    in context: JobContext, observing observer: JobObserver
  ) throws -> AutoencodingResult {
    let start = ContinuousClock.now
    try validate()
    var outputs = OutputPaths(overwrite: force ?? false)
    try outputs.file(output, option: "--output")
    try outputs.report(report)
    let samples = try inputs.matrix(in: context)
    observer.show("training")
    var autoencoder = LinearAutoencoder(
      componentCount: components ?? Self.defaultComponents, seed: seed ?? 0)
    if let initialScale { autoencoder.initialScale = initialScale }
    if let stepLimit { autoencoder.stepLimit = stepLimit }
    do {
      let fit = try autoencoder.fit(samples) { observer.show("training", $0.fraction) }
      return try AutoencodingResult(
        request: self, context: context, fit: fit, samples: samples,
        seconds: (ContinuousClock.now - start).seconds)
    } catch let failure as LinearAutoencoder.Failure {
      throw BadInput("\(inputs.name): \(failure).")
    }
  }
}
