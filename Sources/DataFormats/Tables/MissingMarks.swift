/// The texts and numbers that stand for a missing value.
struct MissingMarks: Sendable {
  /// What programs and people write, in lower case.
  private static let usual: Set<String> = [
    "nan", "-nan", "+nan", "na", "n/a", "n.a.", "n.a", "<na>", "#n/a", "#n/a n/a", "#na", "nat",
    "null",
    "(null)", "#null!", "#div/0!", "#value!", "#ref!", "#num!", "#name?", "none", "nil", "\\n", "?",
    "??", "-",
    "--", "---", "–", "—", ".", "..", "...", "…", "*", "n.d.", "n.d", "nd", "n/d", "s/d", "k.a.",
    "k. a.",
    "n. d.", "n. a.", "missing", "unknown", "no data", "nodata", "not available", "(blank)",
    "empty",
    "1.#qnan", "-1.#ind", "1.#ind", "nan(ind)", "-nan(ind)",
  ]

  /// What laboratories write where a value lies below what can be measured, in lower case.
  private static let limits: Set<String> = [
    "<lod", "<loq", "bdl", "bql", "blq", "lod", "loq", "<dl", "<mdl", "below detection limit",
    "below detection", "below limit", "<nwg", "<bg",
  ]
  private static let longest = 24

  private var words: Set<String> = []
  private var numbers: [Double] = []

  /// The marks as they were given.
  let given: [String]

  /// - Parameter extra: further marks; one that is a number stands for every way to write that number.
  init(_ extra: [String] = []) {
    given = extra
    for mark in extra {
      if let number = Double(mark) ?? CellReader.plainNumber(mark) {
        numbers.append(number)
      } else {
        words.insert(mark)
      }
    }
  }

  var hasNumbers: Bool { !numbers.isEmpty }

  /// Which of the given marks mean a number or a text.
  func marks(_ value: Double) -> [String] {
    given.filter { (Double($0) ?? CellReader.plainNumber($0)) == value }
  }

  /// Whether this says that a value is too small to be measured.
  static func isLimit(_ bytes: Slice<UnsafeBufferPointer<UInt8>>) -> Bool {
    bytes.count <= longest && limits.contains(String(decoding: bytes, as: UTF8.self).lowercased())
  }

  func contains(_ value: Double) -> Bool { !numbers.isEmpty && numbers.contains(value) }

  func contains(_ bytes: Slice<UnsafeBufferPointer<UInt8>>) -> Bool {
    if bytes.count == 2, bytes.first == UInt8(ascii: "N"), bytes.last == UInt8(ascii: "A") {
      return true
    }
    if words.isEmpty, bytes.count > Self.longest { return false }
    let word = String(decoding: bytes, as: UTF8.self)
    if words.contains(word) { return true }
    guard bytes.count <= Self.longest else { return false }
    let lower = word.lowercased()
    if Self.usual.contains(lower) { return true }
    // Stars where a number did not fit its field, in Fortran.
    return lower.utf8.allSatisfy { $0 == UInt8(ascii: "*") }
  }
}

extension CellReader {
  /// A number with a decimal comma.
  static func plainNumber(_ word: String) -> Double? {
    guard word.utf8.contains(UInt8(ascii: ",")) else { return nil }
    return Double(word.replacing(",", with: "."))
  }
}
