import DataFormats
import Foundation
import Jobs
import LinearAlgebra

/// What a page asks to have computed. It is carried out in a process of its own, so that a fault of a
/// computation never ends the server.
enum Work: UInt8, Sendable {
  /// A network in training, beside its closed form and its certificates; see ``Exploration``.
  case explore
  /// What was understood of a table; see ``TablePreview``.
  case preview
  /// A table filled in; see ``FillIn``.
  case fillIn
  /// A figure, table or claim of a paper made anew; see ``PaperRun``.
  case reproduce
  /// The list of those.
  case catalogue

  /// Whether a page hears how far it has come; what ends at once has no need of it.
  var isFollowed: Bool { self == .fillIn || self == .reproduce }

  /// Carries the work out.
  ///
  /// - Parameter request: the request in JSON.
  /// - Returns: the answer in JSON.
  func carryOut(_ request: [UInt8], observing observer: JobObserver) -> WorkOutcome {
    do {
      return .done(try Self.compact(try answer(request, observer)))
    } catch let bad as BadInput {
      return .refused(bad.sentence(spelling: { "the setting “\($0)”" }))
    } catch let bad as DataFormatError {
      return .refused(bad.description)
    } catch is JobInterrupted {
      return .interrupted
    } catch let error as DecodingError {
      return .refused("the request is not understood: \(Self.place(of: error)).")
    } catch {
      return .failed("the computation failed: \(error).")
    }
  }

  private func answer(_ request: [UInt8], _ observer: JobObserver) throws -> any Encodable {
    switch self {
    case .explore:
      return try Self.decoded(Exploration.self, request).answer(observing: observer)
    case .preview: return try Self.decoded(TablePreview.self, request).answer()
    case .fillIn: return try Self.decoded(FillIn.self, request).answer(observing: observer)
    case .reproduce: return try Self.decoded(PaperRun.self, request).answer(observing: observer)
    case .catalogue: return try ReproductionList().run().summary
    }
  }

  static func decoded<Request: Decodable>(
    _ type: Request.Type, _ bytes: [UInt8]
  ) throws -> Request {
    try JSONDecoder().decode(type, from: Data(bytes))
  }

  /// One line of JSON; numbers that JSON has none for are the words `NaN`, `Infinity` and `-Infinity`.
  static func compact(_ value: some Encodable) throws -> [UInt8] {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.withoutEscapingSlashes]
    encoder.nonConformingFloatEncodingStrategy = .convertToString(
      positiveInfinity: "Infinity", negativeInfinity: "-Infinity", nan: "NaN")
    return Array(try encoder.encode(value))
  }

  private static func place(of error: DecodingError) -> String {
    func path(_ context: DecodingError.Context) -> String {
      context.codingPath.isEmpty
        ? "the request" : context.codingPath.map(\.stringValue).joined(separator: ".")
    }
    switch error {
    case .keyNotFound(let key, let context):
      return "\(path(context)) lacks '\(key.stringValue)'"
    case .typeMismatch(_, let context), .valueNotFound(_, let context):
      return "\(path(context)) is of another kind than it must be"
    case .dataCorrupted(let context): return "\(path(context)) is not valid"
    @unknown default: return "it is not valid"
    }
  }
}

/// What came of some work.
enum WorkOutcome: Equatable, Sendable {
  /// The answer in JSON.
  case done([UInt8])
  /// The request cannot be worked with; a sentence for the person who made it.
  case refused(String)
  /// The computation ended without an answer.
  case failed(String)
  /// It was stopped.
  case interrupted
}

/// An array on its way to a page: its shape, and its numbers as little-endian doubles in Base64.
struct SentArray: Encodable {
  var shape: [Int]
  var data: String

  init(_ array: NPYArray) { self.init(shape: array.shape, array.elements) }

  init(shape: [Int], _ elements: [Double]) {
    self.shape = shape
    data = elements.withUnsafeBytes { Data($0).base64EncodedString() }
  }
}

/// An array on its way from a page: its shape, and its numbers, null where one is unknown.
struct ReceivedArray: Decodable {
  var shape: [Int]
  var values: [Double?]

  /// - Throws: ``BadInput`` where the numbers do not fill the shape.
  func array(named name: String) throws -> NPYArray {
    guard (1...3).contains(shape.count), shape.allSatisfy({ (1...100_000).contains($0) }),
      shape.reduce(1, *) == values.count
    else {
      throw BadInput(
        "the array '\(name)' has the shape \(shape) and \(values.count) numbers; make them agree.")
    }
    return NPYArray(shape: shape, elements: values.map { $0 ?? .nan })
  }
}

/// How a job ended, for a page.
struct SentEnding: Encodable {
  var kind: String
  var sentence: String?

  init(_ ending: JobEnding) {
    switch ending {
    case .done: kind = "done"
    case .interrupted: kind = "interrupted"
    case .incomplete(let words): (kind, sentence) = ("incomplete", words)
    }
  }
}
