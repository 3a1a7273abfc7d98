import FoundationEssentials

/// A job of any kind, told apart by its name: `{"job": "complete", "observed": "ratings.csv"}`.
public struct AnyJob: Codable, Sendable {
  /// Every job there is.
  public static let all: [any Job.Type] = [
    Completion.self, TensorCompletion.self, Prediction.self, Autoencoding.self, Regression.self,
    Sensing.self, LayerChange.self, ImageClassification.self, Simulation.self, Certification.self,
    ModeAnalysis.self, LandscapeAnalysis.self, DepthRace.self, DataSetMeasurement.self,
    Reproduction.self, ReproductionList.self, Sweep.self, SweepMerge.self,
  ]

  /// The job.
  public var job: any Job

  /// A job of a kind that is known already.
  public init(_ job: any Job) { self.job = job }

  /// A request in JSON.
  ///
  /// - Throws: ``BadInput`` with the key that is wrong, for text that is no such request.
  public init(json: [UInt8]) throws {
    do {
      self = try JSONDecoder().decode(AnyJob.self, from: Data(json))
    } catch let error as DecodingError {
      throw BadInput("the request \(error.problem).")
    }
  }

  public init(from decoder: any Decoder) throws {
    let keys = try decoder.container(keyedBy: AnyKey.self)
    guard let name = try keys.decodeIfPresent(String.self, forKey: "job") else {
      throw BadInput(
        "the request lacks the key 'job'; give one of \(Self.all.map { $0.name }.joined(separator: ", "))."
      )
    }
    guard let type = Self.all.first(where: { $0.name == name }) else {
      let near = nearestName(to: name, among: Self.all.map { $0.name })
      throw BadInput(
        "there is no job '\(name)'; "
          + (near.map { "did you mean '\($0)'?" }
            ?? "give one of \(Self.all.map { $0.name }.joined(separator: ", "))."))
    }
    job = try type.init(from: decoder)
    try KnownKeys.check(keys, against: job, besides: ["job"], in: "the request")
  }

  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: AnyKey.self)
    try container.encode(type(of: job).name, forKey: "job")
    try job.encode(to: encoder)
  }

  /// Runs the job; see ``Job/run(in:observing:)``.
  public func run(
    in context: JobContext = JobContext(), observing observer: JobObserver = .none
  ) throws -> any JobResult {
    try job.run(in: context, observing: observer)
  }
}

/// A key of any name.
struct AnyKey: CodingKey, ExpressibleByStringLiteral {
  let stringValue: String
  var intValue: Int? { nil }

  init(stringValue: String) { self.stringValue = stringValue }
  init(stringLiteral: String) { stringValue = stringLiteral }
  init?(intValue: Int) { nil }
}

/// Keys that nobody reads are mistakes.
enum KnownKeys {
  /// Refuses keys that are not properties of a value.
  static func check(
    _ keys: KeyedDecodingContainer<AnyKey>, against value: Any, besides others: [String] = [],
    in place: String
  ) throws {
    let known = others + Mirror(reflecting: value).children.compactMap(\.label)
    for key in keys.allKeys.map(\.stringValue).sorted() where !known.contains(key) {
      throw BadInput(
        "unknown key '\(key)' in \(place); "
          + (nearestName(to: key, among: known).map { "did you mean '\($0)'?" }
            ?? "known: \(known.sorted().joined(separator: ", "))."))
    }
  }
}

extension DecodingError {
  /// What is wrong, where the name of what holds it goes before.
  fileprivate var problem: String {
    func place(_ path: [any CodingKey]) -> String {
      path.map { $0.intValue.map { "\($0)" } ?? $0.stringValue }.joined(separator: ".")
    }
    switch self {
    case .keyNotFound(let key, let context):
      return "lacks the key '\(place(context.codingPath + [key]))'; add it"
    case .typeMismatch(_, let context), .valueNotFound(_, let context):
      return "has a value of another kind for '\(place(context.codingPath))'; correct it"
    case .dataCorrupted(let context) where !context.codingPath.isEmpty:
      return
        "has a value for '\(place(context.codingPath))' that is not one of those known; correct it"
    default:
      return "is not valid JSON; correct it"
    }
  }
}
