import ArgumentParser
import DataFormats
import Glibc
import Jobs
import LinearAlgebra

/// Parses, runs, and turns every way of ending into an exit status and at most one sentence.
@main
enum Main {
  /// The words after the program's name, those that are not UTF-8 too.
  static let arguments = (1..<max(Int(CommandLine.argc), 1))
    .compactMap { CommandLine.unsafeArgv[$0] }
    .map { String(system: UnsafeRawBufferPointer(start: $0, count: strlen($0))) }

  static func main() {
    // A reader that stops early, as `head` does, is no reason for a message.
    signal(SIGPIPE, SIG_DFL)
    // A file that grows past a limit is an error that can be told, not an end in the midst of writing.
    signal(SIGXFSZ, SIG_IGN)
    do {
      if let help = ItemHelp.text(for: arguments) {
        return try StandardOutput.write(help)
      }
      try UsageSentence.checkCommand(arguments)
      var command = try DeepLinearCommand.parseAsRoot(arguments)
      try command.run()
    } catch {
      exit(status(of: error))
    }
  }

  private static func status(of error: any Error) -> Int32 {
    switch error {
    case let ended as Ended:
      return ended.status
    case let bad as BadInput:
      return refuse(bad.sentence)
    case let bad as DataFormatError:
      return refuse(bad.sentence)
    case let failure as DecompositionError:
      StandardError.write("deeplinear: the computation failed: \(failure).\n")
      return 1
    default:
      if DeepLinearCommand.exitCode(for: error) == .success {
        do {
          try StandardOutput.write(DeepLinearCommand.fullMessage(for: error))
        } catch {
          return 1
        }
        return 0
      }
      return refuse(UsageSentence.of(error))
    }
  }

  /// Why one of several files was not done.
  static func sentence(of error: any Error) -> String {
    switch error {
    case let bad as BadInput: onOneLine(bad.sentence)
    case let bad as DataFormatError: onOneLine(bad.sentence)
    case let failure as DecompositionError: "the computation failed: \(failure)."
    default: UsageSentence.of(error)
    }
  }

  private static func refuse(_ sentence: String) -> Int32 {
    StandardError.write("deeplinear: \(onOneLine(sentence))\n")
    return 2
  }

  /// Names of files and values may hold control characters: they are shown, never obeyed.
  private static func onOneLine(_ sentence: String) -> String {
    sentence.unicodeScalars.reduce(into: "") { line, scalar in
      switch scalar.properties.generalCategory {
      case .control, .lineSeparator, .paragraphSeparator:
        line += scalar.escaped(asASCII: true)
      default:
        if let byte = String.keptByte(scalar) {
          line += "\\x" + String(byte, radix: 16, uppercase: true)
        } else {
          line.unicodeScalars.append(scalar)
        }
      }
    }
  }
}

extension DataFormatError {
  /// The sentence of the error with the option that would let the input pass.
  fileprivate var sentence: String {
    let option =
      switch setting {
      case .overwrite: " (--force)"
      case .duplicates: " (--duplicates mean or --duplicates last)"
      case .oneBased: " (--one-based), or read names of rows with --layout table"
      case .shape: " (--rows and --columns)"
      case .missing: " (--missing TEXT), or leave the column out (--ignore)"
      case nil: ""
      }
    return option.isEmpty ? description : "\(description.dropLast())\(option)."
  }
}
