import Yams

extension JSONTree {
  /// The same as a specification has it; it stands on no line.
  var node: Node {
    switch self {
    case .object(let keys):
      Node(keys.map { (Self.word($0.key).node, $0.value.node) }, .implicit, .flow)
    case .list(let items): Node(items.map(\.node), .implicit, .flow)
    case .word(let text): Node(text, .implicit, .doubleQuoted)
    case .number(let value):
      Node(Int(exactly: value).map(String.init) ?? "\(value)", .implicit, .plain)
    case .truth(let value): Node("\(value)", .implicit, .plain)
    case .null: Node("null", .implicit, .plain)
    }
  }
}
