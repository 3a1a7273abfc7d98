import DataFormats
import DeepLinear
import FoundationEssentials
import Yams

/// The job that a sweep repeats: a simulation, or a request in the same file.
struct SweepSubject {
  static let jobs = [Simulation.name, Completion.name, Sensing.name, Regression.name]

  let source: SpecSource
  /// Values set for every run.
  let settings: [SpecSetting]
  let context: JobContext
  let file: SpecFile
  /// The text as it is written, read once for all runs.
  private let written: SpecFile
  let root: SpecMapping
  let job: String

  /// Keys of requests that name files that every run would write over.
  private static let outputs = [
    "output", "report", "model", "mark", "path", "predictions", "intervalOutput", "checkpoint",
    "resume", "force",
  ]
  /// Keys of requests that name data.
  private static let data = [
    "observed", "truth", "measurements", "values", "right", "inputs", "targets", "predict",
  ]

  init(_ source: SpecSource, settings: [SpecSetting], in context: JobContext) throws {
    self.source = source
    self.settings = settings
    self.context = context
    // The second reading keeps what the first has understood.
    written = try SpecFile(source, read: SpecFile(source, in: context), in: context)
    file = try SpecFile(source, settings: settings, read: written, in: context)
    root = try file.root()
    job = try root["job"]?.choice(Self.jobs) ?? Simulation.name
  }

  /// A digest of what is not swept: every value but those of the axes, and the data.
  func digest(without axes: [String]) throws -> String {
    var digest = Digest(root.node.canonicalText(without: Set(axes + ["sweep"])).utf8)
    for key in Self.data {
      guard let node = root[key], case .scalar = node.node else { continue }
      let bytes = try DataSource(file.place(of: try node.string())).bytes(in: context).contents()
      digest.add(bytes)
    }
    if job == Simulation.name, case .mapping(let objective)? = root["objective"]?.node {
      for (_, value) in objective {
        let name = value.scalar?.string ?? ""
        let path = file.place(of: name)
        if let bytes = FileManager.default.contents(atPath: path) { digest.add(bytes) }
      }
    }
    return digest.text
  }

  /// Reads what a run at a point would read, without running it: keys that nobody knows are found.
  func check(_ settings: [SpecSetting]) throws {
    if job == Simulation.name {
      _ = try spec(settings, seed: 0)
    } else {
      _ = try request(settings, seed: 0)
    }
  }

  /// Carries out the job with some values set.
  ///
  /// - Parameters:
  ///   - isGoingOn: asked during the run.
  ///   - trajectory: where a simulation's trajectory is kept.
  /// - Throws: `JobInterrupted` where the run was stopped.
  func run(
    _ settings: [SpecSetting], seed: UInt64, keeping trajectory: String?,
    isGoingOn: @escaping @Sendable () -> Bool
  ) throws -> SweepOutcome {
    let observer = JobObserver { _ in isGoingOn() }
    guard job == Simulation.name else {
      let (request, context) = try request(settings, seed: seed)
      let result = try request.job.run(in: context, observing: observer)
      guard result.ending != .interrupted else { throw JobInterrupted() }
      return SweepOutcome(
        summary: try Self.summary(of: result), snapshots: [], spec: nil, certificates: { [] })
    }
    let spec = try spec(settings, seed: seed)
    let result = try Simulation(source).result(of: spec, in: context, observing: observer)
    guard result.ending != .interrupted else { throw JobInterrupted() }
    return try outcome(of: result, keeping: trajectory)
  }

  /// What measures see of a simulation.
  ///
  /// - Parameter trajectory: where its trajectory is kept.
  func outcome(of result: SimulationResult, keeping trajectory: String?) throws -> SweepOutcome {
    if let trajectory { try result.arrays().write(to: trajectory, overwrite: true) }
    let (spec, path) = (result.spec, result.path.trajectory)
    return SweepOutcome(
      summary: try Self.summary(of: result), snapshots: path.snapshots, spec: spec,
      certificates: {
        try Certificates.all(
          for: CertifiedRun(
            objective: spec.objective.objective, from: spec.network.exactStart,
            moving: spec.motion, accuracy: spec.accuracy, recorded: path))
      })
  }

  private static func summary(of result: any JobResult) throws -> SummaryValue {
    try JSONDecoder().decode(SummaryValue.self, from: Data(result.summaryJSON()))
  }

  /// The specification of a simulation with some values set.
  func spec(_ settings: [SpecSetting], seed: UInt64) throws -> SimulationSpec {
    try SimulationSpec(
      source, seed: seed, settings: self.settings + settings, read: written, in: context)
  }

  /// The request in JSON, with the teacher's arrays.
  private func request(
    _ settings: [SpecSetting], seed: UInt64
  ) throws -> (AnyJob, JobContext) {
    var node = root.node.node
    for setting in settings { try setting.apply(to: &node) }
    let root = try SpecNode(node: node, file: file.path, name: "").mapping()
    var context = context
    var members = ["\"job\": \(Self.quoted(job))", "\"seed\": \(seed)"]
    var given: Set<String> = ["job", "seed", "teacher", "sweep"]
    for (key, value) in root.mapping {
      let name = key.string ?? ""
      if Self.outputs.contains(name) {
        throw SpecNode(node: key, file: file.path, name: name).failure(
          "every run of a sweep would write to one place; remove the key '\(name)'.")
      }
      guard given.insert(name).inserted else { continue }
      var value = value
      if Self.data.contains(name), case .scalar(let scalar) = value {
        value = Node(file.place(of: scalar.string))
      }
      members.append("\(Self.quoted(name)): \(Self.json(value))")
    }
    if let teacher = root["teacher"] {
      let arrays = try TeacherSpec(teacher, seed: seed).arrays
      context.arrays.merge(arrays) { _, new in new }
      let known = Self.data.filter { arrays[$0] != nil && !given.contains($0) }
      // The coefficients of a regression are no data of it.
      for name in known where job != Regression.name || name != "truth" {
        members.append("\"\(name)\": {\"array\": \"\(name)\"}")
      }
    }
    var request = try AnyJob(json: Array("{\(members.joined(separator: ", "))}".utf8))
    if var completion = request.job as? Completion {
      completion.threads = 1
      request = AnyJob(completion)
    }
    try request.job.validate()
    return (request, context)
  }

  private static func json(_ node: Node) -> String {
    switch node {
    case .scalar(let scalar):
      let text = scalar.string
      guard scalar.style == .plain || scalar.style == .any else { return quoted(text) }
      if ["true", "false", "null"].contains(text) { return text }
      // Written anew: YAML has numbers such as +1 and .5 that JSON has not.
      guard let number = Double(text), number.isFinite else { return quoted(text) }
      return AxisValue(number).text
    case .sequence(let sequence): return "[\(sequence.map(json).joined(separator: ", "))]"
    case .mapping(let mapping):
      let members = mapping.map { "\(quoted($0.key.string ?? "")): \(json($0.value))" }
      return "{\(members.joined(separator: ", "))}"
    case .alias: return "null"
    }
  }

  private static func quoted(_ text: String) -> String {
    (try? JSONEncoder().encode(text)).map { String(decoding: $0, as: UTF8.self) } ?? "\"\""
  }
}
