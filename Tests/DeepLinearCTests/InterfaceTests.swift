import CInterface
import DeepLinearC
import Glibc
import Testing

/// What deeplinear.h promises, through its own types.
@Suite struct InterfaceTests {
  private static let table: [Double] = [1, 2, 3, 2, 4, .nan, 3, 6, 9, 4, 8, 12]

  /// Runs a request with a 4×3 array `x`, its elements so many bytes apart.
  private func answer(
    _ request: String, _ elements: [Double] = Self.table, shape: [Int64] = [4, 3],
    strides: [Int64]? = nil, stop: Int32 = 0,
    _ body: (OpaquePointer) throws -> Void
  ) rethrows {
    var stop = stop
    try elements.withUnsafeBufferPointer { elements in
      try shape.withUnsafeBufferPointer { shape in
        try "x".withCString { name in
          let strides = strides ?? []
          try strides.withUnsafeBufferPointer { strides in
            var array = deeplinear_array(
              name: name, data: elements.baseAddress, dimensions: Int64(shape.count),
              shape: shape.baseAddress, strides: strides.isEmpty ? nil : strides.baseAddress)
            let result = run(
              request, &array, 1, nil, 0, Int32(DEEPLINEAR_UNDERSCORES), nil, nil, &stop)
            defer { free(result) }
            try body(result)
          }
        }
      }
    }
  }

  private func given(_ result: OpaquePointer, _ number: Int64 = 0) -> deeplinear_array? {
    var found = deeplinear_array()
    return array(result, number, &found) == 1 ? found : nil
  }

  private func elements(_ array: deeplinear_array?) -> [Double] {
    guard let array, let data = array.data else { return [] }
    let count = (0..<Int(array.dimensions)).reduce(1) { $0 * Int(array.shape[$1]) }
    return Array(
      UnsafeBufferPointer(start: data.assumingMemoryBound(to: Double.self), count: count))
  }

  private static let complete = #"{"job": "complete", "observed": {"array": "x"}}"#

  @Test func aResultHasItsSummaryItsArraysItsFilesAndItsPage() throws {
    answer(Self.complete) { result in
      #expect(status(result) == Int32(DEEPLINEAR_DONE))
      #expect(sentence(result) == nil)
      #expect(summary(result).map { String(cString: $0) }?.contains("\"observed\" : 11") == true)
      #expect(arrayCount(result) == 1)
      #expect(given(result, 1) == nil)
      #expect(given(result).map { String(cString: $0.name) } == "completion")
      let filled = elements(given(result))
      #expect(filled.count == 12 && abs(filled[5] - 6) < 1e-9)
      var model = deeplinear_file()
      let isThere = file(result, "model", &model) == 1
      #expect(isThere && model.count > 100)
      let isOther = file(result, "modle", &model) == 1
      #expect(!isOther)
      let text = page(result).map { String(cString: $0) } ?? ""
      #expect(text.hasPrefix("<!DOCTYPE html>"))
      #expect(!text.contains("href=\"data/") && !text.contains("src=\""))
    }
  }

  @Test func whatIsGivenOutStaysWhereItIs() {
    answer(Self.complete) { result in
      let first = given(result)?.data
      _ = page(result)
      #expect(first != nil && given(result)?.data == first)
      #expect(summary(result) == summary(result))
    }
  }

  @Test func stridesOfEitherSignAreFollowed() {
    var expected: [Double] = []
    answer(Self.complete) { expected = elements(given($0)) }
    let columns: [Double] = (0..<12).map { Self.table[3 * ($0 % 4) + $0 / 4] }
    answer(Self.complete, columns, strides: [8, 32]) {
      #expect(elements(given($0)).map(\.bitPattern) == expected.map(\.bitPattern))
    }
    let spaced: [Double] = Self.table.flatMap { [$0, -1.0] }
    answer(Self.complete, spaced, strides: [48, 16]) {
      #expect(elements(given($0)).map(\.bitPattern) == expected.map(\.bitPattern))
    }
  }

  @Test(arguments: [
    ("", "the request is not valid JSON; correct it."),
    (
      #"{"job": "compleet"}"#, "there is no job 'compleet'; did you mean 'complete'?"
    ),
    (
      #"{"job": "complete", "observed": {"array": "y"}}"#,
      "there is no array 'y' beside the request; given: x."
    ),
    (
      #"{"job": "complete", "observed": {"array": "x"}, "intervalOutput": "w.npy"}"#,
      "interval_output needs a coverage; add intervals 0.9."
    ),
  ])
  func whatIsWrongIsSaidInOneSentence(request: String, words: String) {
    answer(request) { result in
      #expect(status(result) == Int32(DEEPLINEAR_BAD_INPUT))
      #expect(sentence(result).map { String(cString: $0) } == words)
      #expect(summary(result) == nil && arrayCount(result) == 0 && page(result) == nil)
    }
  }

  @Test func shapesThatCannotBeAreRefused() {
    for shape: [Int64] in [[-1, 3], [.max, .max], [1 << 40, 1 << 40], [0, 3], [2, 2, 3]] {
      answer(Self.complete, shape: shape) { result in
        #expect(status(result) == Int32(DEEPLINEAR_BAD_INPUT))
        #expect(sentence(result).map { String(cString: $0) }?.hasPrefix("x") == true)
      }
    }
  }

  @Test func aFlagStopsAJob() {
    let spec = """
      {"job": "simulate", "spec": {"text": "{objective: {kind: factorization, target: {array: x}}, \
      network: {widths: [3, 4, 4], initial: {kind: gaussian, standardDeviation: 0.1}}, \
      dynamics: {kind: descent, stepSize: 1.0e-9}, recording: {times: [0, 1000000000]}}"}}
      """
    answer(spec, Self.table.map { $0.isNaN ? 6 : $0 }, stop: 1) { result in
      #expect(status(result) == Int32(DEEPLINEAR_STOPPED))
    }
  }
}
