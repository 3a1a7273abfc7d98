import ArgumentParser

@main
struct DeepLinearCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "deeplinear", abstract: "Deep linear networks: fill in matrices, follow their training, check their theory.")
}
