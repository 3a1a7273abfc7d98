import RealModule

extension Double {
  /// Three significant digits, for prose and titles.
  var formatted: String {
    guard isFinite else { return "\(self)" }
    if self == 0 { return "0" }
    if self < 0 { return "−" + (-self).formatted }
    let exponent = Int(Double.log10(self).rounded(.down))
    if exponent < -3 || exponent > 5 {
      let scaled = (self / .exp10(Double(exponent)) * 100).rounded() / 100
      return "\(scaled)e\(exponent)"
    }
    let unit = Double.exp10(Double(2 - exponent))
    let rounded = (self * unit).rounded() / unit
    return rounded == rounded.rounded() && rounded < 1e6 ? "\(Int(rounded))" : "\(rounded)"
  }
}
