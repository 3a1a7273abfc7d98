import ArgumentParser
import Jobs

/// What is wrong with the words of a command line, as one sentence that says where to look it up.
enum UsageSentence {
  /// Refuses a word that names no command, and suggests the nearest that does.
  static func checkCommand(_ arguments: [String]) throws {
    var command: any ParsableCommand.Type = DeepLinearCommand.self
    var path = "deeplinear"
    for word in arguments {
      let commands = command.configuration.subcommands
      guard !commands.isEmpty, !word.hasPrefix("-"), word != "help" else { return }
      if let next = commands.first(where: { name(of: $0) == word }) {
        (command, path) = (next, "\(path) \(word)")
        continue
      }
      // Its own name may be left out: the word is its first argument.
      if command.configuration.defaultSubcommand != nil { return }
      throw BadInput(
        "there is no command '\(path == "deeplinear" ? word : "\(path.dropFirst(11)) \(word)")'; "
          + (nearestName(to: word, among: commands.map(name(of:)))
            .map { "did you mean '\($0)'?" } ?? "see \(path) --help."))
    }
  }

  private static func name(of command: any ParsableCommand.Type) -> String {
    command.configuration.commandName ?? "\(command)".lowercased()
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
