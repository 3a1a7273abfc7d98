/// JSON with its keys in the order written, safe inside a `<script>`.
indirect enum JSONValue: ExpressibleByStringLiteral, ExpressibleByFloatLiteral,
  ExpressibleByIntegerLiteral, ExpressibleByBooleanLiteral, ExpressibleByArrayLiteral,
  ExpressibleByDictionaryLiteral
{
  case object([(String, JSONValue)])
  case array([JSONValue])
  /// Numbers that are not finite become `null`.
  case numbers([Double])
  case number(Double)
  case string(String)
  case bool(Bool)

  init(stringLiteral value: String) { self = .string(value) }
  init(floatLiteral value: Double) { self = .number(value) }
  init(integerLiteral value: Int) { self = .number(Double(value)) }
  init(booleanLiteral value: Bool) { self = .bool(value) }
  init(arrayLiteral elements: JSONValue...) { self = .array(elements) }
  init(dictionaryLiteral elements: (String, JSONValue)...) { self = .object(elements) }

  var text: String {
    var text = ""
    write(to: &text)
    return text
  }

  func write(to text: inout String) {
    switch self {
    case .object(let members):
      text += "{"
      for (place, (key, value)) in members.enumerated() {
        if place > 0 { text += "," }
        Self.write(key, to: &text)
        text += ":"
        value.write(to: &text)
      }
      text += "}"
    case .array(let members):
      text += "["
      for (place, value) in members.enumerated() {
        if place > 0 { text += "," }
        value.write(to: &text)
      }
      text += "]"
    case .numbers(let numbers):
      text += "["
      for (place, number) in numbers.enumerated() {
        if place > 0 { text += "," }
        text += number.isFinite ? NumberText.exact(number) : "null"
      }
      text += "]"
    case .number(let number): text += number.isFinite ? NumberText.exact(number) : "null"
    case .string(let string): Self.write(string, to: &text)
    case .bool(let value): text += value ? "true" : "false"
    }
  }

  private static func write(_ string: String, to text: inout String) {
    text += "\""
    for scalar in string.unicodeScalars {
      switch scalar {
      case "\"": text += "\\\""
      case "\\": text += "\\\\"
      case "\u{0}"..."\u{1F}", "<", ">", "&", "\u{2028}", "\u{2029}":
        let digits = String(scalar.value, radix: 16)
        text += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
      default: text.unicodeScalars.append(scalar)
      }
    }
    text += "\""
  }
}
