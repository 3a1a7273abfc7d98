import DataFormats
import DeepLinear

// A weight's shape does not always tell what acts with it. Its bias has one number for each output; GPT-2's layers have
// names of their own; the channels that other tensors give tell how many a convolution takes. What remains is asked.

extension LayerFile {
  /// How a layer's weight acts, and in how many groups.
  ///
  /// - Throws: ``BadInput`` with the option to give, where that cannot be told.
  func recognise(_ layer: String, _ weight: StoredWeight) throws -> (form: LayerForm, groups: Int) {
    let (shape, bias) = (weight.shape, weight.bias?.shape.reduce(1, *))
    let name = weight.tensors[0].name
    if shape.contains(0) {
      throw BadInput("\(path): \(name) has no entries, so there is nothing to factorize.")
    }
    let told = settings.form[layer]
    let form = try told ?? guess(layer, name, shape, bias)
    let groups =
      try form.hasKernel
      ? (settings.groups[layer] ?? guessGroups(form, layer, name, shape, bias)) : 1
    if let misfit = form.misfit(shape: shape, groups: groups) {
      throw BadInput("\(path): \(name) \(misfit).")
    }
    let outputs = form.outputCount(shape: shape, groups: groups)
    if let bias, bias != outputs {
      throw BadInput(
        "\(path): the bias of \(layer) has \(bias) numbers for \(outputs) outputs; repair it, or give --kind or --groups if the layer is another."
      )
    }
    return (form, groups)
  }

  private func guess(
    _ layer: String, _ name: String, _ shape: [Int], _ bias: Int?
  ) throws -> LayerForm {
    if shape.count == 2 { return try guessMatrix(layer, name, shape, bias) }
    let fits = bias.map { $0 == shape[0] } ?? true
    let fitsTransposed = bias.map { $0 % shape[1] == 0 && shape[0] % ($0 / shape[1]) == 0 } ?? true
    let soundsTransposed = Self.soundsTransposed(layer)
    switch (fits, fitsTransposed && bias != shape[0]) {
    case (true, false):
      guard soundsTransposed, fitsTransposed else { return .convolution }
      throw BadInput(
        "\(path): \(name) may be a convolution or a transposed one; give --kind conv or --kind conv-transpose."
      )
    case (false, true): return .transposedConvolution
    case (true, true):
      let isKnown =
        shape[1] == 3 || channels(besides: layer).contains(shape[1])
        || settings.groups[layer] != nil
      if isKnown, !soundsTransposed { return .convolution }
      throw BadInput(
        "\(path): \(name) may be a convolution or a transposed one; give --kind conv or --kind conv-transpose, with --groups where it has some."
      )
    case (false, false):
      throw BadInput(
        "\(path): the bias of \(layer) has \(bias ?? 0) numbers, which fit neither side of \(name); repair it first."
      )
    }
  }

  static func soundsTransposed(_ layer: String) -> Bool {
    let name = layer.lowercased()
    return transposedWords.contains { name.contains($0) }
      || name.split(separator: ".").contains { $0.hasPrefix("up") }
  }

  private static let transposedWords = ["deconv", "transpose", "convt", "tconv"]

  private func guessMatrix(
    _ layer: String, _ name: String, _ shape: [Int], _ bias: Int?
  ) throws -> LayerForm {
    if bias == nil, Self.isEmbedding(layer) {
      throw BadInput(
        "\(path): \(name) is an embedding by its name, whose rows are looked up; give --kind linear if it is a linear layer."
      )
    }
    let isGPT2 = Self.gpt2Names.contains(Self.lastPart(of: layer))
    if let bias, shape[0] != shape[1] {
      if bias == shape[0] { return .linear }
      if bias == shape[1], isGPT2 { return .inputMajor }
      let remedy =
        bias == shape[1]
        ? "give --kind gpt2 if the weight is stored inputs by outputs, or repair the bias"
        : "repair it first"
      throw BadInput(
        "\(path): the bias of \(layer) has \(bias) numbers for \(shape[0]) outputs; \(remedy).")
    }
    guard isGPT2 else { return .linear }
    // Square or without a bias: as its like in the same file.
    let others = layerNames.compactMap { other -> Bool? in
      guard other != layer, Self.gpt2Names.contains(Self.lastPart(of: other)),
        let shape = tensor("\(other).weight")?.shape, shape.count == 2, shape[0] != shape[1],
        let bias = tensor("\(other).bias")?.shape.reduce(1, *)
      else { return nil }
      return bias == shape[1] ? true : bias == shape[0] ? false : nil
    }
    guard let first = others.first, others.allSatisfy({ $0 == first }) else {
      throw BadInput(
        "\(path): \(name) may be stored outputs by inputs or, as GPT-2 does, inputs by outputs; give --kind linear or --kind gpt2."
      )
    }
    return first ? .inputMajor : .linear
  }

  private static let gpt2Names: Set<String> = ["c_attn", "c_proj", "c_fc", "q_attn"]

  static func isEmbedding(_ layer: String) -> Bool {
    let last = lastPart(of: layer).lowercased()
    return last == "wte" || last == "wpe" || last == "emb" || last.contains("embed")
  }

  private static func lastPart(of layer: String) -> String {
    layer.split(separator: ".").last.map(String.init) ?? layer
  }

  func guessGroups(
    _ form: LayerForm, _ layer: String, _ name: String, _ shape: [Int], _ bias: Int?
  ) throws -> Int {
    if form == .transposedConvolution { return bias.map { max($0 / shape[1], 1) } ?? 1 }
    // Three channels are a picture's; others come from somewhere in the network.
    if shape[1] == 3 || (shape[1] > 1 && channels(besides: layer).contains(shape[1])) { return 1 }
    throw BadInput(
      "\(path): whether \(name) acts in groups cannot be told from its shape; give --groups 1 if it does not, or their number (\(shape[0]) for a depthwise one)."
    )
  }

  /// How many channels the other tensors give.
  private func channels(besides layer: String) -> Set<Int> {
    Set(
      network.contents.tensors.compactMap { tensor in
        guard !tensor.name.hasPrefix(layer + "."), tensor.shape.count >= 1,
          Self.layer(ofWeight: tensor.name) != nil
        else { return nil }
        return tensor.shape[0]
      })
  }
}
