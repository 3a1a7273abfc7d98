import DataFormats
import DeepLinear

/// A trajectory read back from the archive of `simulate`, checked against the specification it is said to be of.
struct TrajectoryFile {
  let path: String
  let trajectory: Trajectory
  /// The recorded quantities that agree with the specification's start; empty when time 0 was not recorded.
  private(set) var matchedAtStart: [String] = []

  init(_ source: DataSource, of spec: SimulationSpec, in context: JobContext) throws {
    path = source.name
    let path = path
    let archive = try NPZArchive(reading: try source.bytes(in: context))
    let missing = ["times", "loss"].filter { archive[$0] == nil }
    guard missing.isEmpty else {
      throw BadInput(
        "\(path): the archive lacks \(Self.list(missing)); give what simulate --output wrote.")
    }
    let arrays = Arrays(path: path, archive: archive)
    let times = try arrays.read("times", nil, [])
    guard !times.isEmpty else {
      throw BadInput("\(path), array 'times': there is not a single time; record some.")
    }
    try Self.check(times, path: path, counting: spec.dynamics.countsSteps)
    let count = times.count
    let (inputs, outputs) = (spec.network.widths[0], spec.network.widths[spec.network.depthIndex])
    let loss = try arrays.read("loss", count, [])
    let values = try arrays.readIfThere("singularValues", count, [min(inputs, outputs)])
    let products = try arrays.readIfThere("endToEnd", count, [outputs, inputs])
    let unbalancedness = try arrays.readIfThere("unbalancedness", count, [])
    let layers = try arrays.readLayers(spec.network.weightShapes, count)

    let snapshots = (0..<count).map { k in
      Snapshot(
        time: times[k], loss: loss[k],
        singularValues: values.map { Self.part($0, k, of: count) },
        endToEnd: products.map {
          Matrix(rowCount: outputs, columnCount: inputs, elements: Self.part($0, k, of: count))
        },
        layers: layers.map { all in
          zip(all, spec.network.weightShapes).map { elements, shape in
            Matrix(
              rowCount: shape.rows, columnCount: shape.columns,
              elements: Self.part(elements, k, of: count))
          }
        }, unbalancedness: unbalancedness?[k])
    }
    trajectory = Trajectory(
      snapshots: snapshots, outcome: .ended, finalNetwork: spec.network.layered, stepCount: 0)
    matchedAtStart = try matches(spec)
  }

  // MARK: The start

  /// Refuses a trajectory that starts elsewhere than the specification.
  private func matches(_ spec: SimulationSpec) throws -> [String] {
    guard let first = trajectory.snapshots.first, first.time == 0 else { return [] }
    let layers = spec.network.weights
    let w = spec.network.endToEnd
    var found: [String] = []
    func compare(_ name: String, _ distance: Double, _ scale: Double) throws {
      let relative = distance == 0 ? 0 : distance / scale
      guard relative <= 1e-9 else {
        throw BadInput(
          "\(path), array '\(name)': at time 0 it is \(readable(relative)) away, relatively, from the start of "
            + "\(spec.file.path); give the specification and the --seed it was made with.")
      }
      found.append(name)
    }
    for (number, (layer, start)) in zip(first.layers ?? [], layers).enumerated() {
      try compare("layer\(number + 1)", (layer - start).maxAbsolute, start.maxAbsolute)
    }
    if let recorded = first.endToEnd {
      try compare("endToEnd", (recorded - w).maxAbsolute, w.maxAbsolute)
    }
    if let values = first.singularValues {
      let actual = try w.singularValues()
      let distance = zip(values, actual).map { abs($0 - $1) }.max() ?? 0
      try compare("singularValues", distance, actual.first ?? 0)
    }
    // The penalised loss of a regularised flow is not that of the objective.
    if spec.dynamics.kind != .regularizedFlow {
      let objective = spec.objective.objective
      let value = objective.value(at: w)
      let terms = abs(value) + abs(objective.value(at: -w))
      try compare(
        "loss", abs(first.loss - value),
        terms + abs(objective.value(at: Matrix(rowCount: w.rowCount, columnCount: w.columnCount))))
    }
    return found
  }

  private static func check(_ times: [Double], path: String, counting isDescent: Bool) throws {
    for (k, time) in times.enumerated() {
      let place = "\(path), array 'times'"
      guard time >= 0 else {
        throw BadInput("\(place): element \(k) is \(time); times begin at 0.")
      }
      guard !isDescent || time == time.rounded() else {
        throw BadInput("\(place): element \(k) is \(time); a descent counts whole steps.")
      }
      guard k == 0 || time > times[k - 1] else {
        throw BadInput(
          "\(place): element \(k) is \(time) after \(times[k - 1]); times must ascend.")
      }
    }
  }

  private static func part(_ elements: [Double], _ index: Int, of count: Int) -> [Double] {
    let size = elements.count / count
    return Array(elements[index * size..<(index + 1) * size])
  }

  fileprivate static func list(_ names: [String]) -> String {
    (names.count == 1 ? "the array " : "the arrays ")
      + names.map { "'\($0)'" }.joined(separator: ", ")
  }
}

/// The arrays of an archive, each with the shape it must have.
private struct Arrays {
  let path: String
  let archive: NPZArchive

  /// An array of a shape that begins with the number of times, all of it finite.
  func read(_ name: String, _ count: Int?, _ shape: [Int]) throws -> [Double] {
    guard let array = archive[name] else {
      throw BadInput(
        "\(path): the archive lacks \(TrajectoryFile.list([name])); give what simulate --output wrote."
      )
    }
    let expected = [count ?? array.shape.first ?? 0] + shape
    guard array.shape == expected else {
      throw BadInput(
        "\(path), array '\(name)': its shape is \(Self.words(array.shape)) where the specification and the "
          + "times need \(Self.words(expected)); give the trajectory of this specification.")
    }
    if let index = array.elements.firstIndex(where: { !$0.isFinite }) {
      throw BadInput(
        "\(path), array '\(name)': element \(index) is \(array.elements[index]); certify a trajectory that stayed finite."
      )
    }
    return array.elements
  }

  func readIfThere(_ name: String, _ count: Int, _ shape: [Int]) throws -> [Double]? {
    archive[name] == nil ? nil : try read(name, count, shape)
  }

  /// All layers, or none.
  func readLayers(_ shapes: [(rows: Int, columns: Int)], _ count: Int) throws -> [[Double]]? {
    let names = shapes.indices.map { "layer\($0 + 1)" }
    let missing = names.filter { archive[$0] == nil }
    if missing.count == names.count { return nil }
    guard missing.isEmpty else {
      throw BadInput(
        "\(path): the archive has other layers but lacks \(TrajectoryFile.list(missing)); give what simulate --output wrote."
      )
    }
    return try zip(names, shapes).map { try read($0, count, [$1.rows, $1.columns]) }
  }

  private static func words(_ shape: [Int]) -> String {
    shape.map(String.init).joined(separator: "×")
  }
}

extension NetworkSpec {
  fileprivate var depthIndex: Int { widths.count - 1 }

  /// The weights as `simulate` records them: a symmetric network has the one it was given, U.
  fileprivate var weights: [Matrix] {
    switch start {
    case .layered(let network): network.layers
    case .symmetric(let network): [network.factor]
    }
  }

  fileprivate var weightShapes: [(rows: Int, columns: Int)] {
    weights.map { ($0.rowCount, $0.columnCount) }
  }

  fileprivate var endToEnd: Matrix { layered.endToEnd() }

  fileprivate var layered: LinearNetwork {
    switch start {
    case .layered(let network): network
    case .symmetric(let network): network.layered
    }
  }
}
