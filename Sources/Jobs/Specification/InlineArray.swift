import DataFormats
import DeepLinear
import Yams

/// Numbers that stand in a specification in place of a file: a list, a list of rows, or a list of matrices.
struct InlineArray {
  let array: NPYArray

  init(_ node: SpecNode) throws {
    var shape: [Int] = []
    var elements: [Double] = []
    try Self.read(node, depth: 0, &shape, &elements)
    guard !shape.contains(0) else {
      throw node.failure("\(node.name) is empty; give numbers, or name a file.")
    }
    array = NPYArray(shape: shape, elements: elements)
  }

  private static func read(
    _ node: SpecNode, depth: Int, _ shape: inout [Int], _ elements: inout [Double]
  ) throws {
    let items = try node.list()
    if shape.count == depth {
      shape.append(items.count)
    } else {
      guard shape[depth] == items.count else {
        throw node.failure(
          "\(node.name) has \(items.count) items where others have \(shape[depth]); give rows of one length."
        )
      }
    }
    for item in items {
      if case .sequence = item.node {
        guard depth < 2 else {
          throw item.failure("\(item.name) is nested deeper than a list of matrices; flatten it.")
        }
        guard shape.count > depth + 1 || elements.isEmpty else {
          throw item.failure("\(item.name) is a list where others are numbers; make them alike.")
        }
        try read(item, depth: depth + 1, &shape, &elements)
      } else {
        guard shape.count == depth + 1 else {
          throw item.failure("\(item.name) is no list where others are; make them alike.")
        }
        elements.append(try number(item))
      }
    }
  }

  /// NaN for what is unknown.
  private static func number(_ node: SpecNode) throws -> Double {
    if case .scalar(let scalar) = node.node, scalar.style == .plain || scalar.style == .any,
      ["null", "~", "", "nan", ".nan"].contains(scalar.string.lowercased())
    {
      return .nan
    }
    return try node.number()
  }
}

extension SpecNode {
  /// A value that a specification may leave out.
  init(standard text: String, file: String) throws {
    guard let node = try Yams.compose(yaml: text) else {
      preconditionFailure("'\(text)' is no YAML")
    }
    self.init(node: node, file: file, name: "")
  }
}
