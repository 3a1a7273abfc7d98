import ArgumentParser
import Jobs

struct DeepLinearCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "deeplinear",
    abstract: "Deep linear networks: fill in matrices, follow training, check theory.",
    discussion: """
      Every command ends with 0 when it did what was asked, 1 when the computation ended without it, \
      2 for bad input or usage, and 130 when interrupted, after saving what there was. An error is one \
      sentence on standard error.
      """,
    version: Version.text,
    subcommands: [
      CompleteCommand.self, PredictCommand.self, RegressCommand.self, SenseCommand.self,
      LayersCommand.self, SimulateCommand.self, SweepCommand.self, CertifyCommand.self,
      ModesCommand.self, LandscapeCommand.self, RaceCommand.self, TensorCommand.self,
      ClassifyCommand.self, DatasetsCommand.self, ReproduceCommand.self, StudioCommand.self,
      VersionCommand.self,
    ])
}
