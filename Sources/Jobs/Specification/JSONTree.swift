/// Any value in JSON.
package enum JSONTree: Codable, Equatable, Sendable {
  case object([String: JSONTree])
  case list([JSONTree])
  case word(String)
  case number(Double)
  case truth(Bool)
  case null

  package subscript(key: String) -> JSONTree? {
    get { if case .object(let keys) = self { keys[key] } else { nil } }
    set {
      guard case .object(var keys) = self else { return }
      keys[key] = newValue
      self = .object(keys)
    }
  }

  package init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    // A wrong guess takes longer than reading, so the most frequent kinds come first.
    if let value = try? container.decode(Double.self) {
      self = .number(value)
    } else if let value = try? container.decode(String.self) {
      self = .word(value)
    } else if let value = try? container.decode([JSONTree].self) {
      self = .list(value)
    } else if container.decodeNil() {
      self = .null
    } else if let value = try? container.decode(Bool.self) {
      self = .truth(value)
    } else {
      self = .object(try container.decode([String: JSONTree].self))
    }
  }

  package func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    switch self {
    case .object(let keys): try container.encode(keys)
    case .list(let items): try container.encode(items)
    case .word(let text): try container.encode(text)
    case .number(let value): try container.encode(value)
    case .truth(let value): try container.encode(value)
    case .null: try container.encodeNil()
    }
  }
}
