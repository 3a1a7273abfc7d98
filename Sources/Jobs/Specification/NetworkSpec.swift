import DeepLinear
import Yams

/// The key `network`: what is trained, and where it begins.
struct NetworkSpec {
  enum Start {
    case layered(LinearNetwork)
    case symmetric(SymmetricNetwork)
  }

  static let initials =
    ["layers", "gaussian", "balanced", "identity", "spectral", "orthogonal"]
    + LinearNetwork.FanScaling.allCases.map(\.rawValue) + ["identityNoise", "zero"]

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
    try keys.allow(in: "network")
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
    try keys.allow(in: "network.initial", kind: kind)
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
    case "spectral": return try spectral(keys, widths, initial, file, objective, &generator)
    case "orthogonal":
      return .orthogonal(widths: widths, scale: try scale(), using: &generator)
    case "identityNoise":
      return .identity(
        widths: widths, scale: try scale(),
        noise: try keys.required("standardDeviation").positiveNumber(), using: &generator)
    case "zero":
      return LinearNetwork(
        fitting: zip(widths, widths.dropFirst()).map { Matrix(rowCount: $1, columnCount: $0) })
    default:
      guard let scaling = LinearNetwork.FanScaling(rawValue: kind) else {
        throw initial.failure("unknown kind; correct it.")
      }
      return .random(
        scaling, widths: widths, gain: try keys["gain"]?.positiveNumber() ?? 1, using: &generator)
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
    _ keys: SpecMapping, _ widths: [Int], _ initial: SpecNode, _ file: SpecFile,
    _ objective: any Objective, _ generator: inout SeededGenerator
  ) throws -> LinearNetwork {
    let node = try keys.required("scales")
    let scales = try node.list().map { try $0.number() }
    let imbalances = try keys["imbalance"]?.list().map { try $0.number() } ?? []
    guard imbalances.count <= scales.count else {
      throw initial.failure(
        "there are \(imbalances.count) imbalances for \(scales.count) scales; give at most as many."
      )
    }
    let differences = try readDifferences(keys, widths, scales)
    let network: LinearNetwork
    do {
      network = try .spectral(
        alignedWith: reference(objective),
        inputCovariance: (objective as? RegressionObjective)?.inputCovariance, scales: scales,
        imbalances: imbalances, differences: differences,
        hiddenWidths: Array(widths.dropFirst().dropLast()))
    } catch let error as LinearNetworkError {
      throw node.failure("\(error); widen the network or give fewer scales.")
    }
    guard
      let rotations = try readRotations(
        keys, Array(widths.dropFirst().dropLast()), file, &generator)
    else { return network }
    return network.rotatingHiddenUnits(by: rotations)
  }

  /// What the flow from zero learns first: Y, Σyx, or the known entries.
  private static func reference(_ objective: any Objective) -> Matrix {
    -objective.gradient(
      at: Matrix(rowCount: objective.outputCount, columnCount: objective.inputCount))
  }

  /// λ of every mode, from a list or one number for all.
  private static func readDifferences(
    _ keys: SpecMapping, _ widths: [Int], _ scales: [Double]
  ) throws -> [Double] {
    guard let node = keys["difference"] else { return [] }
    guard widths.count == 3 else {
      throw node.failure(
        "\(node.name) is of two layers, and there are \(widths.count - 1); give imbalance, or three widths."
      )
    }
    guard keys["imbalance"] == nil else {
      throw node.failure("a spectral start has imbalance or difference, not both; remove one.")
    }
    if case .sequence = node.node {
      let list = try node.list().map { try $0.number() }
      guard list.count <= scales.count else {
        throw node.failure(
          "there are \(list.count) differences for \(scales.count) scales; give at most as many.")
      }
      return list
    }
    let value = try node.number()
    return scales.map { _ in value }
  }

  /// An orthogonal matrix for each hidden layer; nil where none is asked for.
  private static func readRotations(
    _ keys: SpecMapping, _ hiddenWidths: [Int], _ file: SpecFile,
    _ generator: inout SeededGenerator
  ) throws -> [Matrix]? {
    guard let node = keys["rotation"] else { return nil }
    if case .sequence = node.node {
    } else {
      _ = try node.choice(["random"])
      return hiddenWidths.map {
        .orthogonal(rowCount: $0, columnCount: $0, using: &generator)
      }
    }
    let list = try node.list()
    guard list.count == hiddenWidths.count else {
      throw node.failure(
        "\(node.name) has \(list.count) matrices for \(hiddenWidths.count) hidden layers; give one each."
      )
    }
    return try zip(list, hiddenWidths).map { item, width in
      let matrix = try file.matrix(item)
      guard matrix.rowCount == width, matrix.columnCount == width else {
        throw item.failure(
          "\(item.name) is \(matrix.shape) for \(width) hidden units; give a \(width)×\(width) matrix."
        )
      }
      let error = (matrix.transposedTimes(matrix) - .identity(width)).maxAbsolute
      guard error <= 1e-9 else {
        throw item.failure(
          "\(item.name) is not orthogonal, GᵀG is up to \(readable(error)) from the identity; give an orthogonal matrix."
        )
      }
      return matrix
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
    case "spectral":
      let (rows, columns) = try shape()
      let node = try keys.required("scales")
      let scales = try node.list().map { try $0.nonnegativeNumber() }
      guard scales.count <= min(rows, columns) else {
        throw node.failure(
          "U has \(columns) columns for \(scales.count) scales; widen it or give fewer.")
      }
      for key in ["imbalance", "difference"] {
        if let node = keys[key] {
          throw node.failure("U Uᵀ has no imbalance; remove the key.")
        }
      }
      return try .spectral(
        alignedWith: reference(objective), scales: scales, columnCount: columns,
        rotation: try readRotations(keys, [columns], file, &generator)?.first)
    case "zero":
      let (rows, columns) = try shape()
      return SymmetricNetwork(factor: Matrix(rowCount: rows, columnCount: columns))
    default:
      throw initial.failure(
        "a symmetric network cannot begin '\(kind)'; use layers, gaussian, identity, orthogonal, spectral or zero."
      )
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
