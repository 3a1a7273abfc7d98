import Testing

@testable import Reports

@Suite struct NumberTextTests {
  @Test(arguments: [
    (0, "0"), (-0.0, "0"), (5, "5"), (2000, "2000"), (12_345, "12,345"), (-1_234_567, "−1,234,567"),
    (0.15, "0.15"), (0.123456, "0.1235"), (0.99999, "1"), (9.9996, "10"), (1234.56, "1235"),
    (0.001234, "0.001234"), (0.0001234, "1.234×10⁻⁴"), (1e-9, "1×10⁻⁹"), (3.2e-11, "3.2×10⁻¹¹"),
    (1.23456e20, "1.235×10²⁰"), (999_960.5, "1×10⁶"), (.leastNonzeroMagnitude, "5×10⁻³²⁴"),
    (.infinity, "∞"), (-.infinity, "−∞"), (.nan, "not a number"),
  ])
  func fourDigitsForPeople(_ number: Double, _ text: String) {
    #expect(NumberText.rounded(number) == text)
  }

  @Test(arguments: [
    (0.0, 1, "0.0"), (-0.04, 1, "0.0"), (0.25, 1, "0.3"), (-1.5, 1, "−1.5"), (0.999, 2, "1.00"),
    (1234, 0, "1234"), (0.0005, 3, "0.001"), (12_000, 0, "12,000"), (0.004, 1, "0.0"),
  ])
  func fixedDecimals(_ number: Double, _ decimals: Int, _ text: String) {
    #expect(NumberText.fixed(number, decimals: decimals) == text)
  }

  @Test func exactTextGivesTheNumberBack() {
    for number: Double in [0.1, 1e300, -.leastNonzeroMagnitude, 123, .pi, -.infinity] {
      #expect(Double(NumberText.exact(number)) == number)
    }
    #expect(NumberText.exact(3) == "3")
  }

  @Test func digitsReconstructTheNumber() throws {
    var state: UInt64 = 1
    for _ in 0..<1000 {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      let number = Double(bitPattern: state)
      guard number.isFinite else { continue }
      let decimal = DecimalDigits(number)
      let text = decimal.digits.map { String($0) }.joined()
      let sign = decimal.isNegative ? "-" : ""
      #expect(Double("\(sign)0.\(text)e\(decimal.exponent)") == number)
    }
  }
}
