/// Why a file could not be read or written, as one sentence for the person who gave it.
///
///     ratings.csv, line 2: 2 cells where line 1 has 3; give every line the same number of cells.
///
/// The sentence names the file, the place in it, what is wrong there and what to do. Its wording is stable:
/// it is tested as text. Lines, columns and bytes of a file count from one, as in an editor; rows and columns
/// of a matrix count as the file counts them.
public struct DataFormatError: Error, Equatable, Sendable, CustomStringConvertible {
  /// Where in a file something is wrong.
  public enum Place: Equatable, Sendable {
    /// No place in particular.
    case file
    /// A line, counted from one.
    case line(Int)
    /// A cell of a line, both counted from one.
    case cell(line: Int, column: Int)
    /// An element of an array, both indices counted from zero.
    case element(row: Int, column: Int)
    /// A byte, counted from zero.
    case byte(Int)
    /// A named array or tensor.
    case array(String)
  }

  /// A choice of the caller that would let the same file pass.
  public enum Setting: Equatable, Sendable {
    /// Files may be overwritten.
    case overwrite
    /// ``ReadingOptions/duplicates`` other than to refuse them.
    case duplicates
    /// ``ReadingOptions/oneBased``.
    case oneBased
    /// ``ReadingOptions/rowCount`` and ``ReadingOptions/columnCount``.
    case shape
    /// ``ReadingOptions/missing``.
    case missing
  }

  /// The file, as it was named by the caller.
  public let file: String

  /// Where in the file.
  public let place: Place

  /// What is wrong.
  public let problem: String

  /// What to do about it.
  public let remedy: String

  /// The choice that would let it pass, if there is one.
  public let setting: Setting?

  init(
    _ file: String, _ place: Place, _ problem: String, _ remedy: String, setting: Setting? = nil
  ) {
    self.file = file
    self.place = place
    self.problem = problem
    self.remedy = remedy
    self.setting = setting
  }

  init(_ file: String, _ problem: String, _ remedy: String, setting: Setting? = nil) {
    self.init(file, .file, problem, remedy, setting: setting)
  }

  /// The sentence.
  public var description: String {
    "\(Excerpt.escaped(file.utf8))\(place): \(problem); \(remedy)."
  }
}

extension DataFormatError.Place: CustomStringConvertible {
  /// The place as it follows a file's name, with its comma; empty for the whole file.
  public var description: String {
    switch self {
    case .file: ""
    case .line(let line): ", line \(line)"
    case .cell(let line, let column): ", line \(line), column \(column)"
    case .element(let row, let column): ", row \(row), column \(column) (counted from 0)"
    case .byte(let offset): ", byte \(offset)"
    case .array(let name): ", array \(Excerpt.quoted(name.utf8))"
    }
  }
}

/// Text from a file as it may stand in a message: short, on one line, without control characters.
enum Excerpt {
  /// At most 24 characters in single quotes.
  static func quoted(_ bytes: some Collection<UInt8>) -> String {
    let longest = 24
    let text = escaped(bytes.prefix(4 * longest + 4))
    if text.count <= longest { return "'\(text)'" }
    return "'\(text.prefix(longest))…'"
  }

  /// The text with control characters and bytes that are not UTF-8 written as `\x1B`.
  static func escaped(_ bytes: some Sequence<UInt8>) -> String {
    var result = ""
    var decoder = Unicode.UTF8.ForwardParser()
    var iterator = bytes.makeIterator()
    while true {
      switch decoder.parseScalar(from: &iterator) {
      case .valid(let encoded):
        let scalar = Unicode.UTF8.decode(encoded)
        switch scalar.properties.generalCategory {
        case .control, .format, .lineSeparator, .paragraphSeparator, .surrogate, .unassigned:
          result +=
            scalar.value < 256
            ? hexadecimal(scalar.value) : "\\u{\(String(scalar.value, radix: 16))}"
        default: result.unicodeScalars.append(scalar)
        }
      case .error: result += "\u{FFFD}"
      case .emptyInput: return result
      }
    }
  }

  private static func hexadecimal(_ value: UInt32) -> String {
    let digits = String(value, radix: 16, uppercase: true)
    return "\\x" + (digits.count < 2 ? "0" : "") + digits
  }
}
