import ArgumentParser

struct DeepLinearCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "deeplinear",
    abstract: "Deep linear networks: fill in matrices, follow their training, check their theory.",
    discussion: """
      Exit status: 0 success, 1 the computation ended without what was asked, 2 bad input or usage,
      130 interrupted (what there was has been saved).
      """,
    version: Version.text,
    subcommands: [
      CompleteCommand.self, PredictCommand.self, RegressCommand.self, SenseCommand.self,
      LayersCommand.self,
    ])
}
