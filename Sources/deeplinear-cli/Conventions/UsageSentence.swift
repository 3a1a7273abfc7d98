import ArgumentParser

/// What is wrong with the words of a command line, as one sentence that says where to look it up.
enum UsageSentence {
  /// Refuses a first word that names no command, and suggests the nearest that does.
  static func checkCommand(_ arguments: [String]) throws {
    guard let word = arguments.first, !word.hasPrefix("-") else { return }
    let names = DeepLinearCommand.configuration.subcommands.compactMap {
      $0.configuration.commandName
    }
    guard !(names + ["help"]).contains(word) else { return }
    throw BadInput(
      "there is no command '\(word)'; "
        + (nearestName(to: word, among: names).map { "did you mean '\($0)'?" }
          ?? "see deeplinear --help."))
  }

  /// The sentence for an error of the parser.
  static func of(_ error: any Error) -> String {
    var sentence = DeepLinearCommand.message(for: error)
      .split(whereSeparator: \.isNewline).joined(separator: " ")
    // Sentences of our own say what to do.
    if sentence.hasSuffix(".") && sentence.hasPrefix("-") { return sentence }
    if let first = sentence.first { sentence = first.lowercased() + sentence.dropFirst() }
    for (stop, mark) in [(". Did you mean", "; did you mean"), (". Please provide", "; give")] {
      sentence = sentence.replacing(stop, with: mark)
    }
    if sentence.hasSuffix("?") { return sentence }
    if sentence.hasSuffix(".") { sentence.removeLast() }
    return "\(sentence); see \(commandName(in: error)) --help."
  }

  /// The command whose usage the parser's full message shows.
  private static func commandName(in error: any Error) -> String {
    let program = "deeplinear"
    for line in DeepLinearCommand.fullMessage(for: error).split(whereSeparator: \.isNewline) {
      guard line.hasPrefix("Usage: \(program) ") else { continue }
      let words = line.dropFirst("Usage: ".count).split(separator: " ")
      return words.prefix { $0.first?.isLetter ?? false }.joined(separator: " ")
    }
    return program
  }
}
