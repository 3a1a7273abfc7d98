/// A whole specification: a problem, a network with its start, its dynamics, and what is recorded.
struct SimulationSpec {
  let file: SpecFile
  let objective: ObjectiveSpec
  let network: NetworkSpec
  let dynamics: DynamicsSpec
  let recording: RecordingSpec
  let seed: UInt64

  /// Reads a specification and every file it names.
  ///
  /// - Parameter seed: taken instead of the specification's where it is given, zero included.
  init(_ source: SpecSource, seed: UInt64? = nil, in context: JobContext = JobContext()) throws {
    file = try SpecFile(source, in: context)
    let root = try file.root()
    try root.allow(["objective", "network", "dynamics", "recording", "seed"])
    // What costs nothing to check is checked before files are read.
    dynamics = try DynamicsSpec(try root.required("dynamics"))
    recording = try RecordingSpec(
      try root.required("recording"), counting: dynamics.kind.isDescent)
    let written = try root["seed"]?.seed() ?? 0
    self.seed = seed ?? written
    let networkNode = try root.required("network")
    objective = try ObjectiveSpec(try root.required("objective"), in: file)
    network = try NetworkSpec(
      networkNode, in: file, for: objective.objective, seed: self.seed)
  }
}
