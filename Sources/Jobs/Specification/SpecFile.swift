import DataFormats
import DeepLinear
import FoundationEssentials
import Yams

/// A specification's text and the folder that its paths are relative to.
struct SpecFile {
  let path: String
  let text: String

  private let isFile: Bool
  private let settings: [SpecSetting]
  private var context: JobContext
  private let named = NamedData()

  /// What the text says, where it was read before.
  private let tree: Node?

  /// - Parameters:
  ///   - settings: values that stand instead of those written.
  ///   - read: the same specification as it was read before; its text is not read again.
  init(
    _ source: SpecSource, settings: [SpecSetting] = [], read: SpecFile? = nil,
    in context: JobContext
  ) throws {
    path = source.name
    if let read {
      (isFile, text, tree) = (read.isFile, read.text, try read.parsed())
      (self.settings, self.context) = (settings, context)
      return
    }
    tree = nil
    self.settings = settings
    self.context = context
    if case .text(let text) = source {
      isFile = false
      self.text = text
      return
    }
    isFile = true
    let data = try ByteSource(path: path).contents(atMost: 1 << 24)
    guard let data, let text = String(validating: data, as: UTF8.self) else {
      throw BadInput("\(path): this is not a readable text file; give YAML or JSON.")
    }
    // The mark that some editors put before UTF-8 is no part of the text.
    self.text = text.hasPrefix("\u{FEFF}") ? String(text.dropFirst()) : text
  }

  /// A specification whose values were not read from a text.
  init(_ values: JSONTree, in context: JobContext) throws {
    let source = SpecSource.text("")
    (path, text, isFile, settings) = (source.name, "", false, [])
    (self.context, tree) = (context, values.node)
    guard case .object = values else {
      throw SpecNode(node: values.node, file: path, name: "").failure(
        "a specification must have keys with values; see simulate --help.")
    }
  }

  /// The whole specification as keys with values.
  func root() throws -> SpecMapping {
    var node = try parsed()
    for setting in settings { try setting.apply(to: &node) }
    return try SpecNode(node: node, file: path, name: "").mapping()
  }

  /// What is written, as keys with values.
  private func parsed() throws -> Node {
    if let tree { return tree }
    try checkProportion()
    let node: Node?
    do {
      node = try Yams.compose(yaml: text)
    } catch let error as YamlError {
      throw BadInput(sentence(about: error))
    }
    guard let node else {
      throw BadInput("\(path), line 1: the specification is empty; write one.")
    }
    guard case .mapping = node else {
      throw SpecNode(node: node, file: path, name: "").failure(
        "a specification must have keys with values; see simulate --help.")
    }
    return node
  }

  /// Adds arrays that `{array: name}` in the specification means.
  mutating func provide(_ arrays: [String: NPYArray]) {
    context.arrays.merge(arrays) { _, new in new }
  }

  /// A path written in the specification, as seen from where the program runs.
  func place(of name: String) -> String {
    if name.hasPrefix("/") { return name }
    guard isFile, let slash = path.lastIndex(of: "/") else { return name }
    return String(path[...slash]) + name
  }

  /// A text of some lines can stand for any number of values where aliases name lists of aliases, and comparing keys
  /// takes longer than their number: more of either than a specification has use for is refused.
  private func checkProportion() throws {
    var (aliases, marks) = (0, 0)
    var (beforeLast, previous) = (UInt8(ascii: "\n"), UInt8(ascii: "\n"))
    for byte in text.utf8 {
      // A bullet, such as in a comment, has a space after its star.
      if previous == UInt8(ascii: "*"), byte > UInt8(ascii: " "),
        " \t\n[{,:?-".utf8.contains(beforeLast)
      {
        aliases += 1
      }
      if byte == UInt8(ascii: ":") || byte == UInt8(ascii: "?") { marks += 1 }
      (beforeLast, previous) = (previous, byte)
    }
    if aliases > Self.largestAliasCount {
      throw BadInput(
        "\(path): there are more than \(Self.largestAliasCount) aliases such as *a; write the values out."
      )
    }
    if marks > Self.largestKeyCount {
      throw BadInput(
        "\(path): there are more than \(Self.largestKeyCount) keys; a specification has a few, see simulate --help."
      )
    }
  }

  private static let largestAliasCount = 16
  private static let largestKeyCount = 10_000

  private func sentence(about error: YamlError) -> String {
    switch error {
    case .scanner(_, let problem, let mark, _), .parser(_, let problem, let mark, _),
      .composer(_, let problem, let mark, _):
      "\(path), line \(mark.line): this is not valid YAML (\(problem)); correct it."
    case .reader(let problem, _, _, _):
      "\(path), line 1: this is not valid YAML (\(problem)); correct it."
    case .duplicatedKeysInMapping(let duplicates, let context):
      "\(path), line \(context.mark.line): the keys \(duplicates.map { "\($0)" }.joined(separator: ", ")) are given twice; remove one."
    default:
      "\(path), line 1: this is not valid YAML; correct it."
    }
  }

  /// A file named in the specification, or `{array: name}` beside the request.
  private func source(of node: SpecNode) throws -> DataSource {
    if case .mapping = node.node {
      let keys = try node.mapping()
      try keys.allow(["array", "upload"])
      if let upload = keys["upload"] { return DataSource(.upload(try upload.string())) }
      return DataSource(.array(try keys.required("array").string()))
    }
    return DataSource(place(of: try node.string()))
  }

  /// Reads data named in the specification; what is wrong with them is told with the line that names them.
  func reading<Value>(
    _ node: SpecNode, _ read: (DataSource, JobContext) throws -> Value
  ) throws -> Value {
    do {
      if case .sequence = node.node {
        // Numbers in place are part of the text, which every digest holds anyway.
        var context = self.context
        context.arrays["in place"] = try InlineArray(node).array
        return try read(DataSource(.array("in place")), context)
      }
      let source = try source(of: node)
      named.sources.append(source)
      return try read(source, context)
    } catch let error as DataFormatError {
      throw BadInput("\(path), line \(node.line): \(error)")
    }
  }

  /// What was read for the specification so far, in the order of reading.
  var data: [DataSource] { named.sources }

  /// A digest of all that was read for the specification.
  func dataDigest() throws -> Digest {
    var digest = Digest()
    for source in named.sources {
      let bytes = try source.bytes(in: context).contents()
      digest.add(withUnsafeBytes(of: UInt64(bytes.count).littleEndian) { Array($0) })
      digest.add(bytes)
    }
    return digest
  }

  func matrix(_ node: SpecNode) throws -> Matrix {
    try reading(node) { try $0.matrix(in: $1) }
  }
}

/// The data that a specification's values were read from.
private final class NamedData {
  var sources: [DataSource] = []
}
