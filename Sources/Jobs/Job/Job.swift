public import DataFormats
import DeepLinear
public import Records

/// What a user can ask for: a plain value that says it whole, runs, and gives a result.
///
/// A request has the names of the command's options as its properties, and as its keys in JSON: `oneBased` for
/// `--one-based`. What is nil was not given; no default is told apart by its value. A new job is a folder with
/// a type like this, and a line in ``AnyJob/all``: every door has it then.
///
/// A job prints nothing, ends nothing, and knows no door. Except where its doc comment says otherwise it
/// writes no file before ``JobResult/write()``.
public protocol Job: Codable, Sendable {
  associatedtype Result: JobResult

  /// What the job is called by doors, as in `{"job": "complete"}`.
  static var name: String { get }

  /// Whether a job that is stopped gives what it has; of others nothing is lost when they end at once.
  static var givesWhatItHas: Bool { get }

  /// Refuses what cannot be meant, from the request alone: no file is read.
  ///
  /// - Throws: ``BadInput``.
  func validate() throws

  /// Does what is asked.
  ///
  /// - Parameters:
  ///   - context: what comes beside the request: data in memory, and where the request comes from.
  ///   - observer: told of progress, and asked each time whether to go on. A job that is stopped gives what it
  ///     has, or throws ``JobInterrupted`` where that is nothing.
  /// - Throws: ``BadInput`` or `DataFormatError` for what cannot be worked with, or the error of a computation
  ///   that failed.
  func run(in context: JobContext, observing observer: JobObserver) throws -> Result
}

extension Job {
  public static var givesWhatItHas: Bool { true }

  /// Refuses nothing.
  public func validate() throws {}

  /// Runs without data in memory, to the end.
  public func run() throws -> Result { try run(in: JobContext(), observing: .none) }
}

/// What came of a job.
public protocol JobResult {
  associatedtype Summary: Encodable

  /// What is said in JSON, the same at every door; see ``summaryJSON()``.
  var summary: Summary { get }

  /// Whether there is what was asked for.
  var ending: JobEnding { get }

  /// The numbers, by name.
  func arrays() throws -> NPZArchive

  /// The page about it.
  func record() throws -> Record

  /// The contents of a file that is part of the result, such as `model`; nil where there is none of the name.
  func file(named name: String) throws -> [UInt8]?

  /// Writes the files that the request names, and replaces none without `force`.
  ///
  /// - Throws: ``BadInput`` or `DataFormatError`.
  func write() throws
}

extension JobResult {
  /// The summary as every door gives it: the bytes that `--json` prints, without the line's end.
  public func summaryJSON() throws -> [UInt8] { try JSONText.bytes(of: summary) }

  /// None.
  public func file(named name: String) throws -> [UInt8]? { nil }
}

/// How a job ended that gave a result.
public enum JobEnding: Equatable, Sendable {
  /// With what was asked.
  case done
  /// Without what was asked, such as without converging; the sentence says why where the summary does not.
  case incomplete(sentence: String?)
  /// Stopped by the observer; the result is what there was.
  case interrupted
}

/// Thrown by a job that was stopped before it had anything to give.
public struct JobInterrupted: Error {
  /// What there is to say about it, such as where finished parts stand.
  public var sentence: String?

  /// An interruption, with what there is to say about it.
  public init(sentence: String? = nil) { self.sentence = sentence }
}

extension Outcome {
  package var wasInterrupted: Bool {
    if case .interrupted = self { true } else { false }
  }
}
