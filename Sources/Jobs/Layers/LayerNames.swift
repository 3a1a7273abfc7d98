import DataFormats

/// A name, or a pattern of names: `*` stands for any text, `?` for one letter, `[abc]` for one of some.
struct NamePattern {
  let text: String

  var isGlob: Bool { text.contains { "*?[".contains($0) } }

  func matches(_ name: String) -> Bool { Self.matches(Array(text)[...], Array(name)[...]) }

  private static func matches(_ pattern: ArraySlice<Character>, _ name: ArraySlice<Character>)
    -> Bool
  {
    // The last star and where its text ended: what follows is tried there again, one letter later.
    var (pattern, name) = (pattern, name)
    var retry: (pattern: ArraySlice<Character>, name: ArraySlice<Character>)?
    while true {
      if pattern.first == "*" {
        pattern = pattern.dropFirst()
        retry = (pattern, name)
        continue
      }
      if name.isEmpty && pattern.isEmpty { return true }
      if let letter = name.first, let rest = Self.rest(of: pattern, after: letter) {
        (pattern, name) = (rest, name.dropFirst())
      } else {
        guard let last = retry, !last.name.isEmpty else { return false }
        retry = (last.pattern, last.name.dropFirst())
        (pattern, name) = (last.pattern, last.name.dropFirst())
      }
    }
  }

  /// What is left of a pattern whose first item a letter fits.
  private static func rest(
    of pattern: ArraySlice<Character>, after letter: Character
  ) -> ArraySlice<Character>? {
    guard let first = pattern.first else { return nil }
    if first == "?" { return pattern.dropFirst() }
    if first == "[", let end = pattern.firstIndex(of: "]") {
      return pattern[..<end].dropFirst().contains(letter)
        ? pattern[pattern.index(after: end)...] : nil
    }
    return first == letter ? pattern.dropFirst() : nil
  }
}

/// What is said about layers by name: `gpt2` for all, or `*.c_proj=gpt2` for some.
struct LayerSettings<Value> {
  private var entries: [(pattern: NamePattern, value: Value)] = []

  /// - Parameter read: nil for a text that says nothing known.
  init(_ texts: [String], option: String, expected: String, read: (String) -> Value?) throws {
    for text in texts {
      let parts = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      let pattern = parts.count == 2 ? String(parts[0]) : "*"
      guard let value = read(String(parts[parts.count - 1])) else {
        throw BadInput("\(option) \(text): give \(expected), or NAME=VALUE for some layers.")
      }
      entries.append((NamePattern(text: pattern), value))
    }
  }

  /// What was said last about a layer; nil if nothing.
  subscript(layer: String) -> Value? { entries.last { $0.pattern.matches(layer) }?.value }
}

extension LayerFile {
  /// The names of all layers, in the order of the file.
  var layerNames: [String] {
    var seen: Set<String> = []
    return tensorNames.compactMap { name in
      guard let layer = Self.layer(ofWeight: name), seen.insert(layer).inserted else { return nil }
      return layer
    }
  }

  /// The names of all layers that stand there as factors, `fc1` for `fc1.0.weight` and `fc1.1.weight`.
  var expandedNames: [String] {
    let names = Set(layerNames)
    return layerNames.compactMap { name in
      guard name.hasSuffix(".0") else { return nil }
      let layer = String(name.dropLast(2))
      return names.contains("\(layer).1") ? layer : nil
    }
  }

  /// The layer that a tensor is the weight of, or a part of the weight.
  static func layer(ofWeight name: String) -> String? {
    if name.hasSuffix(".in_proj_weight") || name == "in_proj_weight" {
      return String(name.dropLast("_weight".count))
    }
    if name.contains(".lora_") { return nil }
    for suffix in [
      ".base_layer.weight", ".weight", ".weight_v", ".parametrizations.weight.original1",
      ".weight_orig",
    ] where name.hasSuffix(suffix) {
      return String(name.dropLast(suffix.count))
    }
    return nil
  }

  /// The layers that names, patterns and lists of them mean.
  ///
  /// - Throws: ``BadInput`` for what means none.
  func layers(named texts: [String], among names: [String], isExpanded: Bool) throws -> [String] {
    var result: [String] = []
    for text in texts {
      // A name may hold a comma, though none is known that does.
      let parts = names.contains(text) ? [text] : text.split(separator: ",").map(String.init)
      for part in parts {
        let pattern = NamePattern(text: part)
        if pattern.isGlob, !names.contains(part) {
          let found = names.filter { pattern.matches($0) && isMatrix($0) }
          guard !found.isEmpty else {
            throw BadInput("\(path): no layer fits --layer '\(part)'; \(list(names, isExpanded))")
          }
          result += found.filter { !result.contains($0) }
        } else {
          // As a layer or by the name of its weight.
          let name =
            names.contains(part)
            ? part : Self.layer(ofWeight: part).flatMap { names.contains($0) ? $0 : nil } ?? part
          if !result.contains(name) { result.append(name) }
        }
      }
    }
    return result
  }

  /// Whether a layer is more than numbers in a row, such as those of a norm.
  func isMatrix(_ layer: String) -> Bool { matrixShape(of: layer).map { $0.count >= 2 } ?? true }

  /// The layer that a name is likely to mean, or those that there are.
  func advice(on layer: String, among names: [String], isExpanded: Bool) -> String {
    if let near = nearestName(to: layer, among: names) { return "did you mean --layer \(near)?" }
    return list(names, isExpanded)
  }

  private func list(_ names: [String], _ isExpanded: Bool) -> String {
    let kind = isExpanded ? "expanded layers" : "layers"
    let names = names.filter(isMatrix)
    guard !names.isEmpty else { return "there are no \(kind) in this file." }
    let more = names.count > 12 ? " and \(names.count - 12) more" : ""
    return "the \(kind) are \(names.prefix(12).joined(separator: ", "))\(more)."
  }
}
