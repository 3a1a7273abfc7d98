import DataFormats
import Foundation
import Testing

/// Names of files are bytes: those that are no UTF-8 name the same file in and out.
@Suite struct FileNameTests {
  @Test func namesThatAreNoUTF8AreKept() throws {
    try Command.inFolder { command in
      try command.write("1,2,3\n2,4,\n3,6,9\n5,10,15\n", to: "o.csv")
      let line = """
        cp o.csv "$(printf 'caf\\351.csv')"
        '\(Command.program)' complete "$(printf 'caf\\351.csv')" --output "$(printf 'out\\351\\377.csv')"
        """
      #expect(try command.shell(line + " > told") == 0)
      #expect(try command.shell("test -s \"$(printf 'out\\351\\377.csv')\"") == 0)
      // The copy, the answer, and no third name that looks alike.
      #expect(try command.shell("test $(ls | wc -l) = 4") == 0)
    }
  }

  @Test func namesThatAreNoUTF8AreShownInMessages() throws {
    try Command.inFolder { command in
      let line = "'\(Command.program)' complete \"$(printf 'a\\351é.csv')\" 2> told"
      #expect(try command.shell(line) == 2)
      let told = try command.read("told")
      #expect(
        told == "deeplinear: a\\xE9é.csv: there is no such file; check the path.\n", "\(told)")
      try command.write("1,2,3\n2,4,\n3,6,9\n5,10,15\n", to: "o.csv")
      let report = "'\(Command.program)' complete o.csv --report \"$(printf 'r\\351')\" 2> told"
      #expect(try command.shell(report) == 2)
      #expect(try command.read("told").contains("r\\xE9: the name of this folder is not UTF-8"))
    }
  }
}
