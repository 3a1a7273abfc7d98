import Yams

/// A value that an axis of a sweep takes.
struct AxisValue: Hashable {
  /// The value as it stands in a specification.
  let node: Node
  /// The value in words, the same for the same number however it was written.
  let text: String
  /// The number, where it is one.
  let number: Double?

  init(_ node: Node) {
    if case .scalar(let scalar) = node, scalar.style == .plain || scalar.style == .any,
      let number = Double(scalar.string), number.isFinite
    {
      self.init(number)
    } else {
      self.init(node, text: Self.flow(node), number: nil)
    }
  }

  private init(_ node: Node, text: String, number: Double?) {
    self.node = node
    self.text = text
    self.number = number
  }

  init(_ number: Double) {
    // Whole numbers without a point: counts are read as such.
    let isWhole = number == number.rounded() && abs(number) < 1e15
    let text = isWhole ? "\(Int(number))" : "\(number)"
    self.init(Node(text), text: text, number: number)
  }

  static func == (left: AxisValue, right: AxisValue) -> Bool { left.text == right.text }
  func hash(into hasher: inout Hasher) { hasher.combine(text) }

  /// A value on one line, as YAML.
  private static func flow(_ node: Node) -> String {
    switch node {
    case .scalar(let scalar): scalar.string
    case .sequence(let sequence): "[\(sequence.map(flow).joined(separator: ", "))]"
    case .mapping(let mapping):
      "{\(mapping.map { "\(flow($0.key)): \(flow($0.value))" }.joined(separator: ", "))}"
    case .alias: "*"
    }
  }
}
