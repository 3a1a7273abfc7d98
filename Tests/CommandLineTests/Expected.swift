import Foundation
import Testing

/// Compares a text with a file under `Expected`, or writes that file when `DEEPLINEAR_REWRITE_EXPECTED` is set.
func expectText(
  _ text: String, equals name: String, sourceLocation: SourceLocation = #_sourceLocation
) throws {
  let file = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    .appendingPathComponent("Expected").appendingPathComponent(name)
  if ProcessInfo.processInfo.environment["DEEPLINEAR_REWRITE_EXPECTED"] != nil {
    try Data(text.utf8).write(to: file)
    return
  }
  let expected = try String(contentsOf: file, encoding: .utf8)
  #expect(
    text == expected, "\(name) differs; set DEEPLINEAR_REWRITE_EXPECTED=1 to accept the new text",
    sourceLocation: sourceLocation)
}
