/// A quantity of an experiment that a run may change, by its name.
public struct Adjustable<Owner>: Sendable where Owner: Sendable {
  /// Where the value is, of which kind, and in which range.
  enum Place {
    case number(WritableKeyPath<Owner, Double>, ClosedRange<Double>)
    case count(WritableKeyPath<Owner, Int>, ClosedRange<Int>)
    /// As many numbers as there are by default, or from one on where the experiment allows it.
    case numbers(WritableKeyPath<Owner, [Double]>, ClosedRange<Double>)
  }

  let name: String
  let meaning: String
  // Key paths to stored properties of values hold nothing that could change.
  nonisolated(unsafe) let place: Place

  init(_ name: String, _ place: Place, _ meaning: String) {
    self.name = name
    self.place = place
    self.meaning = meaning
  }
}

/// A quantity that a run may change, with its value.
public struct ExperimentParameter: Equatable, Sendable {
  /// Lower-case words with hyphens.
  public var name: String
  /// As it is written on a command line: `0.02`, or `2,5,20`.
  public var value: String
  /// What it is, in a few words.
  public var meaning: String
  /// From where to where each number may be.
  public var range: String
}

/// Why a quantity cannot be changed.
public enum ParameterError: Error, Equatable, Sendable {
  case unknown(name: String, known: [String])
  case notANumber(name: String, text: String)
  case outOfRange(name: String, text: String, range: String)
  case wrongCount(name: String, expected: Int)
}

extension Experiment {
  /// None, unless it says otherwise.
  public static var adjustables: [Adjustable<Self>] { [] }

  /// The quantities that a run may change, with the values they have.
  public var parameters: [ExperimentParameter] {
    Self.adjustables.map { adjustable in
      let (value, range) = adjustable.place.words(of: self)
      return ExperimentParameter(
        name: adjustable.name, value: value, meaning: adjustable.meaning, range: range)
    }
  }

  /// The same experiment with another value of a quantity.
  public func setting(_ name: String, to text: String) throws(ParameterError) -> Self {
    guard let adjustable = Self.adjustables.first(where: { $0.name == name }) else {
      throw .unknown(name: name, known: Self.adjustables.map(\.name))
    }
    var result = self
    let range = adjustable.place.words(of: self).range
    func number(_ text: Substring) throws(ParameterError) -> Double {
      guard let value = Double(text), value.isFinite else {
        throw .notANumber(name: name, text: String(text))
      }
      return value
    }
    switch adjustable.place {
    case .number(let path, let allowed):
      let value = try number(text[...])
      guard allowed.contains(value) else { throw .outOfRange(name: name, text: text, range: range) }
      result[keyPath: path] = value
    case .count(let path, let allowed):
      guard let value = Int(text) else { throw .notANumber(name: name, text: text) }
      guard allowed.contains(value) else { throw .outOfRange(name: name, text: text, range: range) }
      result[keyPath: path] = value
    case .numbers(let path, let allowed):
      var values: [Double] = []
      for part in text.split(separator: ",", omittingEmptySubsequences: false) {
        let value = try number(part)
        guard allowed.contains(value) else {
          throw .outOfRange(name: name, text: String(part), range: range)
        }
        values.append(value)
      }
      let count = self[keyPath: path].count
      guard values.count == count else { throw .wrongCount(name: name, expected: count) }
      result[keyPath: path] = values
    }
    return result
  }
}

extension Adjustable.Place {
  fileprivate func words(of owner: Owner) -> (value: String, range: String) {
    func text(_ value: Double) -> String {
      let text = "\(value)"
      return text.hasSuffix(".0") ? String(text.dropLast(2)) : text
    }
    switch self {
    case .number(let path, let range):
      return (text(owner[keyPath: path]), "\(text(range.lowerBound)) to \(text(range.upperBound))")
    case .count(let path, let range):
      return ("\(owner[keyPath: path])", "\(range.lowerBound) to \(range.upperBound)")
    case .numbers(let path, let range):
      return (
        owner[keyPath: path].map(text).joined(separator: ","),
        "\(text(range.lowerBound)) to \(text(range.upperBound)), \(owner[keyPath: path].count) numbers"
      )
    }
  }
}
