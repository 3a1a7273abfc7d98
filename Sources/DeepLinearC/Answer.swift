import CInterface
import DataFormats
import Glibc
import Jobs
import Reports

/// A result of `deeplinear_run` and all that was given out by it.
final class Answer {
  let status: Int32
  let sentence: CText?
  let summary: CText?
  private let result: (any JobResult)?
  private var arrays: [GivenArray]?
  private var files: [String: GivenFile] = [:]
  private var pageText: CText?

  /// A job that gave a result.
  init(_ result: any JobResult) throws {
    self.result = result
    summary = CText(String(decoding: try result.summaryJSON(), as: UTF8.self))
    switch result.ending {
    case .done: (status, sentence) = (Int32(DEEPLINEAR_DONE), nil)
    case .interrupted: (status, sentence) = (Int32(DEEPLINEAR_STOPPED), nil)
    case .incomplete(let words):
      (status, sentence) = (Int32(DEEPLINEAR_INCOMPLETE), words.map(CText.init))
    }
  }

  /// A job that gave none.
  init(failed error: any Error, _ choices: Choices) {
    let (status, words) = Self.told(error, choices)
    self.status = status
    sentence = words.map(CText.init)
    summary = nil
    result = nil
  }

  private static func told(_ error: any Error, _ choices: Choices) -> (Int32, String?) {
    switch error {
    case let stopped as JobInterrupted: return (Int32(DEEPLINEAR_STOPPED), stopped.sentence)
    case let bad as BadInput:
      return (
        Int32(DEEPLINEAR_BAD_INPUT),
        bad.sentence { choices.contains(.underscores) ? underscored($0) : $0 }
      )
    case let bad as DataFormatError: return (Int32(DEEPLINEAR_BAD_INPUT), bad.description)
    default: return (Int32(DEEPLINEAR_FAILED), "the computation failed: \(error).")
    }
  }

  /// `intervalOutput` as `interval_output`.
  private static func underscored(_ name: String) -> String {
    name.reduce(into: "") { $0 += $1.isUppercase ? "_\($1.lowercased())" : String($1) }
  }

  /// The arrays, made when they are first asked for.
  func given() -> [GivenArray] {
    if let arrays { return arrays }
    let made = ((try? result?.arrays())?.members ?? []).map { GivenArray($0.name, $0.array) }
    arrays = made
    return made
  }

  func file(_ name: String) -> GivenFile? {
    if let file = files[name] { return file }
    guard let bytes = try? result?.file(named: name) else { return nil }
    let file = GivenFile(name, bytes)
    files[name] = file
    return file
  }

  func page() -> CText? {
    if pageText == nil, let record = try? result?.record() {
      pageText = (try? record.page()).map(CText.init)
    }
    return pageText
  }
}

/// Text that stays where it is.
final class CText {
  private let owned: UnsafeMutablePointer<CChar>

  init(_ text: String) {
    let bytes = text.utf8CString
    owned = .allocate(capacity: bytes.count)
    for (k, byte) in bytes.enumerated() { owned[k] = byte }
  }

  var pointer: UnsafePointer<CChar> { UnsafePointer(owned) }

  deinit { owned.deallocate() }
}

extension CText: @unchecked Sendable {}

/// An array that stays where it is: its elements are those of the result, not a copy.
final class GivenArray {
  private let name: CText
  private let shape: UnsafeMutablePointer<Int64>
  private let dimensions: Int
  private let elements: [Double]

  init(_ name: String, _ array: NPYArray) {
    self.name = CText(name)
    dimensions = array.shape.count
    shape = .allocate(capacity: max(array.shape.count, 1))
    for (k, extent) in array.shape.enumerated() { shape[k] = Int64(extent) }
    elements = array.elements
  }

  deinit { shape.deallocate() }

  /// The elements of an array that is kept and never changed do not move: the address is good for as long as this is.
  var described: deeplinear_array {
    deeplinear_array(
      name: name.pointer,
      data: elements.withUnsafeBufferPointer { UnsafeRawPointer($0.baseAddress) },
      dimensions: Int64(dimensions), shape: shape, strides: nil)
  }
}

/// Contents of a file that stay where they are.
final class GivenFile {
  private let name: CText
  private let bytes: [UInt8]

  init(_ name: String, _ bytes: [UInt8]) {
    self.name = CText(name)
    self.bytes = bytes
  }

  var described: deeplinear_file {
    deeplinear_file(
      name: name.pointer, bytes: bytes.withUnsafeBufferPointer { UnsafeRawPointer($0.baseAddress) },
      count: Int64(bytes.count))
  }
}
