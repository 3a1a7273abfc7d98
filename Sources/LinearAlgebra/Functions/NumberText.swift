import RealModule

/// Numbers for people: four significant digits, powers of ten where they are shorter.
package func readable(_ number: Double) -> String {
  guard number.isFinite else { return "\(number)" }
  if number == 0 { return "0" }
  let magnitude = abs(number)
  if magnitude >= 1e-3, magnitude < 1e6 {
    let digits = max(0, 3 - Int(Double.log10(magnitude).rounded(.down)))
    let factor = Double.pow(10, digits)
    let rounded = (number * factor).rounded() / factor
    return rounded == rounded.rounded() && abs(rounded) < 1e15 ? "\(Int(rounded))" : "\(rounded)"
  }
  let exponent = Int(Double.log10(magnitude).rounded(.down))
  let mantissa = (number / Double.pow(10, exponent) * 100).rounded() / 100
  return "\(mantissa)e\(exponent)"
}
