import DeepLinear

/// The key `network`: what is trained, and where it begins.
struct NetworkSpec {
  enum Start {
    case layered(LinearNetwork)
    case symmetric(SymmetricNetwork)
  }

  static let initials = [
    "layers", "gaussian", "balanced", "identity", "spectral", "orthogonal",
  ]

  let start: Start
  /// d₀, …, d_N of a layered network.
  let widths: [Int]

  /// The end-to-end matrices it can have.
  var endToEndClass: EndToEndClass {
    switch start {
    case .layered: .layered(widths: widths)
    case .symmetric(let network): .symmetric(width: network.factor.columnCount)
    }
  }

  init(_ node: SpecNode, in file: SpecFile, for objective: any Objective, seed: UInt64) throws {
    let keys = try node.mapping()
    try keys.allow(["kind", "widths", "initial"])
    let kind = try keys["kind"]?.choice(["layered", "symmetric"]) ?? "layered"
    let initial = try keys.required("initial")
    let widths = try keys["widths"].map { list in
      let widths = try list.list().map { try $0.integer(from: 1) }
      guard widths.count >= 2 else {
        throw list.failure("\(list.name) must hold at least two widths d_0, …, d_N; add them.")
      }
      if let shortage = SimulatedSize(widths: widths).need.shortage {
        throw list.failure("following a network of these widths \(shortage); narrow them.")
      }
      return widths
    }
    var generator = SeededGenerator(seed: seed)
    let made: Start
    if kind == "symmetric" {
      made = try .symmetric(
        Self.symmetric(initial, widths, keys["widths"], file, objective, &generator))
    } else {
      made = try .layered(
        Self.layered(initial, widths, keys["widths"], file, objective, &generator))
    }
    start = made
    switch made {
    case .layered(let network): self.widths = network.widths
    case .symmetric(let network):
      self.widths = [network.factor.rowCount, network.factor.columnCount, network.factor.rowCount]
    }
  }

  /// The keys of a kind of start; refuses others.
  private static func kind(_ initial: SpecNode) throws -> (String, SpecMapping) {
    let keys = try initial.mapping()
    let kind = try keys.required("kind").choice(initials)
    switch kind {
    case "layers": try keys.allow(["kind", "files"])
    case "gaussian": try keys.allow(["kind", "standardDeviation"])
    case "balanced": try keys.allow(["kind", "endToEnd", "scale"])
    case "spectral": try keys.allow(["kind", "scales", "imbalance"])
    default: try keys.allow(["kind", "scale"])
    }
    return (kind, keys)
  }

  private static func layered(
    _ initial: SpecNode, _ widths: [Int]?, _ widthsNode: SpecNode?, _ file: SpecFile,
    _ objective: any Objective, _ generator: inout SeededGenerator
  ) throws -> LinearNetwork {
    let (kind, keys) = try kind(initial)
    if kind == "layers" {
      let files = try keys.required("files")
      let layers = try files.list().map { try file.matrix($0) }
      let network: LinearNetwork
      do {
        network = try LinearNetwork(layers: layers)
      } catch {
        throw files.failure("\(error); correct the files.")
      }
      if let widths, widths != network.widths {
        throw (widthsNode ?? initial).failure(
          "the widths are \(widths) but the files' layers have \(network.widths); make them agree.")
      }
      try checkEnds(network.widths, objective, files)
      return network
    }
    guard let widths else {
      throw initial.failure("network lacks the key 'widths'; only initial layers can do without.")
    }
    try checkEnds(widths, objective, widthsNode ?? initial)
    func scale() throws -> Double { try keys.required("scale").positiveNumber() }
    switch kind {
    case "gaussian":
      return .gaussian(
        widths: widths,
        standardDeviation: try keys.required("standardDeviation").positiveNumber(),
        using: &generator)
    case "balanced":
      return try balanced(keys, widths, initial, file, &generator)
    case "identity": return .identity(widths: widths, scale: try scale())
    case "spectral": return try spectral(keys, widths, initial, objective)
    default: return .orthogonal(widths: widths, scale: try scale(), using: &generator)
    }
  }

  private static func balanced(
    _ keys: SpecMapping, _ widths: [Int], _ initial: SpecNode, _ file: SpecFile,
    _ generator: inout SeededGenerator
  ) throws -> LinearNetwork {
    guard let node = keys["endToEnd"] else {
      return .balanced(
        widths: widths, scale: try keys.required("scale").positiveNumber(), using: &generator)
    }
    if let scale = keys["scale"] {
      throw scale.failure("a balanced start has endToEnd or scale, not both; remove one.")
    }
    let endToEnd = try file.matrix(node)
    guard endToEnd.rowCount == widths.last, endToEnd.columnCount == widths.first else {
      throw node.failure(
        "the end-to-end matrix is \(endToEnd.shape), which does not fit the widths \(widths); correct one."
      )
    }
    do {
      return try .balanced(endToEnd: endToEnd, hiddenWidths: Array(widths.dropFirst().dropLast()))
    } catch let error as LinearNetworkError {
      throw initial.failure("\(error); widen the hidden layers.")
    }
  }

  private static func spectral(
    _ keys: SpecMapping, _ widths: [Int], _ initial: SpecNode, _ objective: any Objective
  ) throws -> LinearNetwork {
    let node = try keys.required("scales")
    let scales = try node.list().map { try $0.positiveNumber() }
    let imbalances = try keys["imbalance"]?.list().map { try $0.number() } ?? []
    guard imbalances.count <= scales.count else {
      throw initial.failure(
        "there are \(imbalances.count) imbalances for \(scales.count) scales; give at most as many."
      )
    }
    // What the flow from zero learns first: Y, Σyx, or the known entries.
    let reference = -objective.gradient(
      at: Matrix(rowCount: objective.outputCount, columnCount: objective.inputCount))
    do {
      return try .spectral(
        alignedWith: reference,
        inputCovariance: (objective as? RegressionObjective)?.inputCovariance, scales: scales,
        imbalances: imbalances, hiddenWidths: Array(widths.dropFirst().dropLast()))
    } catch let error as LinearNetworkError {
      throw node.failure("\(error); widen the network or give fewer scales.")
    }
  }

  private static func symmetric(
    _ initial: SpecNode, _ widths: [Int]?, _ widthsNode: SpecNode?, _ file: SpecFile,
    _ objective: any Objective, _ generator: inout SeededGenerator
  ) throws -> SymmetricNetwork {
    let (kind, keys) = try kind(initial)
    let size = objective.outputCount
    guard objective.inputCount == size else {
      throw initial.failure(
        "U Uᵀ is square but the objective takes \(size)×\(objective.inputCount) matrices; use a layered network."
      )
    }
    func shape() throws -> (Int, Int) {
      guard let widths, widths.count == 2 || (widths.count == 3 && widths[2] == widths[0]),
        widths[0] == size
      else {
        throw (widthsNode ?? initial).failure(
          "a symmetric network needs the widths [\(size), k] of U; give them.")
      }
      return (widths[0], widths[1])
    }
    switch kind {
    case "layers":
      let files = try keys.required("files")
      let list = try files.list()
      guard list.count == 1 else {
        throw files.failure(
          "a symmetric network has one file, U, not \(list.count); correct the list.")
      }
      let factor = try file.matrix(list[0])
      guard factor.rowCount == size else {
        throw list[0].failure(
          "U is \(factor.shape) but the objective takes \(size)×\(size) matrices; correct the file."
        )
      }
      return SymmetricNetwork(factor: factor)
    case "gaussian":
      let (rows, columns) = try shape()
      return SymmetricNetwork(
        factor: .gaussian(
          rowCount: rows, columnCount: columns,
          standardDeviation: try keys.required("standardDeviation").positiveNumber(),
          using: &generator))
    case "identity":
      let (rows, columns) = try shape()
      return SymmetricNetwork(
        factor: try keys.required("scale").positiveNumber() * .identity(rows, columns))
    case "orthogonal":
      let (rows, columns) = try shape()
      return SymmetricNetwork(
        factor: try keys.required("scale").positiveNumber()
          * .orthogonal(rowCount: rows, columnCount: columns, using: &generator))
    default:
      throw initial.failure(
        "a symmetric network cannot begin '\(kind)'; use layers, gaussian, identity or orthogonal.")
    }
  }

  private static func checkEnds(
    _ widths: [Int], _ objective: any Objective, _ node: SpecNode
  ) throws {
    guard widths.first == objective.inputCount, widths.last == objective.outputCount else {
      throw node.failure(
        "the widths \(widths) do not lead from the objective's \(objective.inputCount) inputs to its \(objective.outputCount) outputs; correct them."
      )
    }
  }
}
