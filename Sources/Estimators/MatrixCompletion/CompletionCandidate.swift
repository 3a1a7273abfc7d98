/// How much work is spent on a table that is not exact.
public enum CompletionEffort: String, Codable, CaseIterable, Equatable, Sendable {
  /// One kind of fit, chosen by the entries held out.
  case quick
  /// Several kinds, averaged by weights that predict the entries held out best.
  case normal
  /// The same with as many draws of the posterior as still help.
  case thorough
}

/// One kind of fit that took part in the choice of an answer.
public struct CompletionCandidate: Equatable, Sendable {
  /// What can be weighed; the raw value is how it is called in print.
  public enum Kind: String, Codable, CaseIterable, Equatable, Sendable {
    case columnMeans = "column means"
    case offsets = "row and column offsets"
    case variational = "variational factors"
    case variationalWithOffsets = "variational factors with offsets"
    case path = "path"
    case pathWithOffsets = "path with offsets"
    case nuclearNorm = "nuclear norm"
    case gibbs = "Gibbs sampling"
    case smoothRows = "smooth rows"
    case interpolation = "lines between rows"
    case nearestRows = "nearest rows"
  }

  /// Which kind of fit it is.
  public var kind: Kind
  /// The root mean square error on the entries held out, in the units of the data.
  public var holdoutError: Double
  /// Its share of the answer; the shares sum to one.
  public var weight: Double
}
