import DataFormats
import DeepLinear

// What a layer multiplies with is not always stored as one tensor:
//   weight norm   W = g v/‖v‖, the norm over the directions in which g has length 1
//   LoRA          W = W_0 + (α/r) B A

/// The weight that a layer acts with, and the tensors that it is stored in.
struct StoredWeight {
  /// The tensors it is made of; the first gives type and place to what is written.
  var tensors: [Safetensors.Tensor]
  var shape: [Int]
  var elements: [Double]
  var type: ScalarType
  var bias: Safetensors.Tensor?
  /// Of a pair of LoRA, not yet merged: the layout of W_0 tells how.
  var update: LowRankUpdate?

  /// What a layer of this name may be called with its weights as one.
  static func biasNames(of layer: String) -> [String] {
    ["\(layer).bias", "\(layer)_bias", "\(layer).base_layer.bias"]
  }
}

/// W = W_0 + scale B A.
struct LowRankUpdate {
  var down: Safetensors.Tensor
  var up: Safetensors.Tensor
  var others: [Safetensors.Tensor]
  var scale: Double
}

extension LayerFile {
  /// The weight of a layer.
  ///
  /// - Throws: ``BadInput`` where there is none, or none of floating-point numbers.
  func weight(of layer: String) throws -> StoredWeight {
    var stored: StoredWeight
    let normed = [
      ("\(layer).weight_v", "\(layer).weight_g"),
      (
        "\(layer).parametrizations.weight.original1", "\(layer).parametrizations.weight.original0"
      ),
    ]
    if tensor("\(layer).weight_orig") != nil {
      throw BadInput(
        "\(path): \(layer) has spectral norm; remove it from the layer before the network is saved."
      )
    }
    if let (direction, size) = normed.first(where: { tensor($0.0) != nil }) {
      stored = try normedWeight(layer, direction: direction, size: size)
    } else {
      let names = ["\(layer).weight", "\(layer)_weight", "\(layer).base_layer.weight"]
      guard let name = names.first(where: { tensor($0) != nil }), let found = tensor(name) else {
        throw BadInput(
          "\(path): there is no tensor \(layer).weight; \(advice(on: layer, among: layerNames, isExpanded: false))"
        )
      }
      guard found.shape.count >= 2 else {
        throw BadInput(
          "\(path): \(name) has \(found.shape.count == 1 ? "1 dimension" : "\(found.shape.count) dimensions"); a linear layer has 2, a convolution more."
        )
      }
      let type = try floatingPoint(found)
      stored = StoredWeight(
        tensors: [found], shape: found.shape, elements: try found.array().elements, type: type)
    }
    stored.bias = StoredWeight.biasNames(of: layer).lazy.compactMap { self.tensor($0) }.first
    if let update = try update(of: layer) {
      guard settings.mergesLoRA else {
        throw BadInput(
          "\(path): \(layer) has a pair of LoRA beside its weight; give --merge-lora to add it to the weight."
        )
      }
      stored.update = update
    }
    return stored
  }

  func floatingPoint(_ tensor: Safetensors.Tensor) throws -> ScalarType {
    guard let type = tensor.type, [.float16, .bfloat16, .float32, .float64].contains(type) else {
      throw BadInput(
        "\(path): \(tensor.name) holds \(tensor.type?.rawValue ?? tensor.typeName) numbers; give floating-point weights."
      )
    }
    return type
  }

  private func normedWeight(
    _ layer: String, direction: String, size: String
  ) throws -> StoredWeight {
    guard let v = tensor(direction), let g = tensor(size) else {
      throw BadInput("\(path): \(direction) stands without \(size); save both or the weight alone.")
    }
    let type = try floatingPoint(v)
    // g is a number, or has length 1 in the directions that are summed over.
    let isOne = g.shape.allSatisfy { $0 == 1 }
    guard
      isOne
        || (g.shape.count == v.shape.count
          && zip(g.shape, v.shape).allSatisfy { $0 == 1 || $0 == $1 })
    else {
      throw BadInput(
        "\(path): \(size) does not fit \(direction); remove the weight norm before the network is saved."
      )
    }
    let (sizes, elements) = (try g.array().elements, try v.array().elements)
    // Which size each element belongs to.
    let owners = elements.indices.map { index -> Int in
      if isOne { return 0 }
      var (rest, owner, step) = (index, 0, 1)
      for (extent, kept) in zip(v.shape, g.shape).reversed() {
        if kept > 1 {
          owner += rest % extent * step
          step *= kept
        }
        rest /= extent
      }
      return owner
    }
    let largest = elements.reduce(0) { max($0, abs($1)) }
    var squares = [Double](repeating: 0, count: sizes.count)
    for (owner, element) in zip(owners, elements) where largest > 0 {
      squares[owner] += (element / largest) * (element / largest)
    }
    let weight = zip(owners, elements).map { owner, element in
      squares[owner] > 0 ? sizes[owner] * (element / (largest * squares[owner].squareRoot())) : 0
    }
    return StoredWeight(tensors: [v, g], shape: v.shape, elements: weight, type: type)
  }

  /// The pair of LoRA of a layer, as PEFT, loralib and kohya name it.
  private func update(of layer: String) throws -> LowRankUpdate? {
    func pair(_ down: String, _ up: String) -> [(Safetensors.Tensor, Safetensors.Tensor)] {
      tensorNames.compactMap { name in
        guard name.hasPrefix("\(layer).\(down)"), let a = tensor(name) else { return nil }
        let rest = name.dropFirst("\(layer).\(down)".count)
        return tensor("\(layer).\(up)\(rest)").map { (a, $0) }
      }
    }
    let pairs = pair("lora_A", "lora_B") + pair("lora_down", "lora_up")
    guard let (down, up) = pairs.first else { return nil }
    guard pairs.count == 1 else {
      throw BadInput("\(path): \(layer) has \(pairs.count) pairs of LoRA; keep one of them.")
    }
    let alpha = tensor("\(layer).alpha")
    let rank = Double(max(down.shape.first ?? 1, 1))
    let stored = try alpha.map { try $0.array().elements.first.map { $0 / rank } } ?? nil
    return LowRankUpdate(
      down: down, up: up, others: alpha.map { [$0] } ?? [],
      scale: settings.scaleOfLoRA ?? stored ?? adapterScale(rank: rank) ?? 1)
  }

  /// α/r from PEFT's file beside the network.
  private func adapterScale(rank: Double) -> Double? {
    guard let adapter = settings.adapter, let alpha = adapter.alpha else { return nil }
    return adapter.isRankStabilized == true ? alpha / rank.squareRoot() : alpha / rank
  }

  /// The weight with its pair of LoRA added.
  func merged(_ stored: StoredWeight, form: LayerForm, groups: Int, layer: String) throws
    -> StoredWeight
  {
    guard let update = stored.update else { return stored }
    let (down, up) = (update.down, update.up)
    func block(_ tensor: Safetensors.Tensor) throws -> Matrix {
      _ = try floatingPoint(tensor)
      return Matrix(
        rowCount: tensor.shape.first ?? 0, columnCount: tensor.shape.dropFirst().reduce(1, *),
        elements: try tensor.array().elements)
    }
    let (a, b) = (try block(down), try block(up))
    let fits =
      a.rowCount == b.columnCount && form != .transposedConvolution
      && [b.rowCount, a.columnCount]
        == (form == .inputMajor
          ? [stored.shape[1], stored.shape[0]]
          : [stored.shape[0], stored.shape.dropFirst().reduce(1, *)])
    guard fits else {
      throw BadInput(
        "\(path): \(down.name) and \(up.name) do not make a matrix of the shape of \(layer).weight; merge them before the network is saved."
      )
    }
    let product = form == .inputMajor ? (b * a).transposed() : b * a
    var result = stored
    result.elements = zip(stored.elements, product.elements).map { $0 + update.scale * $1 }
    result.tensors += [down, up] + update.others
    result.update = nil
    return result
  }
}

/// As much as is needed of PEFT's `adapter_config.json`.
struct AdapterConfiguration: Decodable {
  var alpha: Double?
  /// Whether α is divided by the root of the rank.
  var isRankStabilized: Bool?

  private enum CodingKeys: String, CodingKey {
    case alpha = "lora_alpha"
    case isRankStabilized = "use_rslora"
  }
}
