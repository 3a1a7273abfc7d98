/// Where a specification comes from. In JSON a path, or `{"text": "objective: …"}`.
public enum SpecSource: Equatable, Sendable {
  /// A file; paths in it are relative to its folder.
  case file(String)
  /// YAML or JSON; paths in it are relative to where the program runs.
  case text(String)

  /// What sentences and pages call it.
  package var name: String {
    switch self {
    case .file(let path): path
    case .text: "the specification"
    }
  }
}

extension SpecSource: Codable {
  public init(from decoder: any Decoder) throws {
    if let path = try? decoder.singleValueContainer().decode(String.self) {
      self = .file(path)
      return
    }
    let keys = try decoder.container(keyedBy: AnyKey.self)
    self = .text(try keys.decode(String.self, forKey: "text"))
  }

  public func encode(to encoder: any Encoder) throws {
    switch self {
    case .file(let path):
      var container = encoder.singleValueContainer()
      try container.encode(path)
    case .text(let text):
      var container = encoder.container(keyedBy: AnyKey.self)
      try container.encode(text, forKey: "text")
    }
  }
}
