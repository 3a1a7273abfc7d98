import Foundation
import Testing

@Suite struct HelpTests {
  @Test func everyHelpTextIsAsExpected() throws {
    try Command.inFolder { command in
      var open: [[String]] = [[]]
      while let words = open.popLast() {
        let ending = try command.run(words + ["--help"])
        #expect(ending.status == 0)
        #expect(ending.error.isEmpty)
        // The line of usage is left to the terminal to wrap.
        let lines = ending.output.split(separator: "\n").filter { !$0.hasPrefix("USAGE: ") }
        #expect(lines.allSatisfy { $0.count <= 80 })
        let subcommands = Self.subcommands(in: ending.output)
        if !words.isEmpty, subcommands.isEmpty {
          #expect(ending.output.contains("deeplinear \(words.joined(separator: " ")) "))
          #expect(ending.output.contains("Example"))
          let general =
            ["version", "studio"].contains(words[0])
            ? ["--json"] : ["--json", "--force", "--seed"]
          for option in general {
            #expect(ending.output.contains(option), "\(words) lacks \(option)")
          }
        }
        try expectText(
          ending.output, equals: (["help"] + words).joined(separator: "-") + ".txt")
        open += subcommands.map { words + [$0] }
      }
    }
  }

  @Test func aloneItShowsItsHelp() throws {
    try Command.inFolder { command in
      let alone = try command.run()
      #expect(alone.status == 0)
      #expect(alone.output == (try command.run("--help").output))
    }
  }

  @Test func itsVersionIsOneLine() throws {
    let ending = try Command.inFolder { try $0.run("--version") }
    #expect(ending.status == 0)
    #expect(ending.output.wholeMatch(of: #/\d+\.\d+\.\d+\n/#) != nil)
  }

  /// The names that begin the lines under the title.
  private static func subcommands(in help: String) -> [String] {
    guard let title = help.range(of: "SUBCOMMANDS:\n") else { return [] }
    return help[title.upperBound...].split(separator: "\n", omittingEmptySubsequences: false)
      .prefix { !$0.isEmpty }
      .filter { $0.hasPrefix("  ") && !$0.hasPrefix("   ") }
      .compactMap { $0.split(separator: " ").first.map(String.init) }
  }
}
