extension Int {
  /// The digits of a number that is not negative as an index is written: σ₁₂.
  var loweredDigits: String {
    String(
      String.UnicodeScalarView(
        "\(self)".unicodeScalars.compactMap { Unicode.Scalar($0.value - 48 + 0x2080) }))
  }
}
