import DataFormats
import DeepLinear

/// Fill in a tensor of which some entries are known.
public struct TensorCompletion: Job {
  public static let name = "tensor"

  /// How the network multiplies.
  public enum Structure: String, CaseIterable, Codable, Sendable {
    /// A sum of products of one vector for each dimension.
    case canonical
    /// A balanced binary tree over four dimensions.
    case hierarchical
  }

  /// An array with NaN where it is unknown.
  public var observed: DataSource

  /// Where the filled tensor is written.
  public var output: String?
  /// The folder of a report.
  public var report: String?
  /// How the network multiplies; canonical where nil.
  public var structure: Structure?
  /// The number of components at each place where they are summed; chosen where nil.
  public var components: Int?
  /// The size of each component at the start, relative to the data; chosen where nil.
  public var initialScale: Double?
  /// The share of entries held out when the data are not exact.
  public var holdout: Double?
  /// The largest number of steps.
  public var stepLimit: Int?
  /// Whether known entries are replaced by their fit.
  public var denoise: Bool?
  /// Whether files that exist are overwritten.
  public var force: Bool?
  /// The seed of everything random; 0 where nil.
  public var seed: UInt64?

  /// A request with everything else as usual.
  public init(_ observed: DataSource) { self.observed = observed }

  public func validate() throws {
    if let components, components < 1 {
      throw BadInput("--components must be at least 1, not \(components).")
    }
    if let scale = initialScale, !(scale > 0 && scale.isFinite) {
      throw BadInput("--initial-scale must be a positive number, not \(scale).")
    }
    if let holdout, !(holdout > 0 && holdout < 1) {
      throw BadInput("--holdout must lie between 0 and 1, not at \(holdout).")
    }
    if let stepLimit, stepLimit < 1 {
      throw BadInput("--step-limit must be at least 1, not \(stepLimit).")
    }
  }

  public func run(
    in context: JobContext, observing observer: JobObserver
  ) throws -> TensorCompletionResult {
    let start = ContinuousClock.now
    try validate()
    var outputs = OutputPaths(overwrite: force ?? false)
    try outputs.file(output, option: "--output", among: [.npy])
    try outputs.report(report)
    let array = try observed.array(in: context)
    let entries = try known(array)
    observer.show("completing")
    var completer = TensorCompleter(
      structure: structure == .hierarchical ? .hierarchical : .canonical,
      componentCount: components, initialScale: initialScale, seed: seed ?? 0)
    if let holdout { completer.holdoutFraction = holdout }
    if let stepLimit { completer.stepLimit = stepLimit }
    do {
      let fit = try completer.fit(entries) { observer.show("completing", $0.fraction) }
      return TensorCompletionResult(
        request: self, context: context, fit: fit, array: array,
        seconds: (ContinuousClock.now - start).seconds)
    } catch let failure as TensorCompleter.Failure {
      throw BadInput("\(observed.name): \(failure).")
    }
  }

  private func known(_ array: NPYArray) throws -> ObservedTensor {
    var indices: [Int] = []
    var values: [Double] = []
    for (place, value) in array.elements.enumerated() where !value.isNaN {
      var rest = place
      let start = indices.count
      indices += array.shape
      for axis in array.shape.indices.reversed() {
        indices[start + axis] = rest % array.shape[axis]
        rest /= array.shape[axis]
      }
      values.append(value)
    }
    do {
      return try ObservedTensor(shape: array.shape, indices: indices, values: values)
    } catch {
      throw BadInput("\(observed.name): \(error).")
    }
  }
}
