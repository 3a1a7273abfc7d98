import Yams

/// A value that stands instead of the one written in a specification: `network.initial.scale=1e-3`.
///
/// A member of a list has its place in brackets, `network.widths[1]=20`. A key that is not there is added, so that what
/// may be left out can be set; whether anybody knows it, the specification's own reader says.
struct SpecSetting {
  enum Step: Equatable {
    case key(String)
    case place(Int)
  }

  let name: String
  let path: [Step]
  let value: Node

  /// - Parameter text: a key, an equals sign, and a value in YAML.
  /// - Throws: ``BadInput``.
  init(_ text: String, option: String = "--set") throws {
    guard let sign = text.firstIndex(of: "="), sign != text.startIndex else {
      throw BadInput("\(option) takes key=value, as in network.initial.scale=1e-3, not '\(text)'.")
    }
    try self.init(
      name: String(text[..<sign]), value: String(text[text.index(after: sign)...]), option: option)
  }

  /// - Parameters:
  ///   - name: the key's place in words.
  ///   - value: the value in YAML.
  init(name: String, value: String, option: String = "--set") throws {
    guard let node = try? Yams.compose(yaml: value) else {
      throw BadInput("\(option) \(name): '\(value)' is no value; give one in YAML.")
    }
    try self.init(name: name, value: node, option: option)
  }

  init(name: String, value: Node, option: String = "--set") throws {
    guard let path = Self.path(name) else {
      throw BadInput(
        "\(option): '\(name)' is no key; give keys with dots between, and places in a list in brackets."
      )
    }
    self.name = name
    self.path = path
    self.value = value.withoutMarks
  }

  /// `a.b[2]` in steps; nil for what is no such text.
  static func path(_ name: String) -> [Step]? {
    var steps: [Step] = []
    for part in name.split(separator: ".", omittingEmptySubsequences: false) {
      let key = part.prefix { $0 != "[" }
      guard !key.isEmpty, !key.contains("]") else { return nil }
      steps.append(.key(String(key)))
      // `[2][3]`: each place with its bracket in front once the last one behind is gone.
      let places = part.dropFirst(key.count)
      if places.isEmpty { continue }
      guard places.last == "]" else { return nil }
      for place in places.dropLast().split(separator: "]", omittingEmptySubsequences: false) {
        guard place.first == "[", place.dropFirst().allSatisfy(\.isASCII),
          place.dropFirst().allSatisfy(\.isNumber), let number = Int(place.dropFirst())
        else { return nil }
        steps.append(.place(number))
      }
    }
    return steps
  }

  /// Sets the value in a tree.
  func apply(to root: inout Node) throws {
    try Self.set(value, at: path[...], in: &root, name)
  }

  private static func set(
    _ value: Node, at path: ArraySlice<Step>, in node: inout Node, _ name: String
  ) throws {
    guard let step = path.first else {
      node = value
      return
    }
    switch (step, node) {
    case (.key(let key), .mapping(let mapping)):
      var pairs = mapping.map { ($0.key, $0.value) }
      let place = pairs.firstIndex { $0.0.scalar?.string == key }
      var child = place.map { pairs[$0].1 } ?? Node([(Node, Node)]())
      try set(value, at: path.dropFirst(), in: &child, name)
      if let place { pairs[place].1 = child } else { pairs.append((Node(key), child)) }
      node = .mapping(Node.Mapping(pairs, mapping.tag, mapping.style, mapping.mark))
    case (.place(let place), .sequence(var sequence)):
      guard sequence.indices.contains(place) else {
        throw BadInput(
          "\(name): the list has \(sequence.count) members, counted from 0; set one of them or the whole list."
        )
      }
      try set(value, at: path.dropFirst(), in: &sequence[place], name)
      node = .sequence(sequence)
    case (.key(let key), _):
      throw BadInput("\(name): what '\(key)' should stand in has no keys; set that as a whole.")
    case (.place(let place), _):
      throw BadInput("\(name): what should have a member \(place) is no list; set it as a whole.")
    }
  }
}

extension Node {
  /// The value without its place in a text: it stands in none.
  fileprivate var withoutMarks: Node {
    switch self {
    case .scalar(let scalar): .scalar(Scalar(scalar.string, scalar.tag, scalar.style))
    case .sequence(let sequence):
      .sequence(Sequence(sequence.map(\.withoutMarks), sequence.tag, sequence.style))
    case .mapping(let mapping):
      .mapping(
        Mapping(
          mapping.map { ($0.key.withoutMarks, $0.value.withoutMarks) }, mapping.tag, mapping.style))
    case .alias: self
    }
  }

  /// What stands at a place; nil where nothing does.
  func value(at path: some Collection<SpecSetting.Step>) -> Node? {
    guard let step = path.first else { return self }
    switch (step, self) {
    case (.key(let key), .mapping(let mapping)):
      return mapping.first { $0.key.scalar?.string == key }?.value.value(at: path.dropFirst())
    case (.place(let place), .sequence(let sequence)) where sequence.indices.contains(place):
      return sequence[place].value(at: path.dropFirst())
    default: return nil
    }
  }

  /// Every place with a value that has no keys of its own, in words.
  func places(under name: String = "") -> [String] {
    guard case .mapping(let mapping) = self else { return name.isEmpty ? [] : [name] }
    return mapping.flatMap { key, value in
      value.places(under: name.isEmpty ? key.string ?? "" : "\(name).\(key.string ?? "")")
    }
  }
}
