import ArgumentParser
import Foundation
import Jobs
import MessagePassing

/// The command that runs on every rank; rank 0 alone speaks.
@main
struct ClusterCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "deeplinear-mpi",
    abstract: "Sweeps, and one large completion, on the machines of a cluster.",
    discussion: """
      Start it with mpirun or srun. Every rank must see the specification and its data; rank 0 alone writes.

      Example: mpirun -n 64 deeplinear-mpi sweep spec.yaml --output results
      """,
    version: Version.text, subcommands: [SweepCommand.self, CompleteCommand.self])

  static func main() {
    do {
      var command = try parseAsRoot()
      try command.run()
    } catch let error as BadInput {
      say("\(error.sentence)")
      _exit(2)
    } catch {
      // Help, the version, and what is wrong with arguments: said once, not by every rank.
      if Launcher.rank == 0 { exit(withError: error) }
      _exit(exitCode(for: error).rawValue)
    }
  }

  static func say(_ sentence: String) {
    guard Launcher.rank == 0 else { return }
    FileHandle.standardError.write(Data("deeplinear-mpi: \(sentence)\n".utf8))
  }
}

/// What the launcher tells a process of its place before any message is sent.
enum Launcher {
  static var rank: Int {
    let environment = ProcessInfo.processInfo.environment
    for name in ["OMPI_COMM_WORLD_RANK", "PMIX_RANK", "SLURM_PROCID"] {
      if let rank = environment[name].flatMap({ Int($0) }) { return rank }
    }
    return 0
  }
}
