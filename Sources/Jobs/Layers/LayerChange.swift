import DataFormats
import DeepLinear

/// Replace linear layers of a trained network by factors, or factors by the layers that they are.
public struct LayerChange: Job {
  public static let name = "layers"

  /// What is done to the layers.
  public enum Action: String, CaseIterable, Codable, Sendable {
    /// A layer by balanced factors whose product it is.
    case expand
    /// Consecutive factors by the one layer that they are.
    case collapse
    /// A layer by factors of lower rank.
    case compress

    /// What was done, for people.
    var pastTense: String {
      switch self {
      case .expand: "expanded"
      case .collapse: "collapsed"
      case .compress: "compressed"
      }
    }
  }

  /// What is done to the layers.
  public var action: Action
  /// The network, as `.safetensors`.
  public var model: DataSource
  /// The names of the layers.
  public var layer: [String]

  /// Where the network is written.
  public var output: String?
  /// The folder of a report.
  public var report: String?

  /// The number of factors.
  public var depth: Int?
  /// The width between the factors of an expanded layer; chosen where nil.
  public var width: Int?
  /// The rank to keep of a compressed layer.
  public var rank: Int?
  /// The share of the energy Σσ² to keep of a compressed layer.
  public var energy: Double?
  /// The relative error to allow of a compressed layer.
  public var error: Double?

  /// Whether files that exist are overwritten.
  public var force: Bool?
  /// Nothing here is random; a seed is taken as by every job.
  public var seed: UInt64?

  /// A request with everything else as usual.
  public init(_ action: Action, of model: DataSource, layer: [String]) {
    self.action = action
    self.model = model
    self.layer = layer
  }

  /// ``depth`` where nil.
  public static let defaultDepth = 2

  public func validate() throws {
    if layer.isEmpty { throw BadInput("no layer is named; give --layer NAME.") }
    if let name = layer.first(where: { name in layer.count { $0 == name } > 1 }) {
      throw BadInput("--layer \(name) is given more than once; name each layer once.")
    }
    let depth = depth ?? Self.defaultDepth
    let least = action == .compress ? 2 : 1
    if depth < least { throw BadInput("--depth must be at least \(least), not \(depth).") }
    if let width, width < 1 { throw BadInput("--width must be at least 1, not \(width).") }
    let measures = [rank != nil, energy != nil, error != nil].count { $0 }
    guard measures == (action == .compress ? 1 : 0) else {
      throw BadInput(
        action == .compress
          ? "give one of --rank, --energy and --error."
          : "--rank, --energy and --error go with compress; leave them out.")
    }
  }

  public func run(
    in context: JobContext, observing observer: JobObserver
  ) throws -> LayerChangeResult {
    try validate()
    var outputs = OutputPaths(overwrite: force ?? false)
    try outputs.file(output, option: "--output", among: [.safetensors])
    try outputs.report(report)
    var file = try LayerFile(reading: model, in: context)
    let changes = try layer.enumerated().map { number, name in
      guard observer.show("changing layers", Double(number) / Double(layer.count)) else {
        throw JobInterrupted()
      }
      return try change(&file, name)
    }
    return LayerChangeResult(request: self, context: context, file: file, changes: changes)
  }

  private func change(_ file: inout LayerFile, _ name: String) throws -> LayerFile.Change {
    let depth = depth ?? Self.defaultDepth
    switch action {
    case .expand:
      return try file.factorize(name, by: LayerFactorizer(depth: depth, width: width))
    case .collapse:
      return try file.collapse(name)
    case .compress:
      let kept: LayerFactorizer.Rank =
        rank.map { .fixed($0) } ?? energy.map { .energy($0) } ?? .relativeError(error ?? 0)
      return try file.factorize(name, by: LayerFactorizer(depth: depth, rank: kept))
    }
  }
}
