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
  /// - Parameters:
  ///   - seed: taken instead of the specification's where it is given, zero included.
  ///   - settings: values that stand instead of those written.
  ///   - read: the same specification as it was read before; its text is not read again.
  init(
    _ source: SpecSource, seed: UInt64? = nil, settings: [SpecSetting] = [],
    read: SpecFile? = nil, in context: JobContext = JobContext()
  ) throws {
    var file = try SpecFile(source, settings: settings, read: read, in: context)
    let root = try file.root()
    // What a sweep says beside its specification is nothing to one run.
    try root.allow(
      ["objective", "network", "dynamics", "recording", "seed", "teacher", "job", "sweep"])
    if let job = root["job"], try job.string() != Simulation.name {
      throw job.failure("this is a specification of '\(try job.string())'; give it to sweep.")
    }
    // What costs nothing to check is checked before files are read.
    dynamics = try DynamicsSpec(try root.required("dynamics"))
    recording = try RecordingSpec(
      try root.required("recording"), counting: dynamics.kind.isDescent)
    let written = try root["seed"]?.seed() ?? 0
    self.seed = seed ?? written
    if let teacher = root["teacher"] {
      file.provide(try TeacherSpec(teacher, seed: self.seed).arrays)
    }
    self.file = file
    let networkNode = try root.required("network")
    objective = try ObjectiveSpec(try root.required("objective"), in: file)
    network = try NetworkSpec(
      networkNode, in: file, for: objective.objective, seed: self.seed)
  }
}
