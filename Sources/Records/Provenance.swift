/// Where a record comes from: enough to run it again.
///
/// All of it is passed in: this module reads no clock and asks the machine nothing.
public struct Provenance: Codable, Equatable, Sendable {
  /// The program's name, for example `"deeplinear"`.
  public var program: String
  /// The program's version.
  public var version: String
  /// The revision it was built from.
  public var commit: String?
  /// The command line, without the program's name.
  public var arguments: [String]
  /// The seed of everything random.
  public var seed: UInt64?
  /// Every choice that matters, those made by default included.
  public var settings: [Fact]
  /// What it ran on.
  public var machine: Machine?
  /// When the run began and ended, as in ISO 8601: `"2025-03-01T09:30:00Z"`.
  public var started: String?
  /// When it ended, as in ISO 8601.
  public var finished: String?

  /// All that is not given is left out, or as usual.
  public init(
    program: String, version: String, commit: String? = nil, arguments: [String] = [],
    seed: UInt64? = nil, settings: [Fact] = [], machine: Machine? = nil, started: String? = nil,
    finished: String? = nil
  ) {
    self.program = program
    self.version = version
    self.commit = commit
    self.arguments = arguments
    self.seed = seed
    self.settings = settings
    self.machine = machine
    self.started = started
    self.finished = finished
  }
}

/// What a time in a record was measured on.
public struct Machine: Codable, Equatable, Sendable {
  /// The name of the processor.
  public var processor: String
  /// The name of the operating system.
  public var operatingSystem: String
  /// The kernel the BLAS chose, for example `"SkylakeX"`.
  public var linearAlgebraCore: String?
  /// Why that kernel is slower than the processor allows; nil where it is the best.
  public var linearAlgebraShortfall: String?
  /// How many threads linear algebra uses.
  public var threadCount: Int

  /// All that is not given is left out, or as usual.
  public init(
    processor: String, operatingSystem: String, linearAlgebraCore: String? = nil,
    linearAlgebraShortfall: String? = nil, threadCount: Int
  ) {
    self.processor = processor
    self.operatingSystem = operatingSystem
    self.linearAlgebraCore = linearAlgebraCore
    self.linearAlgebraShortfall = linearAlgebraShortfall
    self.threadCount = threadCount
  }
}
