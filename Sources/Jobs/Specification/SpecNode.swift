import Yams

/// A value of a specification and the line it stands on.
struct SpecNode {
  let node: Node
  /// The specification's file, as it was given.
  let file: String
  /// The value's place in words: `objective.kind`.
  let name: String

  var line: Int { node.mark?.line ?? 1 }

  /// A sentence about this value.
  func failure(_ problem: String) -> BadInput {
    // A value that was set stands on no line.
    BadInput(node.mark == nil ? "\(file), as set: \(problem)" : "\(file), line \(line): \(problem)")
  }

  func string() throws -> String {
    guard case .scalar(let scalar) = node, !scalar.string.isEmpty else {
      throw failure("\(name) must be a word; correct it.")
    }
    return scalar.string
  }

  func number() throws -> Double {
    guard case .scalar(let scalar) = node, scalar.style == .plain || scalar.style == .any,
      let value = Double(scalar.string), value.isFinite
    else { throw failure("\(name) must be a finite number\(found); correct it.") }
    return value
  }

  func positiveNumber() throws -> Double {
    let value = try number()
    guard value > 0 else { throw failure("\(name) must be positive, not \(value); correct it.") }
    return value
  }

  func integer(from least: Int = 0) throws -> Int {
    guard let value = Int(exactly: try number()), value >= least else {
      throw failure("\(name) must be a whole number of at least \(least)\(found); correct it.")
    }
    return value
  }

  /// A seed, exact beyond 2⁵³ as well.
  func seed() throws -> UInt64 {
    guard case .scalar(let scalar) = node, scalar.style == .plain || scalar.style == .any,
      let value = UInt64(scalar.string)
        ?? Double(scalar.string).flatMap({ $0 < 0x1p53 ? UInt64(exactly: $0) : nil })
    else {
      throw failure("\(name) must be a whole number from 0 to \(UInt64.max)\(found); correct it.")
    }
    return value
  }

  func boolean() throws -> Bool {
    switch node.scalar?.string {
    case "true": return true
    case "false": return false
    default: throw failure("\(name) must be true or false\(found); correct it.")
    }
  }

  func list() throws -> [SpecNode] {
    guard case .sequence(let sequence) = node else {
      throw failure("\(name) must be a list in brackets\(found); correct it.")
    }
    return sequence.enumerated().map { index, item in
      SpecNode(node: item, file: file, name: "\(name)[\(index)]")
    }
  }

  /// One of the names of a set of choices.
  func choice(_ choices: [String]) throws -> String {
    let word = try string()
    guard choices.contains(word) else {
      throw failure(
        "\(name) cannot be '\(word.prefix(40))'; did you mean '\(SpecReference.choiceHint(for: word, among: choices))'? "
          + "Known: \(choices.joined(separator: ", ")).")
    }
    return word
  }

  /// The value as one line of text, keys in alphabetical order.
  ///
  /// - Parameter left: keys by their place in words that are left out.
  func canonicalText(without left: Set<String>) -> String {
    switch node {
    case .scalar(let scalar):
      return scalar.string.debugDescription
    case .sequence(let sequence):
      let items = sequence.map { item in
        SpecNode(node: item, file: file, name: name).canonicalText(without: left)
      }
      return "[\(items.joined(separator: ", "))]"
    case .mapping(let mapping):
      let items = mapping.compactMap { key, value -> String? in
        let word = key.string ?? ""
        let place = name.isEmpty ? word : "\(name).\(word)"
        guard !left.contains(place) else { return nil }
        let value = SpecNode(node: value, file: file, name: place)
        return "\(word.debugDescription): \(value.canonicalText(without: left))"
      }
      return "{\(items.sorted().joined(separator: ", "))}"
    case .alias: return "*"
    }
  }

  func mapping() throws -> SpecMapping {
    guard case .mapping(let mapping) = node else {
      throw failure("\(name) must have keys with values\(found); correct it.")
    }
    return SpecMapping(node: self, mapping: mapping)
  }

  private var found: String {
    switch node {
    case .scalar(let scalar): ", not '\(scalar.string.prefix(40))'"
    case .mapping: ", not keys with values"
    case .sequence: ", not a list"
    case .alias: ", not an alias"
    }
  }
}

/// Keys with values, each taken once; keys that nobody takes are errors.
struct SpecMapping {
  let node: SpecNode
  let mapping: Node.Mapping

  /// Refuses every key that is not among those known here.
  func allow(_ keys: [String]) throws {
    var seen: Set<String> = []
    for (key, _) in mapping {
      let word = key.string ?? ""
      let place = SpecNode(node: key, file: node.file, name: node.name)
      guard keys.contains(word) else {
        if word == "<<" {
          throw place.failure("merge keys are not read here; write the keys out.")
        }
        throw place.failure(
          "unknown key '\(word.prefix(40))'\(node.name.isEmpty ? "" : " in \(node.name)"); "
            + "did you mean '\(nearest(to: word, among: keys))'?")
      }
      guard seen.insert(word).inserted else {
        throw place.failure("the key '\(word)' is given twice; remove one.")
      }
    }
  }

  subscript(key: String) -> SpecNode? {
    // By letters: two nodes are compared with their types, which takes a thousand times as long to find out.
    guard let value = mapping.first(where: { $0.key.scalar?.string == key })?.value else {
      return nil
    }
    return SpecNode(
      node: value, file: node.file, name: node.name.isEmpty ? key : "\(node.name).\(key)")
  }

  func required(_ key: String) throws -> SpecNode {
    guard let value = self[key] else {
      let place = node.name.isEmpty ? "the specification" : node.name
      throw node.failure("\(place) lacks the key '\(key)'; add it.")
    }
    return value
  }
}

/// The choice with the fewest changes of letters to a word.
func nearest(to word: String, among choices: [String]) -> String {
  choices.min { editDistance(word, $0) < editDistance(word, $1) } ?? ""
}

/// How many of the first 40 letters must change, whatever their case.
func editDistance(_ first: String, _ second: String) -> Int {
  let (a, b) = (Array(first.prefix(40).lowercased()), Array(second.prefix(40).lowercased()))
  var row = Array(0...b.count)
  for (i, x) in a.enumerated() {
    var diagonal = row[0]
    row[0] = i + 1
    for (j, y) in b.enumerated() {
      let above = row[j + 1]
      row[j + 1] = min(above + 1, row[j] + 1, diagonal + (x == y ? 0 : 1))
      diagonal = above
    }
  }
  return row[b.count]
}
