import DeepLinear

/// A whole specification: a problem, a network with its start, its dynamics, and what is recorded.
struct SimulationSpec {
  let file: SpecFile
  let objective: ObjectiveSpec
  let network: NetworkSpec
  var dynamics: DynamicsSpec
  let recording: RecordingSpec
  let seed: UInt64
  /// What the error is recorded against.
  let truth: Matrix?

  /// Reads a specification and every file it names.
  ///
  /// - Parameters:
  ///   - seed: taken instead of the specification's where it is given, zero included.
  ///   - settings: values that stand instead of those written.
  ///   - read: the same specification as it was read before; its text is not read again.
  ///   - needsDynamics: whether dynamics and recording must be there; a flow recorded at its start otherwise.
  init(
    _ source: SpecSource, seed: UInt64? = nil, settings: [SpecSetting] = [],
    read: SpecFile? = nil, needsDynamics: Bool = true, in context: JobContext = JobContext()
  ) throws {
    var file = try SpecFile(source, settings: settings, read: read, in: context)
    let root = try file.root()
    // What a sweep says beside its specification is nothing to one run.
    try root.allow(in: "")
    if let job = root["job"], try job.string() != Simulation.name {
      throw job.failure("this is a specification of '\(try job.string())'; give it to sweep.")
    }
    // What costs nothing to check is checked before files are read.
    let path = file.path
    func node(_ key: String, or text: String) throws -> SpecNode {
      if !needsDynamics, root[key] == nil { return try SpecNode(standard: text, file: path) }
      return try root.required(key)
    }
    dynamics = try DynamicsSpec(try node("dynamics", or: "{kind: flow}"))
    let recordingNode = try node("recording", or: "{times: [0]}")
    recording = try RecordingSpec(recordingNode, counting: dynamics.countsSteps)
    let written = try root["seed"]?.seed() ?? 0
    self.seed = seed ?? written
    if let teacher = root["teacher"] {
      file.provide(try TeacherSpec(teacher, seed: self.seed).arrays)
    }
    self.file = file
    let data = file
    let networkNode = try root.required("network")
    let objective = try ObjectiveSpec(try root.required("objective"), in: data)
    self.objective = objective
    network = try NetworkSpec(
      networkNode, in: data, for: objective.objective, seed: self.seed)
    truth = try recording.truth.map { node in
      let matrix = try data.matrix(node)
      let (rows, columns) = (
        objective.objective.outputCount, objective.objective.inputCount
      )
      guard matrix.rowCount == rows, matrix.columnCount == columns else {
        throw node.failure(
          "\(node.name) is \(matrix.shape) but the end-to-end matrix is \(rows)×\(columns); give one of that shape."
        )
      }
      return matrix
    }
    try recording.check(self)
  }
}
