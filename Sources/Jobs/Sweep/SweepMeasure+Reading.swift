import DeepLinear
import Yams

extension SweepMeasure {
  private static let forms = [
    "value", "timeTo", "halfRise", "slope", "certificate", "below", "theory",
  ]

  /// A measure of a specification: a word for a number of the summary, or keys.
  ///
  /// - Parameter isNamed: whether it has to have a name.
  init(_ node: SpecNode, isNamed: Bool = true) throws {
    if node.node.scalar != nil {
      let text = try node.string()
      (name, kind) = (text, .summary(text))
      return
    }
    let keys = try node.mapping()
    guard
      let form = Self.forms.first(where: { keys[$0] != nil && ($0 != "theory") })
        ?? (keys["theory"] == nil ? nil : "theory")
    else {
      // Names the nearest of what there is.
      try keys.allow(Self.forms + ["name"])
      throw node.failure(
        "a measure has one of the keys \(Self.forms.joined(separator: ", ")); add one.")
    }
    name = isNamed ? try keys.required("name").string() : form
    kind = try Self.kind(form, keys)
    if form != "theory", let theory = keys["theory"] {
      self.theory = "\(name) in theory"
      _ = try SweepTheory(theory)
    }
  }

  private static func kind(_ form: String, _ keys: SpecMapping) throws -> Kind {
    let node = try keys.required(form)
    func quantity() throws -> RecordedQuantity { try RecordedQuantity(keys.required("of")) }
    switch form {
    case "value":
      try keys.allow(["name", "value", "at", "theory"])
      return .recorded(try RecordedQuantity(node), at: try keys["at"]?.number())
    case "timeTo":
      try keys.allow(["name", "timeTo", "of", "theory"])
      return .arrival(try quantity(), level: try node.number())
    case "halfRise":
      try keys.allow(["name", "halfRise", "theory"])
      return .halfRise(component: try node.integer(from: 1) - 1)
    case "slope":
      try keys.allow(["name", "slope", "from", "to", "against", "theory"])
      let (from, to) = (try keys["from"]?.number(), try keys["to"]?.number())
      return .slope(
        try RecordedQuantity(node), from: from ?? -.infinity, to: to ?? .infinity,
        againstLogarithm: try keys["against"]?.choice(["time", "logTime"]) == "logTime")
    case "certificate":
      try keys.allow(["name", "certificate"])
      return .slack(try node.string())
    case "below":
      try keys.allow(["name", "below", "of", "theory"])
      let of = try keys.required("of")
      if of.node.scalar != nil { return .below(try node.number(), .summary(try of.string())) }
      return .below(try node.number(), try SweepMeasure(of, isNamed: false).kind)
    default:
      try keys.allow(["name", "theory"])
      return .theory(try SweepTheory(node))
    }
  }

  /// The measures of a specification, with those of theory that they ask for.
  static func list(_ node: SpecNode) throws -> [SweepMeasure] {
    var measures: [SweepMeasure] = []
    for item in try node.list() {
      let measure = try SweepMeasure(item)
      measures.append(measure)
      if let name = measure.theory, let theory = try item.mapping()["theory"] {
        measures.append(SweepMeasure(name: name, kind: .theory(try SweepTheory(theory))))
      }
    }
    return measures
  }
}
