import ArgumentParser

/// Options that every command has; shown under the title "General".
struct SharedOptions: ParsableArguments {
  @Flag(name: .long, help: "Print exactly one JSON object on standard output.")
  var json = false

  @Flag(name: .long, help: "Overwrite files that exist.")
  var force = false

  // Nil when it is not given, so that a seed of zero counts as one.
  @Option(
    name: .long, parsing: .unconditional,
    help: ArgumentHelp(
      "The seed of everything random; the same seed gives the same bits. (default: 0)",
      valueName: "number"))
  var seed: UInt64?
}
