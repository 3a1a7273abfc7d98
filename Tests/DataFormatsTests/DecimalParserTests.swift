import DataFormats
import Testing

@Suite struct DecimalParserTests {
  let parser = DecimalParser()

  /// The number of texts whose value is not the standard library's to the bit.
  func mismatches(_ texts: some Sequence<String>) -> [String] {
    texts.filter { text in
      parser.parse(Array(text.utf8))?.bitPattern != Double(text)?.bitPattern
    }
  }

  @Test func shortestTextsOfRandomDoublesReadBackToTheSameBits() {
    var generator = Seeded(1)
    var failures: [Double] = []
    for _ in 0..<300_000 {
      let value = generator.anyDouble()
      if parser.parse(Array(value.description.utf8))?.bitPattern != value.bitPattern {
        failures.append(value)
      }
    }
    #expect(failures.isEmpty)
  }

  @Test func randomDigitsAndExponentsAgreeWithTheStandardLibrary() {
    var generator = Seeded(2)
    let texts = (0..<300_000).lazy.map { _ in
      var text = Bool.random(using: &generator) ? "-" : ""
      let digits = Int.random(in: 1...25, using: &generator)
      let point = Int.random(in: 0...digits, using: &generator)
      for k in 0..<digits {
        if k == point { text += "." }
        text += String(UInt8.random(in: 0...9, using: &generator))
      }
      switch Int.random(in: 0..<4, using: &generator) {
      case 0: break
      case 1: text += "e\(Int.random(in: -30...30, using: &generator))"
      default: text += "E\(Int.random(in: -345...310, using: &generator))"
      }
      return text
    }
    #expect(mismatches(texts) == [])
  }

  @Test func numbersHalfWayBetweenTwoDoublesGoToTheEvenOne() {
    var generator = Seeded(3)
    var texts: [String] = []
    // m + ½ with m of 53 bits has at most 17 digits: exact in decimal, and so are its neighbours.
    for _ in 0..<100_000 {
      let m = UInt64.random(in: 1 << 52..<1 << 53, using: &generator)
      texts += ["\(m).5", "\(m).50000000000000000000000000001", "\(m).4999999999999999999999999"]
      let even = Int.random(in: 1...10, using: &generator)
      let half = (2 * m + 1).multipliedReportingOverflow(by: 1 << UInt64(even))
      if !half.overflow {
        texts += ["\(half.partialValue)", "\(half.partialValue)e0", "\(half.partialValue).0e-1"]
      }
    }
    #expect(mismatches(texts) == [])
    #expect(parser.parse(Array("9007199254740993".utf8)) == 9_007_199_254_740_992)
    #expect(parser.parse(Array("9007199254740995".utf8)) == 9_007_199_254_740_996)
  }

  @Test func hardNumbersAreExact() {
    #expect(
      mismatches([
        "0", "-0", "0.0", "-0.0e99999999999999", "1", ".5", "5.", "+1.5",
        "00000000000000000000000000012.5",
        "0.000000000000000000000000000000000000000000001",
        "2.2250738585072011e-308", "2.2250738585072012e-308", "2.2250738585072014e-308",
        "4.9406564584124654e-324", "2.4703282292062327e-324", "2.4703282292062328e-324",
        "1.7976931348623157e308", "1.7976931348623158e308", "1e23", "8.5e22", "8.41e21",
        "9007199254740993.00000000000000000000", "1e22", "1e-22", "123456789012345678901234567890",
        "6.631236846766476e-316", "3.2378839133029012895883524125015321748630094994e-319", "1e-400",
        "1e-342",
        "7.2057594037927933e16", "1448997445238699", "0.3e-323", "1090544144181609348671888949248",
        "5e-324", "1.00000000000000011102230246251565404236316680908203125",
        "1.00000000000000011102230246251565404236316680908203124",
        "1.00000000000000011102230246251565404236316680908203126",
      ]) == [])
    #expect(parser.parse(Array("1e309".utf8)) == .infinity)
    #expect(parser.parse(Array("-1.7976931348623159e308".utf8)) == -.infinity)
    #expect(parser.parse(Array("1e999999999999999999999".utf8)) == .infinity)
    let long = "0." + String(repeating: "3", count: 5000) + "e1"
    #expect(
      mismatches([
        long, String(repeating: "9", count: 300),
        "1" + String(repeating: "0", count: 400) + "e-400",
      ]) == [])
  }

  @Test(arguments: [
    "", "+", "-", ".", "e5", "1e", "1e+", "0x10", "1_000", "1,5", "--1", "1.2.3", "nan", "inf",
    "1d5", " 1",
  ])
  func whatIsNoNumberIsRefused(_ text: String) {
    #expect(parser.parse(Array(text.utf8)) == nil)
  }
}
