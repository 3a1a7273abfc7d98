import DeepLinear
import Glibc
import Yams

/// A key of a specification, and the values it takes in a sweep.
struct SweepAxis {
  /// From one number to another, evenly spaced or by even quotients.
  struct Range {
    var from: Double, to: Double
    var isLogarithmic: Bool
    var isWhole: Bool

    /// The number at a place between 0 and 1.
    func value(at place: Double) -> Double {
      let value: Double
      if place <= 0 {
        value = from
      } else if place >= 1 {
        value = to
      } else if isLogarithmic {
        // Through powers of ten, so that whole powers are exact.
        let exponent = log10(abs(from)) + place * (log10(abs(to)) - log10(abs(from)))
        let near = exponent.rounded()
        let size = pow(10, abs(exponent - near) < 1e-12 ? near : exponent)
        value = from < 0 ? -size : size
      } else {
        value = from + place * (to - from)
      }
      return isWhole ? value.rounded() : Self.readable(value)
    }

    /// The number nearest to it with fourteen digits: 0.4 and not 0.3999999999999999.
    private static func readable(_ value: Double) -> Double {
      guard value != 0 else { return 0 }
      let exponent = Int(log10(abs(value)).rounded(.down)) - 13
      // Powers of ten out of range are of no interest to round by.
      guard abs(exponent) < 290 else { return value }
      let digits = value / pow(10, Double(exponent))
      return Double("\(Int(digits.rounded()))e\(exponent)") ?? value
    }
  }

  let name: String
  /// Its values; of a range without a count, which is only sampled from, none.
  let values: [AxisValue]
  let range: Range?

  /// An axis of a specification: a list, or `{from, to, count, spacing}`.
  init(name: String, _ node: SpecNode) throws {
    self.name = name
    if case .sequence = node.node {
      range = nil
      values = Self.distinct(try node.list().map { AxisValue($0.node) })
      guard !values.isEmpty else {
        throw node.failure("the axis \(name) has no values; give at least one.")
      }
      return
    }
    let keys = try node.mapping()
    try keys.allow(["from", "to", "count", "spacing", "whole"])
    let range = Range(
      from: try keys.required("from").number(), to: try keys.required("to").number(),
      isLogarithmic: try keys["spacing"]?.choice(["linear", "log"]) == "log",
      isWhole: try keys["whole"]?.boolean() ?? false)
    let count = try keys["count"]?.integer(from: 0)
    (self.range, values) = try Self.spread(range, count, name) { node.failure($0) }
  }

  /// An axis of a command: `key=from:to:count`, `key=from:to:count:log`, or `key=a,b,c`.
  init(_ text: String) throws {
    func failure(_ problem: String) -> BadInput { BadInput("--axis \(text): \(problem)") }
    guard let sign = text.firstIndex(of: "="), sign != text.startIndex else {
      throw failure("give key=from:to:count, key=from:to:count:log or key=a,b,c.")
    }
    name = String(text[..<sign])
    let words = String(text[text.index(after: sign)...])
    guard SpecSetting.path(name) != nil else { throw failure("'\(name)' is no key; correct it.") }
    let parts = words.split(separator: ":", omittingEmptySubsequences: false).map(String.init)
    if parts.count == 3 || parts.count == 4, let from = Double(parts[0]), let to = Double(parts[1]),
      from.isFinite, to.isFinite
    {
      guard let count = Int(parts[2]) else {
        throw failure("'\(parts[2])' is no number of values; correct it.")
      }
      guard parts.count == 3 || ["log", "linear"].contains(parts[3]) else {
        throw failure("the spacing is log or linear, not '\(parts[3])'; correct it.")
      }
      let range = Range(
        from: from, to: to, isLogarithmic: parts.count == 4 && parts[3] == "log", isWhole: false)
      (self.range, values) = try Self.spread(range, count, name, failure)
      return
    }
    guard let node = try? Yams.compose(yaml: "[\(words)]"),
      case .sequence(let sequence) = node, !sequence.isEmpty
    else { throw failure("there are no values; give from:to:count or a,b,c.") }
    range = nil
    values = Self.distinct(sequence.map { AxisValue($0) })
  }

  private static func spread(
    _ range: Range, _ count: Int?, _ name: String, _ failure: (String) -> BadInput
  ) throws -> (Range, [AxisValue]) {
    if let count, count < 1 {
      throw failure("the axis \(name) has no values; its count must be at least 1, not \(count).")
    }
    guard count == 1 || range.from != range.to else {
      throw failure(
        "the axis \(name) begins and ends at \(range.from); give two ends, or a count of 1.")
    }
    guard !range.isLogarithmic || range.from * range.to > 0 else {
      throw failure(
        "the axis \(name) goes from \(range.from) to \(range.to), which has no logarithm; give ends of one sign, or linear spacing."
      )
    }
    guard let count else { return (range, []) }
    guard count <= 10_000_000 else {
      throw failure(
        "the axis \(name) alone makes \(SweepPlan.grouped(Double(count))) runs, more than --limit allows and than the 10⁷ values there is room for; give fewer."
      )
    }
    let values = (0..<count).map {
      AxisValue(range.value(at: count == 1 ? 0 : Double($0) / Double(count - 1)))
    }
    return (range, distinct(values))
  }

  private static func distinct(_ values: [AxisValue]) -> [AxisValue] {
    var seen: Set<AxisValue> = []
    return values.filter { seen.insert($0).inserted }
  }

  /// The value at a place between 0 and 1, for samples.
  func value(at place: Double) -> AxisValue {
    if let range { return AxisValue(range.value(at: place)) }
    return values[min(Int(place * Double(values.count)), values.count - 1)]
  }
}
