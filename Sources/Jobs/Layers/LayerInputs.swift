import DataFormats

/// What flows into the layers, as it was given: an array for a layer, or an archive with one for each.
struct LayerInputs {
  private let sources: [String: DataSource]
  private let context: JobContext
  private let archive: NPZArchive?
  private let isOnly: Bool

  init(_ sources: [String: DataSource], layers: [String], in context: JobContext) throws {
    self.sources = sources
    self.context = context
    isOnly = layers.count == 1
    let common = sources[""]
    archive =
      try common.map { $0.name.lowercased().hasSuffix(".npz") } == true
      ? common.map { try NPZArchive(reading: $0.bytes(in: context)) } : nil
    if let common, archive == nil, !isOnly {
      throw BadInput(
        "\(common.name): one array cannot be the inputs of \(layers.count) layers; give --activations NAME=FILE for each, or an archive with an array for each."
      )
    }
    if let unknown = sources.keys.filter({ !$0.isEmpty && !layers.contains($0) }).min() {
      throw BadInput("--activations \(unknown)=…: no such layer is changed; correct the name.")
    }
    if let archive, let common, !layers.contains(where: { archive[$0] != nil }) {
      throw BadInput(
        "\(common.name): it holds no array named as a layer; name each array as its layer, such as \(layers.first ?? "fc1")."
      )
    }
  }

  /// Samples first; nil where nothing was given for a layer.
  func array(of layer: String) throws -> NPYArray? {
    if let own = sources[layer] { return try own.array(in: context) }
    if let archive { return archive[layer] }
    guard isOnly else { return nil }
    return try sources[""]?.array(in: context)
  }

  /// What messages call it.
  func name(of layer: String) -> String { (sources[layer] ?? sources[""])?.name ?? "" }
}
