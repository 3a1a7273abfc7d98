import ArgumentParser
import DataFormats
import Glibc

/// Parses, runs, and turns every way of ending into an exit status and at most one sentence.
@main
enum Main {
  static func main() {
    do {
      var command = try DeepLinearCommand.parseAsRoot()
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
      StandardError.write("deeplinear: \(bad.sentence)\n")
      return 2
    case let bad as DataFormatError:
      StandardError.write("deeplinear: \(bad)\n")
      return 2
    default:
      let isClean = DeepLinearCommand.exitCode(for: error) == .success
      if isClean {
        print(DeepLinearCommand.fullMessage(for: error))
        return 0
      }
      let message = DeepLinearCommand.message(for: error)
      StandardError.write("deeplinear: \(message)\n")
      return 2
    }
  }
}
