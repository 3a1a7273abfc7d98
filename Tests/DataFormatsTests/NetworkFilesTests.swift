import DataFormats
import Testing

@Suite struct NetworkFilesTests {
  typealias Tensor = Safetensors.Tensor

  static func tensor(_ name: String, _ value: Double) throws -> Tensor {
    try Tensor(name: name, type: .float32, shape: [2], values: [value, -value])
  }

  /// Two files and their index, as large networks are shared.
  static func write(in folder: TemporaryFolder) throws {
    try Safetensors([tensor("a", 1), tensor("b", 2)], metadata: ["format": "pt"])
      .write(to: folder.file("model-00001-of-00002.safetensors"))
    try Safetensors([tensor("c", 3)]).write(to: folder.file("model-00002-of-00002.safetensors"))
    let index =
      #"{"metadata": {"total_size": 24, "by": {"x": [1, "}"]}}, "other": null, "weight_map":"#
      + #" {"a": "model-00001-of-00002.safetensors", "c": "model-00002-of-00002.safetensors","#
      + #" "b": "model-00001-of-00002.safetensors"}}"#
    folder.write(Array(index.utf8), "model.safetensors.index.json")
  }

  @Test func anIndexIsReadAndWritten() throws {
    let folder = TemporaryFolder()
    try Self.write(in: folder)
    var network = try NetworkFiles(path: folder.file("model.safetensors.index.json"))
    #expect(network.contents.tensors.map(\.name) == ["a", "b", "c"])
    network.replace("a", with: [try Self.tensor("a.0", 4), try Self.tensor("a.1", 5)])
    let path = folder.file("new.safetensors.index.json")
    try network.write(to: path)
    let first = try Safetensors(
      reading: ByteSource(path: folder.file("new-00001-of-00002.safetensors")))
    #expect(first.tensors.map(\.name) == ["a.0", "a.1", "b"] && first.metadata == ["format": "pt"])
    let back = try NetworkFiles(path: path)
    #expect(back == network)
    let index = String(decoding: folder.read("new.safetensors.index.json"), as: UTF8.self)
    #expect(index.contains(#""total_size": 32"#) && index.contains(#""by": {"x": [1, "}"]}"#))
    // All in one file.
    try network.write(to: folder.file("one.safetensors"))
    let one = try NetworkFiles(path: folder.file("one.safetensors"))
    #expect(one.contents.tensors == network.contents.tensors)
    #expect(throws: DataFormatError.self) { try network.write(to: path) }
  }

  @Test(arguments: [
    (#"{"weight_map": {"a": "nowhere.safetensors"}}"#, "nowhere.safetensors"),
    (#"{"weight_map": {"a": "../x.safetensors"}}"#, "lie beside it"),
    (#"{"metadata": {}}"#, "no weight_map"), (#"{"weight_map": {"a": 1}}"#, "no weight_map"),
    (#"{"weight_map": {"z": "model-00002-of-00002.safetensors"}}"#, "does not name it"),
    (
      #"{"weight_map": {"c": "model-00002-of-00002.safetensors", "z": "model-00002-of-00002.safetensors"}}"#,
      "does not hold it"
    ),
  ])
  func damageIsNamed(text: String, word: String) throws {
    let folder = TemporaryFolder()
    try Self.write(in: folder)
    folder.write(Array(text.utf8), "bad.safetensors.index.json")
    let message = sentence { () throws(DataFormatError) in
      _ = try NetworkFiles(path: folder.file("bad.safetensors.index.json"))
    }
    #expect(message.contains(word), "\(message)")
  }
}
