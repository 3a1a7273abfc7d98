import DataFormats
import DeepLinear

// Two tables with names belong together by those names, and not by the order in which somebody sorted them: samples of
// the targets in another order, or new inputs with their columns turned around, would give an answer of nonsense
// without a sign of it. Where one of them has no names, the order is all there is.

/// How the rows or columns of one table are found in another, by name.
struct NamedLines {
  /// What a line is called in sentences: `row`, `column`.
  let kind: String
  let names: [String]
  /// The file that has them.
  let file: String

  init?(_ names: [String]?, kind: String, file: String) {
    guard let names else { return nil }
    (self.names, self.kind, self.file) = (names, kind, file)
  }

  /// For each line of another table its place here; nil where the order is the same.
  ///
  /// - Throws: ``BadInput`` for a name that only one of them has, or that stands twice where the order differs.
  func places(of wanted: NamedLines) throws -> [Int]? {
    if names == wanted.names { return nil }
    var places: [String: Int] = [:]
    for (place, name) in names.enumerated() where places.updateValue(place, forKey: name) != nil {
      throw twice(name, file)
    }
    let found = wanted.names.map { places[$0] }
    let missing = wanted.names.indices.filter { found[$0] == nil }.map { wanted.names[$0] }
    guard missing.isEmpty else { throw lacking(missing, file: file, beside: wanted.file) }
    guard Set(wanted.names).count == wanted.names.count else {
      let seen = Dictionary(grouping: wanted.names, by: { $0 }).filter { $0.value.count > 1 }
      throw twice(seen.keys.sorted().first ?? "", wanted.file)
    }
    let known = Set(wanted.names)
    let surplus = names.filter { !known.contains($0) }
    guard surplus.isEmpty else { throw lacking(surplus, file: wanted.file, beside: file) }
    return found.map { $0 ?? 0 }
  }

  private func twice(_ name: String, _ file: String) -> BadInput {
    BadInput("\(file): two \(kind)s are called '\(name)'; give each its own name.")
  }

  private func lacking(_ missing: [String], file: String, beside other: String) -> BadInput {
    let list = missing.prefix(6).map { "'\($0)'" }.joined(separator: ", ")
    let rest = missing.count > 6 ? " and \(missing.count - 6) more" : ""
    return BadInput(
      """
      \(file): it has no \(kind)\(missing.count == 1 ? "" : "s") \(list)\(rest), which \(other) has; give both the \
      same \(kind)s, or take the names out to match them by their order.
      """)
  }
}
