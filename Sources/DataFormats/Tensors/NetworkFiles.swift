/// The tensors of a network in one `.safetensors` file, or in several named by a `.safetensors.index.json`.
///
/// A tensor that takes another's place goes to the same file. Reading takes memory for all of them.
public struct NetworkFiles: Equatable, Sendable {
  /// All tensors, file after file.
  public private(set) var contents: Safetensors

  /// The number of the file of each tensor, counted from zero; empty for one file.
  private var parts: [String: Int] = [:]

  /// What the index says besides, by name, as it is written there.
  private var indexFacts: [(name: String, value: String)] = []

  /// Texts about each file.
  private var metadata: [[String: String]] = []

  static let indexSuffix = ".safetensors.index.json"

  /// Whether a path names an index.
  public static func isIndex(_ path: String) -> Bool { path.hasSuffix(indexSuffix) }

  /// A network in one file.
  public init(_ contents: Safetensors) {
    self.contents = contents
    metadata = [contents.metadata]
  }

  /// Reads a network, from its index if the path names one.
  ///
  /// - Throws: ``DataFormatError`` for a file that cannot be read, and for an index that is none, names files outside
  ///   its folder or misses a tensor.
  public init(path: String) throws(DataFormatError) {
    try DataFormat.refusePickles(path, asTensors: true)
    guard Self.isIndex(path) else {
      contents = try Safetensors(reading: ByteSource(path: path))
      metadata = [contents.metadata]
      return
    }
    let (files, facts) = try Self.index(path)
    let folder = path.lastIndex(of: "/").map { String(path[...$0]) } ?? ""
    var tensors: [Safetensors.Tensor] = []
    for (number, name) in Set(files.values).sorted().enumerated() {
      let part = try Safetensors(reading: ByteSource(path: folder + name))
      for tensor in part.tensors {
        guard files[tensor.name] == name else {
          let place = files[tensor.name].map { "places it in \($0)" } ?? "does not name it"
          throw DataFormatError(
            folder + name, .array(tensor.name), "the index \(path) \(place)",
            "write index and files again")
        }
        parts[tensor.name] = number
      }
      tensors += part.tensors
      metadata.append(part.metadata)
    }
    let found = Set(tensors.map(\.name))
    if let missing = files.keys.filter({ !found.contains($0) }).min() {
      throw DataFormatError(
        path, .array(missing), "the file \(files[missing] ?? "") does not hold it",
        "write index and files again")
    }
    contents = Safetensors(tensors)
    indexFacts = facts
  }

  public static func == (left: NetworkFiles, right: NetworkFiles) -> Bool {
    left.contents == right.contents && left.parts == right.parts && left.metadata == right.metadata
  }

  /// Puts tensors in the place of one; an empty list removes it.
  ///
  /// - Precondition: no two tensors have the same name afterwards.
  public mutating func replace(_ name: String, with tensors: [Safetensors.Tensor]) {
    guard let place = contents.tensors.firstIndex(where: { $0.name == name }) else {
      preconditionFailure("there is no tensor \(name) to replace")
    }
    let part = parts[name]
    parts[name] = nil
    contents.tensors.replaceSubrange(place...place, with: tensors)
    for tensor in tensors { parts[tensor.name] = part }
  }

  /// Changes the texts about the files.
  public mutating func mapMetadata(_ change: ([String: String]) -> [String: String]) {
    metadata = metadata.map(change)
    contents.metadata = contents.metadata.isEmpty ? [:] : change(contents.metadata)
  }

  /// The files that ``write(to:overwrite:)`` makes.
  ///
  /// - Throws: ``DataFormatError`` for another extension.
  public func outputs(at path: String) throws(DataFormatError) -> [String] {
    guard Self.isIndex(path) else {
      _ = try DataFormat.of(path, among: [.safetensors])
      return [path]
    }
    let count = metadata.count
    let base = path.dropLast(Self.indexSuffix.count)
    return [path]
      + (1...count).map { "\(base)-\(Self.padded($0))-of-\(Self.padded(count)).safetensors" }
  }

  /// Refuses an index that exists already or has no folder.
  public static func checkOutput(_ path: String, overwrite: Bool) throws(DataFormatError) {
    try OutputFile.check(path, overwrite: overwrite)
  }

  /// Refuses to write where one of the files exists already.
  public func checkOutputs(at path: String, overwrite: Bool) throws(DataFormatError) {
    for file in try outputs(at: path) { try OutputFile.check(file, overwrite: overwrite) }
  }

  /// Writes one file, or as many as were read and an index where the path names one.
  ///
  /// - Throws: ``DataFormatError`` as ``Safetensors/write(to:overwrite:)``.
  public func write(to path: String, overwrite: Bool = false) throws(DataFormatError) {
    guard Self.isIndex(path) else {
      var whole = contents
      whole.metadata = metadata.reduce([:]) { $0.merging($1) { first, _ in first } }
      return try whole.write(to: path, overwrite: overwrite)
    }
    try checkOutputs(at: path, overwrite: overwrite)
    let files = try outputs(at: path)
    for (number, file) in files.dropFirst().enumerated() {
      let tensors = contents.tensors.filter { (parts[$0.name] ?? 0) == number }
      try Safetensors(tensors, metadata: metadata[number]).write(to: file, overwrite: overwrite)
    }
    try OutputFile.write(to: path, overwrite: overwrite, compressing: false) {
      sink throws(DataFormatError) in try sink.write(Array(indexText(files).utf8))
    }
  }

  private func indexText(_ files: [String]) -> String {
    let total = contents.tensors.reduce(0) { $0 + $1.bytes.count }
    let facts = indexFacts.filter { $0.name != "total_size" } + [("total_size", "\(total)")]
    let places = contents.tensors.map { tensor in
      let file = files[1 + (parts[tensor.name] ?? 0)].split(separator: "/").last ?? ""
      return "    \(JSONScanner.quoted(tensor.name)): \(JSONScanner.quoted(String(file)))"
    }
    let lines = facts.map { "    \(JSONScanner.quoted($0.0)): \($0.1)" }
    return """
      {
        "metadata": {
      \(lines.joined(separator: ",\n"))
        },
        "weight_map": {
      \(places.joined(separator: ",\n"))
        }
      }

      """
  }

  private static func index(
    _ path: String
  ) throws(DataFormatError) -> ([String: String], [(name: String, value: String)]) {
    let stream = try ByteStream(ByteSource(path: path), decompressing: false)
    var scanner = JSONScanner(try stream.bytes(stream.remaining))
    var files: [String: String] = [:]
    var facts: [(name: String, value: String)] = []
    let isWhole = scanner.object { key, scanner in
      switch key {
      case "weight_map":
        scanner.object { tensor, scanner in
          guard let file = scanner.string() else { return false }
          return files.updateValue(file, forKey: tensor) == nil
        }
      case "metadata":
        scanner.object { name, scanner in
          guard let value = scanner.written() else { return false }
          facts.append((name, value))
          return true
        }
      default: scanner.written() != nil
      }
    }
    guard isWhole, scanner.isAtEnd, !files.isEmpty else {
      throw .notThisFormat(
        path, format: "safetensors index", problem: "it has no weight_map of names to files")
    }
    if let bad = files.values.first(where: { $0.contains("/") || !$0.hasSuffix(".safetensors") }) {
      throw DataFormatError(
        path, "it names the file \(Excerpt.quoted(bad.utf8))",
        "the files of an index lie beside it and end in .safetensors")
    }
    return (files, facts)
  }

  private static func padded(_ number: Int) -> String {
    let digits = String(number)
    return String(repeating: "0", count: max(5 - digits.count, 0)) + digits
  }
}
