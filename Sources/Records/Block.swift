/// One piece of a section.
public enum Block: Equatable, Sendable {
  case prose(String)
  case figure(Figure)
  /// Small figures side by side; below one another where the page is narrow.
  case row([Figure])
  case table(Table)
  case facts([Fact])
  case claims([Claim])
  case notice(Notice)
  case code(CodeBlock)
}

/// Encoded as an object with one key, the kind of block: `{"table": {…}}`.
extension Block: Codable {
  private enum Kind: String, CodingKey, CaseIterable {
    case prose, figure, row, table, facts, claims, notice, code
  }

  public init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: Kind.self)
    guard let kind = container.allKeys.first, container.allKeys.count == 1 else {
      throw DecodingError.dataCorrupted(
        .init(
          codingPath: decoder.codingPath,
          debugDescription: "A block has one key, one of \(Kind.allCases.map(\.rawValue))."))
    }
    self =
      switch kind {
      case .prose: .prose(try container.decode(String.self, forKey: kind))
      case .figure: .figure(try container.decode(Figure.self, forKey: kind))
      case .row: .row(try container.decode([Figure].self, forKey: kind))
      case .table: .table(try container.decode(Table.self, forKey: kind))
      case .facts: .facts(try container.decode([Fact].self, forKey: kind))
      case .claims: .claims(try container.decode([Claim].self, forKey: kind))
      case .notice: .notice(try container.decode(Notice.self, forKey: kind))
      case .code: .code(try container.decode(CodeBlock.self, forKey: kind))
      }
  }

  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: Kind.self)
    switch self {
    case .prose(let value): try container.encode(value, forKey: .prose)
    case .figure(let value): try container.encode(value, forKey: .figure)
    case .row(let value): try container.encode(value, forKey: .row)
    case .table(let value): try container.encode(value, forKey: .table)
    case .facts(let value): try container.encode(value, forKey: .facts)
    case .claims(let value): try container.encode(value, forKey: .claims)
    case .notice(let value): try container.encode(value, forKey: .notice)
    case .code(let value): try container.encode(value, forKey: .code)
    }
  }
}

/// A sentence the reader must not miss.
public struct Notice: Codable, Equatable, Sendable {
  /// How much it matters.
  public enum Level: String, Codable, Sendable {
    case information, caution, failure
  }

  /// How much it matters.
  public var level: Level
  /// The words.
  public var text: String

  /// A notice.
  public init(_ level: Level, _ text: String) {
    self.level = level
    self.text = text
  }
}

/// Text shown letter by letter: a command line, a specification, a file.
public struct CodeBlock: Codable, Equatable, Sendable {
  /// The name of the language in lower case (`"swift"`, `"yaml"`), or `nil`.
  public var language: String?
  /// The words.
  public var text: String

  /// Code, or other text.
  public init(_ text: String, language: String? = nil) {
    self.language = language
    self.text = text
  }
}
