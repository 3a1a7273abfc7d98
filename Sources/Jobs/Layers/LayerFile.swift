import DataFormats
import DeepLinear

/// The layers of a network in `.safetensors` files, by their names.
package struct LayerFile {
  let path: String
  let settings: Settings
  private(set) var network: NetworkFiles
  /// The tensors by name: networks have thousands.
  private var byName: [String: Safetensors.Tensor] = [:]

  /// What the user says about layers that their tensors do not tell.
  struct Settings {
    var form: LayerSettings<LayerForm>
    var groups: LayerSettings<Int>
    /// Convolutions have stride 1 and pad nothing.
    var isUnpadded = false
    var mergesLoRA = false
    var scaleOfLoRA: Double?
    /// PEFT's file beside the network.
    var adapter: AdapterConfiguration?
  }

  init(path: String, network: NetworkFiles, settings: Settings) {
    self.path = path
    self.network = network
    self.settings = settings
    for tensor in network.contents.tensors { byName[tensor.name] = tensor }
  }

  var tensorNames: [String] { network.contents.tensors.map(\.name) }

  func tensor(_ name: String) -> Safetensors.Tensor? { byName[name] }

  /// The shape of a layer's weight, or of the larger part of it.
  func matrixShape(of layer: String) -> [Int]? {
    [
      "\(layer).weight", "\(layer)_weight", "\(layer).base_layer.weight", "\(layer).weight_v",
      "\(layer).parametrizations.weight.original1", "\(layer).weight_orig",
    ].lazy.compactMap { tensor($0)?.shape }.first
  }

  /// Puts tensors in the places of some; those in the place of the first named come first.
  ///
  /// - Throws: ``BadInput`` if a name is taken already by a tensor that stays.
  mutating func replace(_ replacements: [(name: String, by: [Safetensors.Tensor])]) throws {
    let gone = Set(replacements.map(\.name))
    for tensor in replacements.flatMap(\.by) where !gone.contains(tensor.name) {
      guard byName[tensor.name] == nil else {
        throw BadInput(
          "\(path): \(tensor.name) exists already; rename it, or collapse the layer first.")
      }
    }
    for (name, _) in replacements { byName[name] = nil }
    // A name is free only when its tensor has gone: first all go but the places they leave.
    for (name, tensors) in replacements where tensors.isEmpty { network.replace(name, with: []) }
    for (name, tensors) in replacements where !tensors.isEmpty {
      network.replace(name, with: tensors)
      for tensor in tensors { byName[tensor.name] = tensor }
    }
  }

  /// The other layers with the same weight, to the bit; not those whose entries are all alike.
  func layers(tiedTo layer: String) -> [String] {
    guard let own = tensor("\(layer).weight"), own.shape.count >= 2, own.bytes.count > 64 else {
      return []
    }
    let size = own.type?.byteCount ?? 1
    let first = own.bytes.prefix(size)
    let isUniform = stride(from: 0, to: own.bytes.count, by: size).allSatisfy {
      own.bytes[$0..<min($0 + size, own.bytes.count)].elementsEqual(first)
    }
    guard !isUniform else { return [] }
    return layerNames.filter { other in
      guard other != layer, let tensor = tensor("\(other).weight") else { return false }
      return tensor.shape == own.shape && tensor.typeName == own.typeName
        && tensor.bytes == own.bytes
    }
  }

  /// The names that the metadata gives to a tensor besides its own, as `safetensors.torch.save_model` writes them for
  /// tied weights.
  func aliases(of name: String) -> [String] {
    network.contents.metadata.filter { $0.value == name && byName[$0.key] == nil }.map(\.key)
      .sorted()
  }

  /// Lets the metadata name other tensors instead of one.
  mutating func renameAlias(_ alias: String, to pairs: [(alias: String, name: String)]) {
    network.mapMetadata { metadata in
      guard metadata[alias] != nil else { return metadata }
      var metadata = metadata
      metadata[alias] = nil
      for pair in pairs { metadata[pair.alias] = pair.name }
      return metadata
    }
  }
}
