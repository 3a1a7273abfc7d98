import Glibc

/// What must hold of a point: `network.initial.scale * 10 < dynamics.stepSize and teacher.rank != 3`.
///
/// Numbers, keys, + − * / ^ and parentheses, < <= > >= == !=, and, or, not; log, exp, sqrt, abs, min and max. A comparison
/// is 1 or 0, and everything but 0 is true.
struct SweepCondition {
  private indirect enum Term {
    case number(Double)
    case key(String)
    case call(String, [Term])
  }

  let text: String
  /// The keys it speaks of.
  let keys: [String]
  private let term: Term

  init(_ text: String) throws {
    self.text = text
    var reader = Reader(text)
    term = try reader.alternatives()
    guard reader.next == nil else { throw reader.failure() }
    keys = Self.keys(of: term)
  }

  /// Whether it holds.
  ///
  /// - Parameter value: of a key that it speaks of.
  func holds(_ value: (String) -> Double) -> Bool { Self.evaluate(term, value) != 0 }

  private static func keys(of term: Term) -> [String] {
    switch term {
    case .number: []
    case .key(let name): [name]
    case .call(_, let terms): terms.flatMap(keys)
    }
  }

  private static func evaluate(_ term: Term, _ value: (String) -> Double) -> Double {
    switch term {
    case .number(let number): return number
    case .key(let name): return value(name)
    case .call(let name, let terms):
      let x = terms.map { evaluate($0, value) }
      let y = x.count > 1 ? x[1] : 0
      switch name {
      case "+": return x[0] + y
      case "-": return terms.count == 1 ? -x[0] : x[0] - y
      case "*": return x[0] * y
      case "/": return x[0] / y
      case "^": return pow(x[0], y)
      case "<": return x[0] < y ? 1 : 0
      case "<=": return x[0] <= y ? 1 : 0
      case ">": return x[0] > y ? 1 : 0
      case ">=": return x[0] >= y ? 1 : 0
      case "==": return x[0] == y ? 1 : 0
      case "!=": return x[0] != y ? 1 : 0
      case "and": return x[0] != 0 && y != 0 ? 1 : 0
      case "or": return x[0] != 0 || y != 0 ? 1 : 0
      case "not": return x[0] == 0 ? 1 : 0
      case "log": return log(x[0])
      case "exp": return exp(x[0])
      case "sqrt": return x[0].squareRoot()
      case "abs": return abs(x[0])
      case "min": return x.min() ?? .nan
      default: return x.max() ?? .nan
      }
    }
  }

  private struct Reader {
    private static let functions = ["log", "exp", "sqrt", "abs", "min", "max"]
    private let text: String
    private let words: [String]
    private var place = 0

    init(_ text: String) {
      self.text = text
      words = text.matches(
        of:
          #/\d+\.?\d*(?:[eE][+-]?\d+)?|\.\d+(?:[eE][+-]?\d+)?|[A-Za-z_][\w.]*(?:\[\d+\][\w.]*)*|<=|>=|==|!=|\S/#
      ).map { String($0.output) }
    }

    var next: String? { place < words.count ? words[place] : nil }

    func failure() -> BadInput {
      BadInput(
        "where: '\(text)' is no condition at \(next.map { "'\($0)'" } ?? "its end"); correct it.")
    }

    private mutating func take(_ choices: [String]) -> String? {
      guard let next, choices.contains(next) else { return nil }
      place += 1
      return next
    }

    mutating func alternatives() throws -> Term {
      var term = try conjunction()
      while let word = take(["or"]) { term = .call(word, [term, try conjunction()]) }
      return term
    }

    private mutating func conjunction() throws -> Term {
      var term = try negation()
      while let word = take(["and"]) { term = .call(word, [term, try negation()]) }
      return term
    }

    private mutating func negation() throws -> Term {
      if let word = take(["not"]) { return .call(word, [try negation()]) }
      let term = try sum()
      guard let word = take(["<", "<=", ">", ">=", "==", "!="]) else { return term }
      return .call(word, [term, try sum()])
    }

    private mutating func sum() throws -> Term {
      var term = try product()
      while let word = take(["+", "-"]) { term = .call(word, [term, try product()]) }
      return term
    }

    private mutating func product() throws -> Term {
      var term = try power()
      while let word = take(["*", "/"]) { term = .call(word, [term, try power()]) }
      return term
    }

    private mutating func power() throws -> Term {
      if let word = take(["-"]) { return .call(word, [try power()]) }
      let base = try atom()
      guard let word = take(["^"]) else { return base }
      return .call(word, [base, try power()])
    }

    private mutating func atom() throws -> Term {
      guard let word = next else { throw failure() }
      place += 1
      if word == "(" {
        let term = try alternatives()
        guard take([")"]) != nil else { throw failure() }
        return term
      }
      if let number = Double(word) { return .number(number) }
      if Self.functions.contains(word), take(["("]) != nil {
        var terms = [try alternatives()]
        while take([","]) != nil { terms.append(try alternatives()) }
        guard take([")"]) != nil else { throw failure() }
        return .call(word, terms)
      }
      guard word.first!.isLetter || word.first == "_", !["and", "or", "not"].contains(word) else {
        place -= 1
        throw failure()
      }
      return .key(word)
    }
  }
}
