import DeepLinear
import FoundationEssentials
import Glibc

/// A value of a job's summary, whatever its type.
indirect enum SummaryValue: Decodable {
  case number(Double)
  case boolean(Bool)
  case text(String)
  case list([SummaryValue])
  case object([String: SummaryValue])
  case none

  init(from decoder: any Decoder) throws {
    if let keys = try? decoder.container(keyedBy: AnyKey.self) {
      self = .object(
        try Dictionary(
          uniqueKeysWithValues: keys.allKeys.map {
            ($0.stringValue, try keys.decode(SummaryValue.self, forKey: $0))
          }))
      return
    }
    let value = try decoder.singleValueContainer()
    if let list = try? value.decode([SummaryValue].self) {
      self = .list(list)
    } else if let boolean = try? value.decode(Bool.self) {
      self = .boolean(boolean)
    } else if let number = try? value.decode(Double.self) {
      self = .number(number)
    } else if let text = try? value.decode(String.self) {
      self = .text(text)
    } else {
      self = .none
    }
  }

  var number: Double? {
    switch self {
    case .number(let number): number
    case .boolean(let boolean): boolean ? 1 : 0
    default: nil
    }
  }

  /// What stands at a place such as `mask.components` or `halfRiseTimes[0]`.
  func value(at path: some Collection<SpecSetting.Step>) -> SummaryValue? {
    guard let step = path.first else { return self }
    switch (step, self) {
    case (.key(let key), .object(let members)): return members[key]?.value(at: path.dropFirst())
    case (.place(let place), .list(let members)) where place < members.count:
      return members[place].value(at: path.dropFirst())
    default: return nil
    }
  }

  /// The places of all numbers.
  var places: [String] { places(under: "") }

  private func places(under name: String) -> [String] {
    switch self {
    case .number, .boolean: [name]
    case .object(let members):
      members.sorted { $0.key < $1.key }.flatMap {
        $1.places(under: name.isEmpty ? $0 : "\(name).\($0)")
      }
    case .list(let members):
      members.prefix(4).enumerated().flatMap { $1.places(under: "\(name)[\($0)]") }
    default: []
    }
  }
}

/// What a run of a sweep gave, for measures.
struct SweepOutcome {
  let summary: SummaryValue
  /// The recorded points of a simulation; empty for other jobs.
  let snapshots: [Snapshot]
  let spec: SimulationSpec?
  /// The certificates of a simulation, asked for when a measure needs them.
  let certificates: () throws -> [Certificate]

  /// The number of a measure; nil where the run has none.
  func value(of kind: SweepMeasure.Kind) throws -> Double? {
    let value: Double? =
      switch kind {
      case .summary(let name):
        SpecSetting.path(name).flatMap { summary.value(at: $0[...])?.number }
      case .recorded(let quantity, let time): recorded(quantity, at: time)
      case .arrival(let quantity, let level): arrival(quantity, at: level)
      case .halfRise(let component): halfRise(component)
      case .slope(let quantity, let from, let to, let againstLogarithm):
        slope(quantity, from...to, againstLogarithm)
      case .slack(let name): try slack(of: name)
      case .below(let level, let kind): try self.value(of: kind).map { $0 < level ? 1 : 0 } ?? 0
      case .theory(let theory): spec.flatMap { theory.value(for: $0) }
      }
    return value.flatMap { $0.isFinite ? $0 : nil }
  }

  private func points(_ quantity: RecordedQuantity) -> [(time: Double, value: Double)] {
    snapshots.compactMap { snapshot in
      quantity.value(in: snapshot).map { (snapshot.time, $0) }
    }
  }

  /// Between two recorded times the value on a straight line.
  private func recorded(_ quantity: RecordedQuantity, at time: Double?) -> Double? {
    let points = points(quantity)
    guard let time else { return points.last?.value }
    guard let next = points.firstIndex(where: { $0.time >= time }) else { return nil }
    if points[next].time == time || next == 0 {
      return points[next].time == time ? points[next].value : nil
    }
    let (a, b) = (points[next - 1], points[next])
    return a.value + (b.value - a.value) * (time - a.time) / (b.time - a.time)
  }

  /// Between recorded times the quantity is taken as exponential where it is positive, else as straight.
  private func arrival(_ quantity: RecordedQuantity, at level: Double) -> Double? {
    let points = points(quantity)
    guard let first = points.first else { return nil }
    if first.value == level { return first.time }
    let isFalling = first.value > level
    guard
      let next = points.firstIndex(where: { isFalling ? $0.value <= level : $0.value >= level }),
      next > 0
    else { return nil }
    let (a, b) = (points[next - 1], points[next])
    let share =
      a.value > 0 && b.value > 0 && level > 0
      ? log(level / a.value) / log(b.value / a.value) : (level - a.value) / (b.value - a.value)
    return a.time + share * (b.time - a.time)
  }

  private func halfRise(_ component: Int) -> Double? {
    if let time = summary.value(at: [.key("halfRiseTimes"), .place(component)]) {
      return time.number
    }
    let quantity = RecordedQuantity(singularValue: component)
    guard let last = points(quantity).last?.value, last > 0 else { return nil }
    return arrival(quantity, at: last / 2)
  }

  private func slope(
    _ quantity: RecordedQuantity, _ times: ClosedRange<Double>, _ againstLogarithm: Bool
  ) -> Double? {
    let points = points(quantity).filter {
      times.contains($0.time) && $0.value > 0 && (!againstLogarithm || $0.time > 0)
    }
    guard points.count >= 2 else { return nil }
    let x = points.map { againstLogarithm ? log($0.time) : $0.time }
    let y = points.map { log($0.value) }
    let (meanX, meanY) = (x.reduce(0, +) / Double(x.count), y.reduce(0, +) / Double(y.count))
    let (covariance, variance) = zip(x, y).reduce((0.0, 0.0)) { sums, point in
      let distance = point.0 - meanX
      return (sums.0 + distance * (point.1 - meanY), sums.1 + distance * distance)
    }
    return variance > 0 ? covariance / variance : nil
  }

  /// The least slack among the bounds of the certificates whose claim or source has the name in it.
  private func slack(of name: String) throws -> Double? {
    let word = name.lowercased()
    return try certificates().filter {
      $0.claim.lowercased().contains(word) || $0.source.lowercased().contains(word)
    }.flatMap(\.bounds).compactMap(\.slack).min()
  }
}
