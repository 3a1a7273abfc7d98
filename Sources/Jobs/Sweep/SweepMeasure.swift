import DeepLinear
import Glibc

/// What is measured of each run: a number with a name.
struct SweepMeasure {
  enum Kind {
    /// A number of the summary by its place, as `outcome.step`.
    case summary(String)
    /// A recorded quantity at a time; at the last one where nil.
    case recorded(RecordedQuantity, at: Double?)
    /// The first time at which a recorded quantity is at a level.
    case arrival(RecordedQuantity, level: Double)
    /// The time at which a singular value passes half of its last value.
    case halfRise(component: Int)
    /// The slope of a quantity's logarithm against time, or the logarithm of time.
    case slope(RecordedQuantity, from: Double, to: Double, againstLogarithm: Bool)
    /// The least slack of a certificate's bounds.
    case slack(String)
    /// 1 where another measure is below a number, else 0.
    indirect case below(Double, Kind)
    /// What theory says, see ``SweepTheory``.
    case theory(SweepTheory)
  }

  let name: String
  let kind: Kind
  /// The measure of what theory says of this one.
  var theory: String?

  /// Whether it is 1 or 0, so that a share is told of it.
  var isShare: Bool {
    if case .below = kind { true } else { false }
  }

  var needsTrajectory: Bool { Self.needsTrajectory(kind) }

  private static func needsTrajectory(_ kind: Kind) -> Bool {
    switch kind {
    case .summary, .slack, .theory: false
    case .below(_, let kind): needsTrajectory(kind)
    default: true
    }
  }

  /// What a job measures where nothing else is asked.
  static func usual(of job: String) -> [SweepMeasure] {
    let names =
      switch job {
      case Completion.name: ["relativeError", "holdoutError", "rank"]
      case Sensing.name: ["relativeError", "trainingError", "rank"]
      case Regression.name: ["trainingError", "validationError"]
      default: ["finalLoss", "endTime", "steps"]
      }
    return names.map { SweepMeasure(name: $0, kind: .summary($0)) }
  }
}

/// A number that a simulation records: `loss`, `unbalancedness`, `singularValues[1]` or `endToEnd[0][2]`.
struct RecordedQuantity: Equatable {
  enum Kind: Equatable {
    case loss, unbalancedness
    case singularValue(Int)
    case element(Int, Int)
  }

  let kind: Kind

  /// What has to be recorded for it; nil for the loss, which always is.
  var recorded: Recording.Quantity? {
    switch kind {
    case .loss: nil
    case .unbalancedness: .unbalancedness
    case .singularValue: .singularValues
    case .element: .endToEnd
    }
  }

  init(singularValue index: Int) { kind = .singularValue(index) }

  init(_ node: SpecNode) throws {
    let text = try node.string()
    let names = ["loss", "unbalancedness", "singularValues[k]", "endToEnd[i][j]"]
    let match = text.wholeMatch(of: #/([A-Za-z]+)((?:\[\d+\])*)/#)
    let places = match?.output.2.split(separator: "]").compactMap { Int($0.dropFirst()) } ?? []
    switch (match?.output.1, places.count) {
    case ("loss", 0): kind = .loss
    case ("unbalancedness", 0): kind = .unbalancedness
    case ("singularValues", 1): kind = .singularValue(places[0])
    case ("endToEnd", 2): kind = .element(places[0], places[1])
    default:
      throw node.failure(
        "no quantity '\(text)' is recorded; known: \(names.joined(separator: ", ")).")
    }
  }

  /// Its value; nil where it was not recorded.
  func value(in snapshot: Snapshot) -> Double? {
    switch kind {
    case .loss: return snapshot.loss
    case .unbalancedness: return snapshot.unbalancedness
    case .singularValue(let k):
      guard let values = snapshot.singularValues, k < values.count else { return nil }
      return values[k]
    case .element(let i, let j):
      guard let w = snapshot.endToEnd, i < w.rowCount, j < w.columnCount else { return nil }
      return w[i, j]
    }
  }
}
