import DeepLinear
import SweepStore
import Yams

/// What is swept: the points, how often each, and what is measured.
struct SweepPlan {
  let subject: SweepSubject
  let axes: [SweepAxis]
  /// How many runs each point has.
  let replicates: Int
  let measures: [SweepMeasure]
  let keepsTrajectories: Bool
  let seed: UInt64
  let points: [SweepPoint]

  var names: [String] { axes.map(\.name) }
  var runCount: Int { points.count * replicates }

  /// A plan may have so many runs without being asked for.
  static let usualLimit = 100_000

  /// - Throws: ``BadInput``, for axes that name no key, hold no values, or make too many runs.
  init(_ request: Sweep, in context: JobContext) throws {
    subject = try SweepSubject(
      request.spec, settings: (request.set ?? []).map { try SpecSetting($0) }, in: context)
    let sweep = try subject.root["sweep"]?.mapping()
    try sweep?.allow([
      "axes", "zip", "sample", "where", "seeds", "seed", "measure", "keepTrajectories",
    ])
    let axes = try Self.axes(sweep, request.axis ?? [])
    self.axes = axes
    seed = try request.seed ?? sweep?["seed"]?.seed() ?? subject.root["seed"]?.seed() ?? 0
    let replicates = try request.seeds ?? sweep?["seeds"]?.integer(from: 1) ?? 1
    guard replicates >= 1 else {
      throw BadInput("--seeds must be at least 1, not \(replicates).")
    }
    self.replicates = replicates
    keepsTrajectories =
      try request.keepTrajectories ?? sweep?["keepTrajectories"]?.boolean() ?? false
    measures =
      try sweep?["measure"].map { try SweepMeasure.list($0) } ?? SweepMeasure.usual(of: subject.job)
    let limit = request.limit ?? Self.usualLimit
    points = try Self.points(sweep, axes, seed: seed, subject, limit: limit, replicates)
    try check(sweep)
    let runs = Double(points.count) * Double(replicates)
    guard runs <= Double(limit) else { throw Self.tooMany(runs) }
  }

  private static func tooMany(_ runs: Double) -> BadInput {
    BadInput(
      "the sweep has \(grouped(runs)) runs; give --limit \(runs < 1e18 ? "\(Int(runs))" : "\(runs)") if that is meant."
    )
  }

  /// A number with commas between its thousands.
  static func grouped(_ number: Double) -> String {
    guard number < 1e15 else { return "\(number)" }
    let digits = Array("\(Int(number))")
    return digits.enumerated().map { index, digit in
      index > 0 && (digits.count - index) % 3 == 0 ? ",\(digit)" : "\(digit)"
    }.joined()
  }

  private static func axes(_ sweep: SpecMapping?, _ arguments: [String]) throws -> [SweepAxis] {
    var axes: [SweepAxis] = []
    if let node = sweep?["axes"] {
      for (key, value) in try node.mapping().mapping {
        let name = key.string ?? ""
        guard SpecSetting.path(name) != nil else {
          throw SpecNode(node: key, file: node.file, name: name).failure(
            "'\(name)' is no key; correct it.")
        }
        axes.append(
          try SweepAxis(name: name, SpecNode(node: value, file: node.file, name: "axis \(name)")))
      }
    }
    for argument in arguments {
      let axis = try SweepAxis(argument)
      // One of the command stands instead of one in the file.
      axes.removeAll { $0.name == axis.name }
      axes.append(axis)
    }
    guard !axes.isEmpty else {
      throw BadInput(
        "there is nothing to sweep over; give --axis key=from:to:count, or the key sweep with axes."
      )
    }
    return axes
  }

  /// The grid, or the sample, without the points that the condition leaves out.
  private static func points(
    _ sweep: SpecMapping?, _ axes: [SweepAxis], seed: UInt64, _ subject: SweepSubject, limit: Int,
    _ replicates: Int
  ) throws -> [SweepPoint] {
    let condition = try sweep?["where"].map { try SweepCondition($0.string()) }
    let names = axes.map(\.name)
    let holds = try condition.map { try predicate($0, names, subject) } ?? { _ in true }
    var points: [SweepPoint] = []
    func add(_ values: [AxisValue]) throws {
      guard holds(values) else { return }
      points.append(SweepPoint(values, names: names))
      if points.count > limit {
        throw tooMany(Double(points.count) * Double(replicates))
      }
    }
    if let sample = sweep?["sample"] {
      let keys = try sample.mapping()
      try keys.allow(["kind", "count"])
      let kind = SweepSample(
        rawValue: try keys.required("kind").choice(SweepSample.allCases.map(\.rawValue)))
      let count = try keys.required("count").integer(from: 1)
      guard axes.count <= SweepSample.largestDimension else {
        throw sample.failure(
          "samples have up to \(SweepSample.largestDimension) axes, not \(axes.count); give fewer.")
      }
      guard Double(count) * Double(replicates) <= Double(limit) else {
        throw tooMany(Double(count) * Double(replicates))
      }
      for place in kind!.points(count: count, dimension: axes.count, seed: seed) {
        try add(zip(axes, place).map { $0.value(at: $1) })
      }
      return try unique(points, condition)
    }
    for axis in axes where axis.values.isEmpty {
      throw BadInput("the axis \(axis.name) has no count; give one, or the key sample.")
    }
    let groups = try groups(sweep?["zip"], axes)
    let size = groups.reduce(1.0) { $0 * Double(axes[$1[0]].values.count) }
    // Without a condition the grid's size is known before it is made.
    if size * Double(replicates) > Double(limit), condition == nil || size > 1e8 {
      throw tooMany(size * Double(replicates))
    }
    for index in 0..<Int(size) {
      var (rest, values) = (index, axes.map(\.values[0]))
      for group in groups.reversed() {
        let count = axes[group[0]].values.count
        for axis in group { values[axis] = axes[axis].values[rest % count] }
        rest /= count
      }
      try add(values)
    }
    return try unique(points, condition)
  }

  private static func unique(
    _ points: [SweepPoint], _ condition: SweepCondition?
  ) throws -> [SweepPoint] {
    guard !points.isEmpty else {
      throw BadInput(
        "no point meets '\(condition?.text ?? "")'; widen the axes or correct the condition.")
    }
    var seen: Set<String> = []
    return points.filter { seen.insert($0.key).inserted }
  }

  /// Axes that go together, and each of the others alone.
  private static func groups(_ node: SpecNode?, _ axes: [SweepAxis]) throws -> [[Int]] {
    var groups: [[Int]] = []
    for item in try node?.list() ?? [] {
      let group = try item.list().map { word in
        let name = try word.string()
        guard let index = axes.firstIndex(where: { $0.name == name }) else {
          throw word.failure(
            "'\(name)' is no axis; did you mean '\(nearest(to: name, among: axes.map(\.name)))'?")
        }
        guard !groups.joined().contains(index) else {
          throw word.failure("the axis \(name) goes with two others; name it once.")
        }
        return index
      }
      let counts = Set(group.map { axes[$0].values.count })
      guard counts.count == 1 else {
        throw item.failure(
          "axes that go together have as many values each, not \(counts.sorted().map { "\($0)" }.joined(separator: " and ")); correct them."
        )
      }
      groups.append(group)
    }
    let grouped = Set(groups.joined())
    return (groups + axes.indices.filter { !grouped.contains($0) }.map { [$0] })
      .sorted { $0[0] < $1[0] }
  }

  /// Whether a condition holds of an axis' values; other keys have the value in the specification.
  private static func predicate(
    _ condition: SweepCondition, _ names: [String], _ subject: SweepSubject
  ) throws -> ([AxisValue]) -> Bool {
    var fixed: [String: Double] = [:]
    for key in condition.keys where !names.contains(key) {
      guard let path = SpecSetting.path(key),
        let node = subject.root.node.node.value(at: path[...]),
        let number = AxisValue(node).number
      else {
        let known = names + subject.root.node.node.places()
        throw BadInput(
          "where: '\(key)' is no number of the sweep; did you mean '\(nearest(to: key, among: known))'?"
        )
      }
      fixed[key] = number
    }
    return { values in
      condition.holds { key in
        names.firstIndex(of: key).map { values[$0].number ?? .nan } ?? fixed[key] ?? .nan
      }
    }
  }

  /// Refuses axes that name no key, and measures of one name.
  private func check(_ sweep: SpecMapping?) throws {
    for name in names where ["job", "sweep", "seed"].contains(name) || name.hasPrefix("sweep.") {
      throw BadInput("'\(name)' cannot be an axis; for several seeds give seeds, or --seeds.")
    }
    var columns = Set((SweepStore.fixedColumns + names).map { $0.lowercased() })
    for measure in measures where !columns.insert(measure.name.lowercased()).inserted {
      throw BadInput(
        "two columns of the sweep are called '\(measure.name)'; give the measure another name.")
    }
    if subject.job != Simulation.name, let measure = measures.first(where: \.needsTrajectory) {
      throw BadInput(
        "'\(measure.name)' is of a trajectory, which \(subject.job) has not; measure a number of its summary."
      )
    }
    try checkKeys()
    try subject.check(settings(of: points[0]))
  }

  /// A key that was not there and is not known is told with the nearest there is.
  private func checkKeys() throws {
    for name in names {
      guard let path = SpecSetting.path(name) else { continue }
      let root = subject.root.node.node
      guard root.value(at: path.dropLast()) == nil, path.count > 1 else { continue }
      throw BadInput(
        "the axis \(name) names no key; did you mean '\(nearest(to: name, among: root.places()))'?")
    }
  }

  /// The values of a point as settings.
  func settings(of point: SweepPoint) throws -> [SpecSetting] {
    try zip(names, point.values).map {
      try SpecSetting(name: $0, value: $1.node, option: "axis")
    }
  }
}
