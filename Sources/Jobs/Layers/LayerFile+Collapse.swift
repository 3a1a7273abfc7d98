import DataFormats
import DeepLinear

extension LayerFile {
  /// Replaces factors by the layer that they are; a layer that is one already gets its weight as one tensor.
  mutating func collapse(_ layer: String) throws -> ChangedLayer {
    if tensor("\(layer).0.weight") == nil, layerNames.contains(layer) {
      let stored = try weight(of: layer)
      if stored.tensors.count > 1 || stored.update != nil { return try merge(layer, stored) }
    }
    let names = try factorNames(layer)
    let weights = try names.map { name -> StoredWeight in
      let stored = try weight(of: name)
      let tensor = stored.tensors[0]
      if tensor.shape.contains(0) {
        throw BadInput("\(path): \(tensor.name) has no entries, so there is nothing to multiply.")
      }
      return stored
    }
    let (form, groups) = try recogniseChain(layer, names, weights)
    let factors = try zip(names, weights).enumerated().map { number, factor -> [LayerKernel] in
      let group = groups[number]
      let whole = try merged(factor.1, form: form, groups: group, layer: factor.0)
      return form.kernels(shape: whole.shape, elements: whole.elements, groups: group)
    }
    let biases = try zip(names, weights).enumerated().map { number, factor -> [Double]? in
      guard let tensor = factor.1.bias else { return nil }
      let values = try tensor.array().elements
      let outputs = factors[number].reduce(0) { $0 + $1.outputCount }
      guard values.count == outputs else {
        throw BadInput(
          "\(path): \(tensor.name) has \(values.count) numbers for \(outputs) outputs; repair it first."
        )
      }
      return values
    }
    let note = try noteOnKernels(layer, names, factors, biases, form)
    let joined = Self.joined(factors, form: form)
    let whole = form.tensor(of: joined)
    let bias = Self.carried(biases, factors)
    guard (whole.elements + (bias ?? [])).allSatisfy(\.isFinite) else {
      throw BadInput(
        "\(path): the product of the factors of \(layer) holds numbers that are not finite; repair the factors first."
      )
    }
    let one = try Safetensors.Tensor(
      name: weightName(layer), type: weights[0].type, shape: whole.shape, values: whole.elements)
    try replaceFactors(layer, weights, by: one, bias: bias)
    return ChangedLayer(
      layer: layer, kind: form.rawValue, groups: form.hasKernel ? joined.count : nil,
      weights: [one.name],
      parametersBefore: weights.reduce(0) { $0 + $1.elements.count },
      parametersAfter: whole.elements.count, note: note)
  }

  /// `attn.in_proj` stands for `attn.in_proj_weight`.
  private func weightName(_ layer: String) -> String {
    layer == "in_proj" || layer.hasSuffix(".in_proj") ? "\(layer)_weight" : "\(layer).weight"
  }

  /// The weight of weight norm or with its pair of LoRA, as one tensor.
  private mutating func merge(_ layer: String, _ stored: StoredWeight) throws -> ChangedLayer {
    // Without a pair nothing but the label depends on how it acts.
    let (form, groups) =
      try stored.update == nil
      ? (stored.shape.count > 2 ? LayerForm.convolution : .linear, 1) : recognise(layer, stored)
    let whole = try merged(stored, form: form, groups: groups, layer: layer)
    let name = weightName(layer)
    let tensor = try Safetensors.Tensor(
      name: name, type: whole.type, shape: whole.shape, values: whole.elements)
    var replacements: [(name: String, by: [Safetensors.Tensor])] = [
      (whole.tensors[0].name, [tensor])
    ]
    replacements += whole.tensors.dropFirst().map { ($0.name, []) }
    if let bias = whole.bias, bias.name.hasSuffix(".base_layer.bias") {
      replacements.append((bias.name, [bias.renamed("\(layer).bias")]))
    }
    try replace(replacements)
    return ChangedLayer(
      layer: layer, kind: form.rawValue, groups: form.hasKernel ? groups : nil, weights: [name],
      parametersBefore: whole.tensors.reduce(0) { $0 + $1.shape.reduce(1, *) },
      parametersAfter: whole.elements.count)
  }

  private mutating func replaceFactors(
    _ layer: String, _ weights: [StoredWeight], by merged: Safetensors.Tensor, bias: [Double]?
  ) throws {
    var replacements: [(name: String, by: [Safetensors.Tensor])] = [
      (weights[0].tensors[0].name, [merged])
    ]
    replacements += weights.flatMap(\.tensors).dropFirst().map { ($0.name, []) }
    let old = weights.compactMap(\.bias)
    replacements += old.dropLast().map { ($0.name, []) }
    if let bias, let last = old.last {
      let name = merged.name.hasSuffix("_weight") ? "\(layer)_bias" : "\(layer).bias"
      replacements.append(
        (
          last.name,
          [
            try Safetensors.Tensor(
              name: name, type: try floatingPoint(last), shape: [bias.count], values: bias)
          ]
        ))
    }
    for alias in aliases(of: weights[0].tensors[0].name) where alias.hasSuffix(".0.weight") {
      renameAlias(alias, to: [("\(alias.dropLast(".0.weight".count)).weight", merged.name)])
    }
    try replace(replacements)
  }

  /// One kernel for each group, or one alone where some factors have no groups.
  private static func joined(_ factors: [[LayerKernel]], form: LayerForm) -> [LayerKernel] {
    let groups = factors.map(\.count).min() == factors.map(\.count).max() ? factors[0].count : 1
    let kernels = factors.map { groups == 1 ? [dense($0)] : $0 }
    return (0..<groups).map { group in
      kernels.dropFirst().reduce(kernels[0][group]) { $1[group].after($0) }
    }
  }

  /// The groups of a layer as one, zero between them.
  private static func dense(_ groups: [LayerKernel]) -> LayerKernel {
    guard groups.count > 1 else { return groups[0] }
    let (outputs, inputs) = (groups[0].outputCount, groups[0].inputCount)
    let matrices = groups[0].matrices.indices.map { position in
      var elements = [Double](repeating: 0, count: groups.count * outputs * groups.count * inputs)
      for (group, kernel) in groups.enumerated() {
        for row in 0..<outputs {
          for column in 0..<inputs {
            let place = (group * outputs + row) * groups.count * inputs + group * inputs + column
            elements[place] = kernel.matrices[position][row, column]
          }
        }
      }
      return Matrix(
        rowCount: groups.count * outputs, columnCount: groups.count * inputs, elements: elements)
    }
    return LayerKernel(extents: groups[0].extents, matrices: matrices)
  }

  private static func carried(_ biases: [[Double]?], _ factors: [[LayerKernel]]) -> [Double]? {
    var carried: [Double]?
    for (bias, kernels) in zip(biases, factors) {
      if let before = carried {
        let width = before.count / kernels.count
        carried = kernels.enumerated().flatMap {
          $1.applied(toConstant: Array(before[$0 * width..<($0 + 1) * width]))
        }
      }
      if let bias { carried = carried.map { zip($0, bias).map(+) } ?? bias }
    }
    return carried
  }

  /// Refuses what no one layer is, and says what must hold where the file does not tell.
  private func noteOnKernels(
    _ layer: String, _ names: [String], _ factors: [[LayerKernel]], _ biases: [[Double]?],
    _ form: LayerForm
  ) throws -> String? {
    let wide = factors.indices.filter { factors[$0][0].isWide }
    if wide.count > 1, !settings.isUnpadded {
      throw BadInput(
        "\(path): \(names[wide[0]]) and \(names[wide[1]]) both have kernels wider than 1; they are one layer only with stride 1 and without padding: give --unpadded if that is so."
      )
    }
    guard let last = wide.last, biases[..<last].contains(where: { $0 != nil }) else { return nil }
    if form == .transposedConvolution {
      throw BadInput(
        "\(path): a bias before the transposed kernel of \(names[last]) does not come through it as one number for each output; keep \(layer) as it is."
      )
    }
    return settings.isUnpadded
      ? nil : "exact where \(names[last]) pads nothing: a bias before it is not seen in the padding"
  }

  /// How the factors act, and the groups of each.
  private func recogniseChain(
    _ layer: String, _ names: [String], _ weights: [StoredWeight]
  ) throws -> (LayerForm, [Int]) {
    let shapes = weights.map(\.shape)
    func fits(_ form: LayerForm, _ groups: [Int]) -> Bool {
      zip(zip(shapes, groups), zip(shapes, groups).dropFirst()).allSatisfy { below, above in
        let inputs =
          form == .inputMajor || form == .transposedConvolution
          ? above.0[0] : above.0[1] * above.1
        return inputs == form.outputCount(shape: below.0, groups: below.1)
      }
    }
    func misfit() -> BadInput {
      let pair = zip(shapes, shapes.dropFirst()).enumerated().first { $1.0[0] != $1.1[1] }
      let number = pair?.offset ?? 0
      return BadInput(
        "\(path): \(names[number + 1]).weight takes \(shapes[number + 1][1]) inputs but \(names[number]).weight gives \(shapes[number][0]); factors must fit each other."
      )
    }
    guard shapes.allSatisfy({ $0.count == shapes[0].count }) else {
      throw BadInput(
        "\(path): the factors of \(layer) have different numbers of dimensions; they are not layers of one kind."
      )
    }
    let ones = [Int](repeating: 1, count: shapes.count)
    let told = settings.form[layer]
    if shapes[0].count == 2 {
      let forms = (told.map { [$0] } ?? [.linear, .inputMajor]).filter { fits($0, ones) }
      guard let form = forms.first, !form.hasKernel else { throw misfit() }
      if told == nil, forms.count > 1 {
        // All square: as one layer of that shape would be taken.
        var whole = weights[0]
        whole.bias = weights.last?.bias
        return (try recognise(layer, whole).form, ones)
      }
      return (form, ones)
    }
    let groups = settings.groups[layer] ?? 1
    for form in told.map({ [$0] }) ?? [.convolution, .transposedConvolution] where form.hasKernel {
      let choices = groups == 1 ? [ones] : [ones.map { _ in groups }, [groups] + ones.dropFirst()]
      guard let choice = choices.first(where: { fits(form, $0) }) else { continue }
      for (shape, group) in zip(shapes, choice) {
        if let misfit = form.misfit(shape: shape, groups: group) {
          throw BadInput("\(path): a factor of \(layer) \(misfit).")
        }
      }
      if told == nil, form == .convolution, settings.groups[layer] == nil {
        if fits(.transposedConvolution, ones), Self.soundsTransposed(layer) {
          throw BadInput(
            "\(path): the factors of \(layer) may be convolutions or transposed ones; give --kind conv or --kind conv-transpose."
          )
        }
        // Whether the first acts in groups is asked as for one layer.
        let first = try guessGroups(
          form, names[0], weights[0].tensors[0].name, shapes[0],
          weights[0].bias?.shape.reduce(1, *))
        return (form, [first] + choice.dropFirst())
      }
      return (form, choice)
    }
    let ratio = shapes.count > 1 && shapes[1][1] > 0 ? shapes[0][0] / shapes[1][1] : 1
    if settings.groups[layer] == nil, ratio > 1, shapes[0][0] % shapes[1][1] == 0 {
      throw BadInput(
        "\(path): the factors of \(layer) fit each other in \(ratio) groups; give --groups \(ratio) if they act so."
      )
    }
    throw misfit()
  }

  /// `fc1.0`, `fc1.1`, …: without a gap, in which something that is no linear layer would stand.
  private func factorNames(_ layer: String) throws -> [String] {
    let numbers = layerNames.compactMap { name -> Int? in
      guard name.hasPrefix(layer + ".") else { return nil }
      return Int(name.dropFirst(layer.count + 1))
    }.sorted()
    guard let first = numbers.first, let last = numbers.last else {
      throw BadInput(
        "\(path): there is no tensor \(layer).0.weight; \(advice(on: layer, among: expandedNames, isExpanded: true))"
      )
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
