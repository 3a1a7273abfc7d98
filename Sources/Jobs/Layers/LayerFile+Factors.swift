import DataFormats
import DeepLinear

/// A layer that is to be replaced by factors, before ranks are chosen.
struct FactorizationPlan {
  var layer: String
  /// Layers with the same weight, which get the same factors.
  var tied: [String]
  var weight: StoredWeight
  var form: LayerForm
  var groups: Int
  var kernels: [LayerKernel]
  var blocks: [Matrix]
  var decomposition: LayerDecomposition
  /// What flows in, where it is known.
  var moments: [InputMoments]?

  /// The parameters of factors of a rank; rank 0 is written with width 1. Beyond 2⁵³ there are no more than that.
  func parameterCount(rank: Int, depth: Int, width: Int? = nil) -> Int {
    let width = Double(width ?? max(rank, 1))
    guard depth > 1 else { return blocks[0].count * groups }
    let ends = Double(blocks[0].rowCount + blocks[0].columnCount)
    let count = Double(groups) * width * (ends + Double(depth - 2) * width)
    return Int(min(count, 0x1p53))
  }
}

extension LayerFile {
  /// Looks at a layer and takes it apart.
  ///
  /// - Parameter inputs: arrays of what flows in, samples first.
  func plan(_ layer: String, inputs: NPYArray?, inputName: String) throws -> FactorizationPlan {
    var weight = try weight(of: layer)
    let (form, groups) = try recognise(layer, weight)
    weight = try merged(weight, form: form, groups: groups, layer: layer)
    let kernels = form.kernels(shape: weight.shape, elements: weight.elements, groups: groups)
    let blocks = kernels.map { form.block(of: $0) }
    let tied = layers(tiedTo: layer)
    let lookedUp =
      tied.filter(Self.isEmbedding)
      + aliases(of: weight.tensors[0].name).compactMap(Self.layer(ofWeight:)).filter(
        Self.isEmbedding)
    if let embedding = lookedUp.first {
      throw BadInput(
        "\(path): \(layer) shares its weight with the embedding \(embedding), whose rows are looked up; save them apart before one is changed."
      )
    }
    var moments: [InputMoments]?
    if let inputs {
      guard let rows = form.inputs(shape: inputs.shape, elements: inputs.elements, of: kernels)
      else {
        throw BadInput(
          "\(inputName): inputs of shape \(inputs.shape.map(String.init).joined(separator: "×")) do not fit \(layer), whose weight is \(weight.shape.map(String.init).joined(separator: "×")); give samples first."
        )
      }
      if let bad = inputs.elements.first(where: { !$0.isFinite }) {
        throw BadInput("\(inputName): the inputs of \(layer) hold \(bad); repair them first.")
      }
      guard inputs.elements.contains(where: { $0 != 0 }) else {
        throw BadInput(
          "\(inputName): the inputs of \(layer) are all zero; give those of real data.")
      }
      moments = rows.map { InputMoments(of: $0) }
    }
    // A bias takes up what the mean of the inputs gives. Outputs of a transposed convolution overlap.
    let refits = weight.bias != nil && form != .transposedConvolution
    do {
      let decomposition = try LayerDecomposition(
        of: blocks, moments: moments?.map { refits ? $0.covariance : $0.second })
      return FactorizationPlan(
        layer: layer, tied: tied, weight: weight, form: form, groups: groups, kernels: kernels,
        blocks: blocks, decomposition: decomposition, moments: moments)
    } catch {
      throw BadInput("\(path), layer \(layer): \(error); repair the weight first.")
    }
  }

  /// Replaces a layer, and those tied to it, by factors of a rank.
  mutating func factorize(
    _ plan: FactorizationPlan, rank: Int, by factorizer: LayerFactorizer
  ) throws -> ChangedLayer {
    let groups: [[LayerKernel]]
    do {
      let isWhole = factorizer.depth == 1 && rank == plan.decomposition.largestRank
      let factors =
        try isWhole
        ? plan.blocks.map { [$0] } : factorizer.factors(of: plan.decomposition, rank: rank)
      groups = factors.map {
        plan.form.kernels(ofFactors: $0, extents: plan.kernels[0].extents)
      }
    } catch let failure as LayerFactorizer.Failure {
      throw BadInput("\(path), layer \(plan.layer): \(failure).")
    }
    let tensors = try (0..<factorizer.depth).map { number in
      let tensor = plan.form.tensor(of: groups.map { $0[number] })
      return try Safetensors.Tensor(
        name: "\(plan.layer).\(number).weight", type: plan.weight.type, shape: tensor.shape,
        values: tensor.elements)
    }
    // As they are stored, rounded.
    let products = try storedProducts(tensors, plan)
    for name in [plan.layer] + plan.tied {
      try put(tensors, in: name, of: plan, products: products)
    }
    let differences = zip(products, plan.blocks).map { $0 - $1 }
    return ChangedLayer(
      layer: plan.layer, kind: plan.form.rawValue,
      groups: plan.form.hasKernel ? plan.groups : nil, weights: tensors.map(\.name), rank: rank,
      parametersBefore: plan.weight.elements.count,
      parametersAfter: tensors.reduce(0) { $0 + $1.shape.reduce(1, *) },
      relativeError: ratio(differences.map(\.frobeniusNorm), plan.blocks.map(\.frobeniusNorm)),
      keptEnergy: 1 - plan.decomposition.squaredErrors[rank],
      outputError: outputError(differences, plan), tiedTo: plan.tied.isEmpty ? nil : plan.tied,
      singularValues: plan.decomposition.singularValues)
  }

  private func storedProducts(
    _ tensors: [Safetensors.Tensor], _ plan: FactorizationPlan
  ) throws -> [Matrix] {
    let factors = try tensors.map { tensor in
      plan.form.kernels(
        shape: tensor.shape, elements: try tensor.array().elements, groups: plan.groups
      ).map { plan.form.block(of: $0) }
    }
    return (0..<plan.groups).map { group in
      factors.dropFirst().reduce(factors[0][group]) { $1[group] * $0 }
    }
  }

  /// Writes factors in the place of one layer; its bias goes with the last.
  private mutating func put(
    _ factors: [Safetensors.Tensor], in layer: String, of plan: FactorizationPlan,
    products: [Matrix]
  ) throws {
    let weight = try layer == plan.layer ? plan.weight : self.weight(of: layer)
    let named = factors.enumerated().map { $1.renamed("\(layer).\($0).weight") }
    var replacements: [(name: String, by: [Safetensors.Tensor])] = [
      (weight.tensors[0].name, named)
    ]
    replacements += weight.tensors.dropFirst().map { ($0.name, []) }
    let biasName = "\(layer).\(factors.count - 1).bias"
    if let bias = weight.bias {
      replacements.append((bias.name, [try refitted(bias, plan, products).renamed(biasName)]))
    }
    // Tied weights that are stored once and named in the metadata.
    for alias in aliases(of: weight.tensors[0].name) {
      guard let other = Self.layer(ofWeight: alias) else { continue }
      renameAlias(
        alias, to: named.enumerated().map { ("\(other).\($0).weight", $1.name) })
      for old in StoredWeight.biasNames(of: other) {
        if let bias = tensor(old) {
          replacements.append((old, [bias.renamed("\(other).\(factors.count - 1).bias")]))
        }
      }
    }
    try replace(replacements)
  }

  /// The bias that gives the same mean of the outputs: b + (W − W_k) E x.
  private func refitted(
    _ bias: Safetensors.Tensor, _ plan: FactorizationPlan, _ products: [Matrix]
  ) throws -> Safetensors.Tensor {
    guard let moments = plan.moments, plan.form != .transposedConvolution else { return bias }
    let type = try floatingPoint(bias)
    let shift = plan.blocks.indices.flatMap {
      (plan.blocks[$0] - products[$0]) * moments[$0].mean
    }
    return try Safetensors.Tensor(
      name: bias.name, type: type, shape: bias.shape,
      values: zip(try bias.array().elements, shift).map(+))
  }

  private func outputError(_ differences: [Matrix], _ plan: FactorizationPlan) -> Double? {
    guard let moments = plan.moments else { return nil }
    let refits = plan.weight.bias != nil && plan.form != .transposedConvolution
    func size(_ matrices: [Matrix], _ second: (InputMoments) -> Matrix) -> Double {
      zip(matrices, moments).reduce(0) { $0 + max(($1.0 * second($1.1)).inner($1.0), 0) }
        .squareRoot()
    }
    return ratio(
      [size(differences) { refits ? $0.covariance : $0.second }], [size(plan.blocks, \.second)])
  }

  /// The norm of some over the norm of others; 0 where both are nothing.
  private func ratio(_ part: [Double], _ whole: [Double]) -> Double {
    let largest = max(part.max() ?? 0, whole.max() ?? 0)
    guard largest > 0 else { return 0 }
    func norm(_ values: [Double]) -> Double {
      values.reduce(0) { $0 + ($1 / largest) * ($1 / largest) }.squareRoot()
    }
    return norm(part) / norm(whole)
  }
}
