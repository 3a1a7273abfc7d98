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
    "1.#qnan", "-1.#ind", "1.#ind", "nan(ind)", "-nan(ind)", "<lod", "<loq", "bdl", "lod", "loq",
    "below detection limit",
  ]
  private static let longest = 24

  private var words: Set<String> = []
  private var numbers: [Double] = []

  /// - Parameter extra: further marks; one that is a number stands for every way to write that number.
  init(_ extra: [String] = []) {
    for mark in extra {
      if let number = Double(mark) ?? CellReader.plainNumber(mark) {
        numbers.append(number)
      } else {
        words.insert(mark)
      }
    }
  }

  var hasNumbers: Bool { !numbers.isEmpty }

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
