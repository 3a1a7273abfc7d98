import Yams

/// Every key of a specification, in one table: the parser takes from it what it allows, the reference of the command and the
/// documentation are made from it.
package enum SpecReference {
  /// A key, and what there is to know about it.
  package struct Key: Sendable, Encodable {
    /// What holds it: empty for the specification itself, `dynamics`, `network.initial`.
    package var place: String
    /// The kinds of what holds it that have it; empty for all.
    package var kinds: [String] = []
    package var name: String
    /// What may stand there.
    package var values: String
    /// What it is without the key; nil where the key is needed.
    package var standard: String?
    package var meaning: String
    package var example: String
    /// What people write who mean this key.
    package var misnomers: [String] = []
  }

  /// The keys that a place and kind has.
  static func keys(in place: String, kind: String? = nil) -> [Key] {
    all.filter { key in
      guard key.place == place else { return false }
      guard let kind, !key.kinds.isEmpty else { return true }
      return key.kinds.contains(kind)
    }
  }

  /// The nearest key to a word, by what people write and then by letters; with the kinds it belongs to, where the kind at hand
  /// does not have it.
  static func hint(for word: String, in place: String, kind: String?) -> String {
    let known = keys(in: place, kind: kind)
    let plain = word.lowercased().filter { $0 != "_" && $0 != "-" }
    if let other = all.first(where: {
      $0.place == place && ($0.name == word || $0.misnomers.contains(plain))
    }) {
      if known.contains(where: { $0.name == other.name }) {
        return "did you mean '\(other.name)'?"
      }
      return
        "'\(other.name)' belongs to \(place) of kind \(other.kinds.joined(separator: ", ")); choose one, or remove the key."
    }
    let others = all.filter { $0.name == word || $0.misnomers.contains(plain) }
    // What is deep inside is meant less often than what is not.
    if let elsewhere = others.first(where: { !$0.place.contains(".") }) ?? others.first,
      !known.contains(where: { nearDistance($0.name, word) <= 2 })
    {
      let there = elsewhere.place.isEmpty ? "the specification itself" : "'\(elsewhere.place)'"
      return "'\(elsewhere.name)' belongs to \(there); move it there."
    }
    return "did you mean '\(nearest(to: word, among: known.map(\.name)))'?"
  }

  private static func nearDistance(_ a: String, _ b: String) -> Int {
    a.lowercased() == b.lowercased() ? 0 : editDistance(a, b)
  }

  /// Words that people write for a kind or a method.
  static func choiceHint(for word: String, among choices: [String]) -> String {
    let plain = word.lowercased().filter { $0.isLetter || $0.isNumber }
    if let meant = choiceMisnomers.first(where: {
      choices.contains($0.key) && $0.value.contains(plain)
    }) {
      return meant.key
    }
    return nearest(to: word, among: choices)
  }

  private static let choiceMisnomers: [String: [String]] = [
    "descent": [
      "gd", "sgd", "gradientdescent", "stochasticgradientdescent", "steepestdescent", "train",
      "training", "discrete", "batchgd", "adam", "momentum",
    ],
    "endToEndFlow": ["e2eflow"],
    "flow": ["gradientflow", "ode", "continuous", "gf"],
    "exact": ["closedform", "analytic", "analytical", "solution"],
    "regression": ["ls", "linear", "leastsquares", "mse", "linearregression", "squaredloss", "l2"],
    "completion": ["matrixcompletion"],
    "sensing": ["matrixsensing"],
    "factorization": ["matrixfactorization", "factorisation", "mf", "target"],
    "logistic": ["crossentropy", "classification", "softmax"],
    "power": ["lp", "pnorm"],
    "covariance": ["covariances"],
    "gaussian": ["normal", "random", "randn", "small", "default"],
    "identity": ["eye", "ones"],
    "orthogonal": ["haar", "ortho"],
    "spectral": ["svd", "aligned"],
    "xavier": ["glorot", "xaviernormal", "glorotnormal"],
    "xavierUniform": ["glorotuniform"],
    "he": ["kaiming", "kaimingnormal", "henormal"],
    "heUniform": ["kaiminguniform"],
    "zero": ["zeros"],
    "maximalUpdate": ["mup"],
    "layers": ["files", "file", "weights", "explicit", "load", "custom"],
    "dormandPrince": [
      "rk45", "rk4", "rk", "dopri", "dop853", "dopri8", "rungekutta", "dopri5", "tsit5", "euler",
      "explicit",
    ],
    "radau": ["implicit", "radauiia", "bdf", "lsoda", "stiff", "rosenbrock", "cvode"],
    "heavyBall": ["momentum", "polyak"],
    "plain": ["sgd", "gd", "gradientdescent", "vanilla", "none"],
    "groupRMSprop": ["rmsprop", "rms"],
    "nesterov": ["nag"],
    "logarithmic": ["log", "logspace", "geometric"],
    "linear": ["lin", "linspace"],
  ]

  // MARK: Text

  /// The reference as text for a terminal.
  package static var text: String {
    var lines: [String] = [
      "A specification is YAML or JSON. Paths are relative to it; where a matrix is expected it may stand in place: [[2, 0], [0, 1]]."
    ]
    for place in places {
      lines += ["", title(place)]
      for key in all where key.place == place {
        lines += ["", "  \(key.name): \(key.values)"]
        if !key.kinds.isEmpty { lines.append("    of kind \(key.kinds.joined(separator: ", "))") }
        lines += wrapped(key.meaning, width: 92).map { "    " + $0 }
        lines.append("    " + (key.standard.map { "without it: \($0)" } ?? "needed"))
        lines.append("    example: \(key.example)")
      }
    }
    return lines.joined(separator: "\n")
  }

  /// The same as an article of the documentation.
  package static var article: String {
    var lines = [
      "# The specification",
      "",
      "What ``Simulation``, ``Certification``, ``LandscapeAnalysis`` and ``DepthRace`` are told: a problem, a network with its start, its dynamics, and what is recorded.",
      "",
      "## Overview",
      "",
      "A specification is YAML or JSON. Paths are relative to its folder; where a matrix is expected it may stand in place, as in `target: [[2, 0], [0, 1]]`, and a door that has arrays in memory names one: `inputs: { array: x }`. An unknown key is an error that names the nearest known one; every error names the line.",
      "",
      "```yaml",
      "objective: { kind: regression, inputs: x.npy, targets: y.npy }",
      "network: { widths: [3, 4, 3], initial: { kind: balanced, scale: 1.0e-3 } }",
      "dynamics: { kind: flow, relativeTolerance: 1.0e-10 }",
      "recording: { times: [0, 0.5, 1], quantities: [loss, singularValues] }",
      "seed: 0",
      "```",
      "",
      "`deeplinear simulate --reference` prints what follows; both are made from the table that the parser uses.",
    ]
    for place in places {
      lines += [
        "", "### \(title(place))", "", "| key | values | without it | meaning | example |",
        "|---|---|---|---|---|",
      ]
      for key in all where key.place == place {
        let kinds = key.kinds.isEmpty ? "" : " of " + key.kinds.joined(separator: ", ")
        let cells = [
          "`\(key.name)`\(kinds)", key.values, key.standard ?? "needed", key.meaning,
          "`\(key.example)`",
        ]
        // An upright stroke would end a cell.
        lines.append(
          "| " + cells.map { $0.replacing("|", with: "∣") }.joined(separator: " | ") + " |")
      }
    }
    return lines.joined(separator: "\n") + "\n"
  }

  /// The places in the order of the table.
  package static var places: [String] {
    all.reduce(into: []) { if !$0.contains($1.place) { $0.append($1.place) } }
  }

  private static func title(_ place: String) -> String {
    place.isEmpty ? "The specification" : place
  }

  private static func wrapped(_ text: String, width: Int) -> [String] {
    var lines = [""]
    for word in text.split(separator: " ") {
      if lines[lines.count - 1].count + word.count + 1 > width { lines.append("") }
      lines[lines.count - 1] += (lines[lines.count - 1].isEmpty ? "" : " ") + word
    }
    return lines
  }
}

extension SpecMapping {
  /// Refuses every key that the reference does not have for a place and kind.
  func allow(in place: String, kind: String? = nil) throws {
    let known = Set(SpecReference.keys(in: place, kind: kind).map(\.name))
    var seen: Set<String> = []
    for (key, _) in mapping {
      let word = key.string ?? ""
      let location = SpecNode(node: key, file: node.file, name: node.name)
      guard known.contains(word) else {
        if word == "<<" {
          throw location.failure("merge keys are not read here; write the keys out.")
        }
        throw location.failure(
          "unknown key '\(word.prefix(40))'\(node.name.isEmpty ? "" : " in \(node.name)"); "
            + SpecReference.hint(for: word, in: place, kind: kind))
      }
      guard seen.insert(word).inserted else {
        throw location.failure("the key '\(word)' is given twice; remove one.")
      }
    }
  }
}
