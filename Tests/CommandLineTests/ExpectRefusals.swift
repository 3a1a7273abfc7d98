import Testing

/// Expects each line to be refused: status 2, one sentence on standard error, nothing else said or written. The
/// sentences stand in a file under `Expected`; the folder holds a file `taken.csv` that must stay as it is.
func expectRefusals(of lines: String, by command: Command, equal name: String) throws {
  let before = try command.contents
  var transcript = ""
  for line in lines.split(separator: "\n") {
    let ending = try command.run(line.split(separator: " ").map(String.init))
    #expect(ending.status == 2, "\(line)")
    #expect(ending.output.isEmpty, "\(line)")
    let sentences = ending.error.split(separator: "\n", omittingEmptySubsequences: false)
    #expect(sentences.count == 2 && sentences[1].isEmpty, "\(line): \(ending.error)")
    #expect(ending.error.hasPrefix("deeplinear: "), "\(line)")
    #expect(try command.contents == before, "\(line)")
    #expect(try command.read("taken.csv") == "mine\n", "\(line)")
    transcript += "$ deeplinear \(line)\n\(ending.error)"
  }
  try expectText(transcript, equals: name)
}
