import DeepLinear

/// The key `recording`: when, and what.
struct RecordingSpec {
  static let names = ["loss"] + Recording.Quantity.allCases.map(\.rawValue)

  let times: [Double]
  let quantities: Set<Recording.Quantity>
  let locatesHalfRises: Bool

  init(_ node: SpecNode, counting isDescent: Bool) throws {
    let keys = try node.mapping()
    try keys.allow(["times", "quantities", "halfRiseTimes"])
    let list = try keys.required("times")
    var times: [Double] = []
    for item in try list.list() {
      let time = isDescent ? Double(try item.integer()) : try item.number()
      guard time >= 0 else {
        throw item.failure("\(item.name) is \(time); times begin at 0.")
      }
      if let last = times.last, time <= last {
        throw item.failure(
          "\(item.name) is \(time) after \(last); put the times in ascending order.")
      }
      times.append(time)
    }
    guard !times.isEmpty else {
      throw list.failure("\(list.name) is empty; give at least one time.")
    }
    self.times = times
    quantities = Set(
      try keys["quantities"]?.list().compactMap {
        Recording.Quantity(rawValue: try $0.choice(Self.names))
      } ?? [.singularValues])
    locatesHalfRises = try keys["halfRiseTimes"]?.boolean() ?? false
    if locatesHalfRises, isDescent {
      throw node.failure("halfRiseTimes are of flows; remove the key or choose a flow.")
    }
  }
}
