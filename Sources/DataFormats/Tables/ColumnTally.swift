/// What the cells of a column are and how they are written, counted as they are read.
struct ColumnTally {
  var numbers = 0
  var missing = 0
  var limits = 0
  var texts = 0

  /// Where a text or an infinite number stands first: its line and content.
  var firstText: (line: Int, content: Range<Int>)?
  var firstInfinite: (line: Int, content: Range<Int>)?
  private(set) var words: Set<String> = []

  /// Cells that are neither empty nor numbers but mark a missing value.
  var marked = 0

  private var integers = 0
  private var leastDecimals = Int.max
  private var mostDecimals = 0
  private var exponents = 0
  private var mostSignificant = 0
  private var exponent: NumberFormat.Exponent?
  private var thousands: [UInt8] = []
  private var affixed = 0
  private var prefix: [UInt8] = []
  private var suffix: [UInt8] = []
  private var hasOneAffix = true
  private var plus = 0
  private var zeroOmitted = 0
  private var zeroWritten = 0
  private var quoted = 0
  private(set) var padded = 0

  private(set) var smallest = Double.infinity
  private(set) var largest = -Double.infinity
  private var previous = Double.nan
  private var first = Double.nan
  private var rises = true
  private var falls = true
  private var step: Double?
  private var hasEqualSteps = true

  /// Whether one and the same value stands in every known cell.
  var isConstant: Bool { numbers > 0 && smallest == largest }

  /// Whether the numbers rise or fall from each row to the next, without a gap.
  var isStrictlyMonotone: Bool { missing == 0 && texts == 0 && numbers > 1 && (rises || falls) }

  /// Whether the column counts its rows from 0 or 1.
  var countsRows: Bool {
    isStrictlyMonotone && hasEqualSteps && step == 1 && (first == 0 || first == 1)
      && integers == numbers
  }

  /// Whether some numbers have a percent or currency sign and others not, or another.
  var hasMixedAffixes: Bool { affixed > 0 && (affixed < numbers || !hasOneAffix) }

  mutating func note(word: @autoclosure () -> String, line: Int, content: Range<Int>) {
    texts += 1
    if firstText == nil { firstText = (line, content) }
    if words.count < 4 { words.insert(word()) }
  }

  mutating func note(
    _ value: Double, _ cell: TextCell, _ text: PaddedText, decimal: UInt8, marks: CellReader.Marks?
  ) {
    numbers += 1
    if value < smallest { smallest = value }
    if value > largest { largest = value }
    if numbers == 1 {
      first = value
    } else {
      if !(value > previous) { rises = false }
      if !(value < previous) { falls = false }
      let difference = value - previous
      if step == nil { step = difference } else if step != difference { hasEqualSteps = false }
    }
    previous = value
    if cell.isQuoted {
      quoted += 1
    } else if cell.outer.lowerBound < cell.content.lowerBound {
      padded += 1
    }
    noteDigits(text.bytes(cell.content), decimal)
    if let marks {
      if !marks.thousands.isEmpty { thousands = marks.thousands }
      if marks.hasAffix {
        if affixed == 0 { (prefix, suffix) = (marks.prefix, marks.suffix) }
        if marks.prefix != prefix || marks.suffix != suffix { hasOneAffix = false }
        affixed += 1
      }
    }
  }

  private mutating func noteDigits(_ bytes: UnsafeBufferPointer<UInt8>, _ decimal: UInt8) {
    var decimals = 0
    var significant = 0
    var isFraction = false
    var index = 0
    let count = bytes.count
    if bytes[0] == UInt8(ascii: "+") { plus += 1 }
    while index < count {
      let byte = bytes[index]
      if DecimalParser.digit(byte) != nil {
        if isFraction { decimals += 1 }
        if significant > 0 || byte != UInt8(ascii: "0") { significant += 1 }
      } else if byte == decimal {
        isFraction = true
        if index == 0 || DecimalParser.digit(bytes[index - 1]) == nil {
          zeroOmitted += 1
        } else if bytes[index - 1] == UInt8(ascii: "0"), significant == 0 {
          zeroWritten += 1
        }
      } else if byte | 0x20 == UInt8(ascii: "e") {
        exponents += 1
        let rest = bytes[(index + 1)...]
        let isSigned = rest.first == UInt8(ascii: "+") || rest.first == UInt8(ascii: "-")
        exponent = NumberFormat.Exponent(
          isUppercase: byte == UInt8(ascii: "E"),
          hasPlus: rest.first == UInt8(ascii: "+") || (exponent?.hasPlus ?? false),
          digits: rest.count - (isSigned ? 1 : 0))
        break
      }
      index += 1
    }
    if !isFraction, index == count { integers += 1 }
    if decimals < leastDecimals { leastDecimals = decimals }
    if decimals > mostDecimals { mostDecimals = decimals }
    if significant > mostSignificant { mostSignificant = significant }
  }

  /// How the column's numbers are written; empty columns as a neighbour's.
  func format(decimal: UInt8) -> NumberFormat {
    var format = NumberFormat()
    format.decimalMark = Character(UnicodeScalar(decimal))
    guard numbers > 0 else {
      format.decimals = 0...6
      return format
    }
    format.decimals = min(leastDecimals, mostDecimals)...mostDecimals
    if exponents == numbers {
      format.exponent = exponent
    } else if exponents > 0 {
      format.significantDigits = max(6, mostSignificant)
    }
    if !thousands.isEmpty { format.thousandsMark = String(decoding: thousands, as: UTF8.self) }
    format.hasPlus = plus > 0
    format.omitsZero = zeroOmitted > 0 && zeroWritten == 0
    if affixed == numbers {
      format.prefix = String(decoding: prefix, as: UTF8.self)
      format.suffix = String(decoding: suffix, as: UTF8.self)
    }
    format.isQuoted = 2 * quoted > numbers
    return format
  }
}
