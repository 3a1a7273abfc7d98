import DataFormats
import DeepLinear
import FoundationEssentials

/// Replace linear layers of a trained network by factors, or factors by the layers that they are.
public struct LayerChange: Job {
  public static let name = "layers"
  public static let givesWhatItHas = false

  /// What is done to the layers.
  public enum Action: String, CaseIterable, Codable, Sendable {
    /// A layer by balanced factors whose product it is.
    case expand
    /// Consecutive factors by the one layer that they are.
    case collapse
    /// A layer by factors of lower rank.
    case compress

    /// What was done, for people.
    var pastTense: String {
      switch self {
      case .expand: "expanded"
      case .collapse: "collapsed"
      case .compress: "compressed"
      }
    }
  }

  /// What is done to the layers.
  public var action: Action
  /// The network, as `.safetensors` or the index of several.
  public var model: DataSource
  /// The names of the layers, patterns of them, or lists with commas between.
  public var layer: [String]
  /// Every layer that is a linear map and can be told to be one.
  public var allLinear: Bool?

  /// Where the network is written.
  public var output: String?
  /// The folder of a report.
  public var report: String?

  /// How weights are stored, where that cannot be told: `linear`, `conv`, `conv-transpose`, `gpt2`, or `NAME=KIND`.
  public var kind: [String]?
  /// The number of groups of convolutions, or `NAME=NUMBER`.
  public var groups: [String]?
  /// Whether convolutions have stride 1 and pad nothing, so that chains of wide kernels collapse.
  public var unpadded: Bool?
  /// Whether pairs of LoRA are added to the weights beside them.
  public var mergeLora: Bool?
  /// α/r of these pairs, where it stands neither beside them nor in `adapter_config.json`.
  public var loraScale: Double?

  /// The number of factors.
  public var depth: Int?
  /// The width between the factors of an expanded layer; chosen where nil.
  public var width: Int?
  /// The rank to keep of a compressed layer.
  public var rank: Int?
  /// The share of the energy Σσ² to keep of a compressed layer.
  public var energy: Double?
  /// The relative error to allow of compressed layers: the root mean square over all of them.
  public var error: Double?
  /// The share of the compressed layers' parameters to keep.
  public var budget: Double?
  /// What flows into layers, samples first, by their names; under an empty name of the only layer, or an archive with
  /// an array for each.
  public var activations: [String: DataSource]?

  /// Whether files that exist are overwritten.
  public var force: Bool?
  /// Nothing here is random; a seed is taken as by every job.
  public var seed: UInt64?

  /// A request with everything else as usual.
  public init(_ action: Action, of model: DataSource, layer: [String]) {
    self.action = action
    self.model = model
    self.layer = layer
  }

  /// ``depth`` where nil.
  public static let defaultDepth = 2

  public func validate() throws {
    if layer.isEmpty, allLinear != true {
      throw BadInput("no layer is named; give --layer NAME.")
    }
    if !layer.isEmpty, allLinear == true {
      throw BadInput("--all-linear takes every layer; leave --layer out.")
    }
    if let name = layer.first(where: { name in layer.count { $0 == name } > 1 }) {
      throw BadInput("--layer \(name) is given more than once; name each layer once.")
    }
    let depth = depth ?? Self.defaultDepth
    let least = action == .compress ? 2 : 1
    if depth < least { throw BadInput("--depth must be at least \(least), not \(depth).") }
    if let width, width < 1 { throw BadInput("--width must be at least 1, not \(width).") }
    let measures = [rank != nil, energy != nil, error != nil, budget != nil].count { $0 }
    guard measures == (action == .compress ? 1 : 0) else {
      throw BadInput(
        action == .compress
          ? "give one of --rank, --energy, --error and --budget."
          : "--rank, --energy, --error and --budget go with compress; leave them out.")
    }
    if let budget, !(budget > 0 && budget < 1) {
      throw BadInput("--budget must lie between 0 and 1, not at \(budget).")
    }
    if activations?.isEmpty == false, action != .compress {
      throw BadInput("--activations go with compress; leave them out.")
    }
    if let loraScale, !loraScale.isFinite {
      throw BadInput("--lora-scale must be a number, not \(loraScale).")
    }
  }

  public func run(
    in context: JobContext, observing observer: JobObserver
  ) throws -> LayerChangeResult {
    try validate()
    var outputs = OutputPaths(overwrite: force ?? false)
    if let output, NetworkFiles.isIndex(output) {
      try NetworkFiles.checkOutput(output, overwrite: force ?? false)
    } else {
      try outputs.file(output, option: "--output", among: [.safetensors])
    }
    try outputs.report(report)
    let settings = try settings()
    let network =
      if case .file(let path) = model.place { try NetworkFiles(path: path) } else {
        NetworkFiles(try Safetensors(reading: model.bytes(in: context)))
      }
    if let output { try network.checkOutputs(at: output, overwrite: force ?? false) }
    var file = LayerFile(path: model.name, network: network, settings: settings)
    let (changes, skipped) = try change(&file, in: context, observing: observer)
    return LayerChangeResult(
      request: self, context: context, network: file.network, changes: changes, skipped: skipped)
  }

  private func change(
    _ file: inout LayerFile, in context: JobContext, observing observer: JobObserver
  ) throws -> ([ChangedLayer], [SkippedLayer]) {
    func show(_ done: Int, of count: Int) throws {
      guard observer.show("changing layers", Double(done) / Double(max(count, 1))) else {
        throw JobInterrupted()
      }
    }
    var skipped: [SkippedLayer] = []
    let names = try self.names(in: file)
    // What cannot be changed ends the job only if it was named, and not by a pattern.
    let named = Set(layer.flatMap { [$0] + $0.split(separator: ",").map(String.init) })
    func isNamed(_ name: String) -> Bool {
      allLinear != true
        && (named.contains(name) || named.allSatisfy { !NamePattern(text: $0).isGlob })
    }
    func attempt<Value>(_ name: String, _ body: () throws -> Value) throws -> Value? {
      do {
        return try body()
      } catch let bad as BadInput {
        if isNamed(name) { throw bad }
        let prefix =
          ["\(file.path): ", "\(file.path), "].first { bad.sentence.hasPrefix($0) } ?? ""
        let reason = bad.sentence.dropFirst(prefix.count)
        skipped.append(SkippedLayer(layer: name, reason: String(reason)))
        return nil
      }
    }
    var changes: [ChangedLayer] = []
    if action == .collapse {
      for (number, name) in names.enumerated() {
        try show(number, of: names.count)
        var changed = file
        if let change = try attempt(name, { try changed.collapse(name) }) {
          file = changed
          changes.append(change)
        }
      }
    } else {
      let planned = Self.planNeed(names, in: file)
      try planned.check(
        "\(file.path): decomposing \(names.count == 1 ? "a layer" : "\(names.count) layers")",
        "name fewer layers")
      let inputs = try LayerInputs(self.activations ?? [:], layers: names, in: context)
      var plans: [FactorizationPlan] = []
      for (number, name) in names.enumerated() {
        try show(number, of: 2 * names.count)
        if plans.contains(where: { $0.tied.contains(name) }) { continue }
        let plan = try attempt(name) {
          try file.plan(name, inputs: try inputs.array(of: name), inputName: inputs.name(of: name))
        }
        if let plan { plans.append(plan) }
      }
      let ranks = try RankChoice(request: self, path: file.path).ranks(of: plans)
      try checkMemory(plans, ranks, beside: planned, file.path)
      for (number, (plan, choice)) in zip(plans, ranks).enumerated() {
        try show(plans.count + number, of: 2 * plans.count)
        switch choice {
        case .keep(let reason): changes.append(ChangedLayer(leaving: plan, because: reason))
        case .factorize(let rank, let factorizer):
          changes.append(try file.factorize(plan, rank: rank, by: factorizer))
        }
      }
    }
    if changes.isEmpty, let first = skipped.first {
      throw BadInput(
        "\(file.path): no layer could be changed; of \(first.layer): \(first.reason)")
    }
    return (changes, skipped)
  }

  /// The decompositions of all layers, which are kept until the ranks of all are known, with their weights as they are
  /// stored, and what the largest takes while it is decomposed.
  private static func planNeed(_ names: [String], in file: LayerFile) -> MemoryNeed {
    let sizes = names.map { name in
      (file.matrixShape(of: name) ?? []).reduce(1.0) { $0 * Double($1) }
    }
    var need = MemoryNeed()
    need.add(numbers: sizes.reduce(0, +), copies: 5)
    need.add(numbers: sizes.max() ?? 0, copies: 5)
    return need
  }

  /// Factors take their numbers as they are stored, and a name each.
  private func checkMemory(
    _ plans: [FactorizationPlan], _ choices: [RankChoice.Choice], beside planned: MemoryNeed,
    _ path: String
  ) throws {
    let depth = depth ?? Self.defaultDepth
    var need = planned
    for (plan, choice) in zip(plans, choices) {
      guard case .factorize(let rank, let factorizer) = choice else { continue }
      let width =
        factorizer.width ?? (factorizer.rank == .full ? plan.decomposition.largestRank : rank)
      let count = plan.parameterCount(rank: rank, depth: depth, width: max(width, 1))
      need.add(numbers: Double(count), Double(1 + plan.tied.count))
      need.add(bytes: 2000 * Double(depth) * Double(1 + plan.tied.count))
    }
    try need.check(
      "\(path): making \(depth) factors of \(plans.count == 1 ? "a layer" : "each of \(plans.count) layers")",
      "give a smaller --depth\(width == nil ? "" : " or --width")")
  }

  private func names(in file: LayerFile) throws -> [String] {
    let isExpanded = action == .collapse
    if allLinear == true {
      let names =
        isExpanded
        ? file.expandedNames.filter { file.tensor("\($0).1.weight") != nil }
        : file.layerNames.filter(file.isMatrix)
      guard !names.isEmpty else {
        throw BadInput(
          "\(file.path): there are no \(isExpanded ? "expanded layers" : "layers") in this file.")
      }
      return names
    }
    // A layer that is one already may be made one tensor.
    return try file.layers(
      named: layer,
      among: isExpanded ? file.expandedNames + file.layerNames : file.layerNames,
      isExpanded: isExpanded)
  }

  private func settings() throws -> LayerFile.Settings {
    let forms = LayerForm.allCases.map(\.rawValue).joined(separator: ", ")
    var settings = LayerFile.Settings(
      form: try LayerSettings(kind ?? [], option: "--kind", expected: "one of \(forms)") {
        LayerForm(rawValue: $0)
      },
      groups: try LayerSettings(groups ?? [], option: "--groups", expected: "a number from 1") {
        Int($0).flatMap { $0 >= 1 ? $0 : nil }
      })
    settings.isUnpadded = unpadded ?? false
    settings.mergesLoRA = mergeLora ?? false
    settings.scaleOfLoRA = loraScale
    if mergeLora == true, case .file(let path) = model.place {
      let folder = path.lastIndex(of: "/").map { String(path[...$0]) } ?? ""
      if let data = FileManager.default.contents(atPath: folder + "adapter_config.json") {
        settings.adapter = try? JSONDecoder().decode(AdapterConfiguration.self, from: data)
      }
    }
    return settings
  }
}
