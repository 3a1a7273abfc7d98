import DataFormats
import DeepLinear

/// The layers of a network in a `.safetensors` file, by their names.
package struct LayerFile {
  let path: String
  private(set) var contents: Safetensors

  /// What became of a layer.
  package struct Change: Encodable {
    package var layer: String
    /// The names of the weights that stand in its place.
    package var weights: [String]
    package var rank: Int?
    package var parametersBefore: Int
    package var parametersAfter: Int
    /// ‖W − product‖_F/‖W‖_F, with all weights as they are stored.
    package var relativeError: Double?
    package var keptEnergy: Double?
    /// Of the weight before, for the report alone.
    package var singularValues: [Double] = []

    private enum CodingKeys: String, CodingKey {
      case layer, weights, rank, parametersBefore, parametersAfter, relativeError, keptEnergy
    }
  }

  init(reading source: DataSource, in context: JobContext) throws {
    path = source.name
    contents = try Safetensors(reading: source.bytes(in: context))
  }

  /// Replaces a layer by factors.
  mutating func factorize(_ layer: String, by factorizer: LayerFactorizer) throws -> Change {
    let tensor = try storedWeight("\(layer).weight")
    let weight = try matrix(tensor)
    let fit: LayerFactorizer.Fit
    do {
      fit = try factorizer.fit(weight)
    } catch let failure as LayerFactorizer.Failure {
      throw BadInput("\(path), layer \(layer): \(failure).")
    } catch let failure as DecompositionError {
      throw BadInput("\(path), layer \(layer): \(failure); repair the weight first.")
    }
    let kernel = Array(tensor.shape.dropFirst(2))
    let ones = kernel.map { _ in 1 }
    var factors: [Safetensors.Tensor] = []
    for (number, factor) in fit.factors.enumerated() {
      let inputs = number == 0 ? [tensor.shape[1]] + kernel : [factor.columnCount] + ones
      let name = "\(layer).\(number).weight"
      try requireFree(name)
      factors.append(
        try Safetensors.Tensor(
          name: name, type: tensor.type, shape: [factor.rowCount] + inputs, values: factor.elements)
      )
    }
    var bias: Safetensors.Tensor?
    if let old = contents["\(layer).bias"] {
      let name = "\(layer).\(fit.factors.count - 1).bias"
      try requireFree(name)
      bias = Safetensors.Tensor(name: name, type: old.type, shape: old.shape, bytes: old.bytes)
    }
    let stored = try factors.map { try matrix($0) }
    let product = LayerFactorizer.collapse(
      stored, biases: [[Double]?](repeating: nil, count: stored.count)
    ).weight
    replace(["\(layer).weight": factors, "\(layer).bias": bias.map { [$0] } ?? []])
    let norm = weight.frobeniusNorm
    return Change(
      layer: layer, weights: factors.map(\.name), rank: fit.rank, parametersBefore: weight.count,
      parametersAfter: fit.parameterCount,
      relativeError: norm > 0 ? (product - weight).frobeniusNorm / norm : 0,
      keptEnergy: fit.keptEnergy, singularValues: fit.singularValues)
  }

  /// Replaces factors by the layer that they are.
  mutating func collapse(_ layer: String) throws -> Change {
    let names = try factorNames(layer)
    let tensors = try names.map { try storedWeight($0 + ".weight") }
    let factors = try tensors.map { try matrix($0) }
    for (number, (below, above)) in zip(factors, factors.dropFirst()).enumerated() {
      guard above.columnCount == below.rowCount else {
        throw BadInput(
          """
          \(path): \(names[number + 1]).weight takes \(above.columnCount) inputs but \
          \(names[number]).weight gives \(below.rowCount); factors must fit each other.
          """)
      }
      guard tensors[number + 1].shape.dropFirst(2).allSatisfy({ $0 == 1 }) else {
        throw BadInput(
          "\(path): \(names[number + 1]).weight is a convolution wider than 1×1; only the first factor may be."
        )
      }
    }
    let biases = try names.enumerated().map { number, name in
      try contents[name + ".bias"].map { tensor in
        let values = try tensor.array().elements
        guard values.count == factors[number].rowCount else {
          throw BadInput(
            "\(path): \(name).bias has \(values.count) numbers for \(factors[number].rowCount) outputs; repair it first."
          )
        }
        return values
      }
    }
    let (weight, bias) = LayerFactorizer.collapse(factors, biases: biases)
    let first = tensors[0]
    let merged = try Safetensors.Tensor(
      name: "\(layer).weight", type: first.type, shape: [weight.rowCount] + first.shape.dropFirst(),
      values: weight.elements)
    try requireFree(merged.name)
    var replacements: [String: [Safetensors.Tensor]] = [:]
    for name in names {
      replacements[name + ".weight"] = []
      if contents[name + ".bias"] != nil { replacements[name + ".bias"] = [] }
    }
    replacements[first.name] = [merged]
    if let bias, let last = names.last(where: { contents[$0 + ".bias"] != nil }),
      let old = contents[last + ".bias"]
    {
      replacements[old.name] = [
        try Safetensors.Tensor(
          name: "\(layer).bias", type: old.type, shape: [bias.count], values: bias)
      ]
    }
    replace(replacements)
    return Change(
      layer: layer, weights: [merged.name], rank: nil,
      parametersBefore: factors.reduce(0) { $0 + $1.count }, parametersAfter: weight.count)
  }

  /// Puts other tensors in the places of some.
  private mutating func replace(_ replacements: [String: [Safetensors.Tensor]]) {
    contents.tensors = contents.tensors.flatMap { replacements[$0.name] ?? [$0] }
  }

  private func requireFree(_ name: String) throws {
    guard contents[name] == nil else {
      throw BadInput("\(path): \(name) exists already; rename it, or collapse the layer first.")
    }
  }

  private func storedWeight(_ name: String) throws -> Safetensors.Tensor {
    guard let tensor = contents[name] else {
      throw BadInput("\(path): there is no tensor \(name); \(advice(on: name))")
    }
    guard tensor.shape.count >= 2, !tensor.shape.contains(0) else {
      throw BadInput(
        "\(path): \(name) has \(tensor.shape.count) dimensions; a linear layer has 2, a convolution more."
      )
    }
    guard [.float16, .bfloat16, .float32, .float64].contains(tensor.type) else {
      throw BadInput(
        "\(path): \(name) holds \(tensor.type.rawValue) numbers; give floating-point weights.")
    }
    return tensor
  }

  /// The layer that a name of a weight is likely to mean, or those that there are. A weight `fc1.0.weight` belongs to
  /// a layer `fc1` that was expanded.
  private func advice(on name: String) -> String {
    let suffix = name.hasSuffix(".0.weight") ? ".0.weight" : ".weight"
    let layers = contents.tensors.map(\.name).filter { $0.hasSuffix(suffix) }
      .map { String($0.dropLast(suffix.count)) }
    let kind = suffix == ".weight" ? "layers" : "expanded layers"
    if let near = nearestName(to: String(name.dropLast(suffix.count)), among: layers) {
      return "did you mean --layer \(near)?"
    }
    guard !layers.isEmpty else { return "there are no \(kind) in this file." }
    let more = layers.count > 12 ? " and \(layers.count - 12) more" : ""
    return "the \(kind) are \(layers.prefix(12).joined(separator: ", "))\(more)."
  }

  /// One row for each output; a convolution's kernels lie in the columns.
  private func matrix(_ tensor: Safetensors.Tensor) throws -> Matrix {
    Matrix(
      rowCount: tensor.shape[0], columnCount: tensor.shape.dropFirst().reduce(1, *),
      elements: try tensor.array().elements)
  }

  /// `fc1.0`, `fc1.1`, …: without a gap, in which something that is no linear layer would stand.
  private func factorNames(_ layer: String) throws -> [String] {
    let numbers = contents.tensors.compactMap { tensor -> Int? in
      guard tensor.name.hasPrefix(layer + "."), tensor.name.hasSuffix(".weight") else { return nil }
      return Int(tensor.name.dropFirst(layer.count + 1).dropLast(7))
    }.sorted()
    guard let first = numbers.first, let last = numbers.last else {
      let name = "\(layer).0.weight"
      throw BadInput("\(path): there is no tensor \(name); \(advice(on: name))")
    }
    guard first == 0, last == numbers.count - 1 else {
      let missing = (0...last).first { !numbers.contains($0) } ?? 0
      throw BadInput(
        "\(path): \(layer).\(missing) has no weight; what stands between linear layers, such as an activation, cannot be collapsed."
      )
    }
    return numbers.map { "\(layer).\($0)" }
  }
}
