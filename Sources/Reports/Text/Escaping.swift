// Text of a record is data: none of it may become markup, script, a link or a formula of the page
// that shows it. Each form of output has one function through which all text goes.

/// Text inside HTML or XML, in an element or a quoted attribute.
func escapedMarkup(_ text: String) -> String {
  var result = ""
  result.reserveCapacity(text.utf8.count)
  for scalar in text.unicodeScalars {
    switch scalar {
    case "&": result += "&amp;"
    case "<": result += "&lt;"
    case ">": result += "&gt;"
    case "\"": result += "&quot;"
    case "'": result += "&#39;"
    case "\t", "\n", "\r": result.unicodeScalars.append(scalar)
    // Not allowed in XML, even as a reference.
    case "\u{0}"..."\u{1F}", "\u{FFFE}", "\u{FFFF}": result += "\u{FFFD}"
    default: result.unicodeScalars.append(scalar)
    }
  }
  return result
}

/// Text inside a label drawn by Plotly, which reads a little HTML.
func escapedLabel(_ text: String) -> String {
  var result = ""
  // Plotly reads <sup> and <sub>, into which formulas are turned once they are escaped.
  for character in raised(escapedAngles(text)).replacing(
    /<(\/?su[bp])>/, with: { "\u{1}\($0.1)\u{2}" })
  {
    switch character {
    case "\u{1}": result += "<"
    case "\u{2}": result += ">"
    // Opens a template such as %{x}, and TeX where MathJax is present.
    case "{": result += "&#123;"
    case "$": result += "&#36;"
    default: result.append(character)
    }
  }
  return result
}

private func escapedAngles(_ text: String) -> String {
  text.filter { $0 != "\u{1}" && $0 != "\u{2}" }.replacing("&", with: "&amp;")
    .replacing("<", with: "&lt;").replacing(">", with: "&gt;")
}

/// Text inside a Markdown paragraph or table cell.
func escapedMarkdown(_ text: String) -> String {
  var result = ""
  for character in text {
    switch character {
    case "\\", "`", "*", "_", "[", "]", "<", ">", "#", "|", "~", "$", "!":
      result += "\\" + String(character)
    case "&": result += "&amp;"
    case "\n", "\r", "\r\n", "\u{2028}", "\u{2029}": result += " "
    default: result.append(character)
    }
  }
  return result
}

/// A field of a CSV file.
func escapedField(_ text: String) -> String {
  guard text.utf8.contains(where: { [0x2C, 0x22, 0x0A, 0x0D].contains($0) }) else { return text }
  var result = "\""
  for scalar in text.unicodeScalars {
    if scalar == "\"" { result += "\"" }
    result.unicodeScalars.append(scalar)
  }
  return result + "\""
}

/// Prose as HTML paragraphs: see ``Section/prose``.
func paragraphs(_ prose: String) -> String {
  prose.split(separator: "\n", omittingEmptySubsequences: false)
    .split { $0.allSatisfy(\.isWhitespace) }
    .map { "<p>\(inline($0.joined(separator: "\n")))</p>\n" }
    .joined()
}

/// One line of prose as HTML: code between backticks, addresses as links, `^{…}` raised and `_{…}` lowered.
func inline(_ text: String) -> String {
  let pieces = text.split(separator: "`", omittingEmptySubsequences: false)
  return pieces.enumerated().map { number, piece in
    // An unpaired backtick is a backtick.
    if number % 2 == 1 && number + 1 == pieces.count { return "`" + linked(piece) }
    return number % 2 == 1 ? "<code>\(escapedMarkup(String(piece)))</code>" : linked(piece)
  }.joined()
}

private func linked(_ text: Substring) -> String {
  guard text.contains("https://") else { return kept(raised(escapedMarkup(String(text)))) }
  return text.split(separator: " ", omittingEmptySubsequences: false).map { word in
    guard word.hasPrefix("https://") else { return kept(raised(escapedMarkup(String(word)))) }
    var address = word
    while let last = address.last, ".,;:!?)".contains(last) { address.removeLast() }
    let shown = escapedMarkup(String(address))
    let rest = escapedMarkup(String(word[address.endIndex...]))
    return #"<a href="\#(shown)" rel="noopener noreferrer">\#(shown)</a>\#(rest)"#
  }.joined(separator: " ")
}

/// A label or value of how a page was made: `^{…}` raised and `_{…}` lowered, and all else as it was typed, since file names
/// and arguments are among them.
func settingMarkup(_ text: String) -> String {
  let markup = escapedMarkup(text)
  return kept(text.contains("^{") || text.contains("_{") ? raised(markup) : markup)
}

/// Text where no markup can be: the titles of windows and what is read aloud. `^{…}` and `_{…}` in the raised and lowered
/// characters that Unicode has, and in brackets where one is missing.
func plainFormulas(_ text: String) -> String {
  guard text.contains("^{") || text.contains("_{") else { return text }
  let raised = Dictionary(uniqueKeysWithValues: zip("0123456789+−-=()in", "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁻⁼⁽⁾ⁱⁿ"))
  let lowered = Dictionary(
    uniqueKeysWithValues: zip("0123456789+−-=()ijkmn", "₀₁₂₃₄₅₆₇₈₉₊₋₋₌₍₎ᵢⱼₖₘₙ"))
  func small(_ inner: Substring, _ mark: String, _ characters: [Character: Character]) -> String {
    let found = inner.compactMap { characters[$0] }
    return found.count == inner.count
      ? String(found) : mark + (inner.count > 1 ? "(\(inner))" : "\(inner)")
  }
  var text = text
  var before = ""
  // The inner ones of nested braces first.
  while before != text {
    before = text
    text = text.replacing(/\^\{([^{}]*)\}/) { small($0.1, "^", raised) }
      .replacing(/_\{([^{}]*)\}/) { small($0.1, "_", lowered) }
  }
  return text
}

/// Numbers with a sign or a power of ten, which no line may break in.
private func kept(_ markup: String) -> String {
  guard markup.contains(where: { $0 == "−" || $0 == "-" }) else { return markup }
  return markup.replacing(
    /(^|[^>\w])([−\-]\d[\d.,]*(?:e[−\-]?\d+)?)|(\d[\d.,]*e[−\-]\d+)/
  ) { match in
    let (before, signed, power) = (match.1 ?? "", match.2, match.3)
    return "\(before)<span class=\"n\">\(signed ?? power ?? "")</span>"
  }
}

/// Escaped text with `^{…}`, `_{…}` and the `_i` and `^t` of formulas as raised and lowered letters, the inner ones
/// of nested braces first, and so are the `_min` and `_max` of a Greek letter; lowered digits are the characters of their
/// own, as in σ₁. A `_` between words stays.
func raised(_ markup: String) -> String {
  guard markup.contains(where: { $0 == "^" || $0 == "_" }) else { return markup }
  var text = markup
  var before = ""
  while before != text {
    before = text
    text = text.replacing(/_\{([0-9]+)\}/) { lowered($0.1) }
      .replacing(/\^\{([^{}]*)\}/) { "<sup>\($0.1)</sup>" }
      .replacing(/_\{([^{}]*)\}/) { "<sub>\($0.1)</sub>" }
  }
  return
    text
    .replacing(/(\p{Greek}|(?:^|[^\p{L}_])\p{L})_([0-9])(?![\p{L}0-9_])/) {
      "\($0.1)\(lowered($0.2))"
    }
    .replacing(/\^([a-zA-Z0-9])(?![a-zA-Z0-9_])/) { "<sup>\($0.1)</sup>" }
    .replacing(/(\p{Greek}|(?:^|[^\p{L}_])\p{L})_([\p{L}0-9])(?![a-zA-Z\p{Greek}0-9_])/) {
      "\($0.1)<sub>\($0.2)</sub>"
    }
    .replacing(/(\p{Greek})_(min|max)(?![\p{L}0-9_])/) { "\($0.1)<sub>\($0.2)</sub>" }
    .replacing(/((?:^|[^\p{L}_])[A-Z])_(ij)(?![\p{L}0-9_])/) { "\($0.1)<sub>\($0.2)</sub>" }
}

/// Digits as the lowered characters that Unicode has for them.
private func lowered(_ digits: Substring) -> String {
  String(
    String.UnicodeScalarView(
      digits.unicodeScalars.compactMap { UnicodeScalar($0.value - 0x30 + 0x2080) }))
}
