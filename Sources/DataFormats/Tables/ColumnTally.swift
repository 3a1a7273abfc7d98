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
  private var wholes = 0
  private var minutes = 0
  private var dates = 0
  private var ledByZero = 0
  private var fewestDigits = Int.max
  private var mostDigits = 0

  /// How many numbers have so many decimal places; the last counts all beyond.
  private var placeCounts = [Int](repeating: 0, count: 19)
  private var leastDecimals = Int.max
  private var mostDecimals = 0
  private(set) var exponents = 0
  private var mostSignificant = 0
  private var exponent: NumberFormat.Exponent?
  private var thousands: [UInt8] = []
  private var areLakhs = false
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

  /// Whether the numbers go up or down by the same step from each row to the next, without a gap.
  var hasSteps: Bool { isStrictlyMonotone && numbers > 2 && hasEqualSteps }

  /// Whether all numbers are whole, however they are written.
  var areWhole: Bool { numbers > 0 && wholes == numbers }

  /// Whether all are whole numbers that years can be.
  var areYears: Bool { areWhole && smallest >= 1800 && largest <= 2100 }

  /// Whether all are digits of one length, zeros before them: `00743`.
  var areCodes: Bool {
    numbers > 1 && integers == numbers && ledByZero > 0 && fewestDigits == mostDigits
      && largest > 1
  }

  /// Whether all are dates such as `20240131`.
  var areDates: Bool { numbers > 1 && dates == numbers }

  /// Whether all are seconds or milliseconds since 1970 between 1998 and 2039, in order.
  var areTimes: Bool {
    numbers > 1 && integers == numbers && (rises || falls)
      && (smallest >= 9e8 && largest <= 2.2e9 || smallest >= 9e11 && largest <= 2.2e12)
  }

  /// Whether all times are at full minutes.
  var areMinutes: Bool { minutes == numbers }

  /// Whether all are days counted as Excel does, between 1990 and 2064, in order and close to each other.
  var areDayNumbers: Bool {
    numbers > 2 && integers == numbers && (rises || falls) && smallest >= 32_874
      && largest <= 60_000 && largest - smallest <= 40 * Double(numbers)
  }

  /// Whether every number has three places behind a single mark, as thousands would have.
  var mayBeThousands: Bool {
    numbers > 1 && integers == 0 && exponents == 0 && leastDecimals == 3 && mostDecimals == 3
      && max(abs(smallest), abs(largest)) < 1000 && min(abs(smallest), abs(largest)) >= 1
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
      if let step {
        // Steps of 0.1 differ by rounding.
        if abs(difference - step) > 1e-9 * (abs(step) + abs(value)) { hasEqualSteps = false }
      } else {
        step = difference
      }
    }
    previous = value
    if value == value.rounded() {
      wholes += 1
      if value.truncatingRemainder(dividingBy: 60) == 0 { minutes += 1 }
    }
    if cell.isQuoted {
      quoted += 1
    } else if cell.outer.lowerBound < cell.content.lowerBound {
      padded += 1
    }
    noteDigits(text.bytes(cell.content), decimal, value)
    if let marks {
      if !marks.thousands.isEmpty { thousands = marks.thousands }
      if marks.areLakhs { areLakhs = true }
      if marks.hasAffix {
        if affixed == 0 { (prefix, suffix) = (marks.prefix, marks.suffix) }
        if marks.prefix != prefix || marks.suffix != suffix { hasOneAffix = false }
        affixed += 1
      }
    }
  }

  private mutating func noteDigits(
    _ bytes: UnsafeBufferPointer<UInt8>, _ decimal: UInt8, _ value: Double
  ) {
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
    if !isFraction, index == count {
      integers += 1
      if count < fewestDigits { fewestDigits = count }
      if count > mostDigits { mostDigits = count }
      if count > 1, bytes[0] == UInt8(ascii: "0") { ledByZero += 1 }
      if count == 8, Self.isDate(Int(value)) { dates += 1 }
    }
    placeCounts[min(decimals, placeCounts.count - 1)] += 1
    if decimals < leastDecimals { leastDecimals = decimals }
    if decimals > mostDecimals { mostDecimals = decimals }
    if significant > mostSignificant { mostSignificant = significant }
  }

  private static func isDate(_ number: Int) -> Bool {
    (1800...2100).contains(number / 10_000) && (1...12).contains(number / 100 % 100)
      && (1...31).contains(number % 100)
  }

  /// The most decimal places that count: a few numbers with rounding errors at their end, as 5.999999999999982 among
  /// others with two places, do not make a column of fifteen.
  private var usualDecimals: Int {
    guard mostDecimals > 9 else { return mostDecimals }
    var few = 0
    for places in stride(from: placeCounts.count - 1, through: 1, by: -1) {
      few += placeCounts[places]
      if 4 * few > numbers { return min(places, mostDecimals) }
    }
    return 0
  }

  /// How the column's numbers are written; empty columns as a neighbour's.
  func format(decimal: UInt8) -> NumberFormat {
    var format = NumberFormat()
    format.decimalMark = Character(UnicodeScalar(decimal))
    guard numbers > 0 else {
      format.decimals = 0...6
      return format
    }
    let most = usualDecimals
    format.decimals = min(leastDecimals, most)...most
    if exponents == numbers {
      format.exponent = exponent
      // 25e300 is written 2.5e301 here.
      format.decimals = format.decimals.lowerBound...max(most, mostSignificant - 1)
    } else if exponents > 0 {
      format.significantDigits = max(6, mostSignificant)
    }
    if !thousands.isEmpty { format.thousandsMark = String(decoding: thousands, as: UTF8.self) }
    format.groupsByTwo = areLakhs
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
