import Foundation
import Records

/// Where a value stands along an axis, and which values to name.
struct AxisScale {
  struct Tick: Equatable {
    var value: Double
    var label: String
  }

  let isLogarithmic: Bool
  let isWhole: Bool
  let lower: Double
  let upper: Double

  /// Covers the values, with a little room, unless the axis fixes its ends.
  ///
  /// - Parameter includesZero: bars grow from zero, so their axis holds it.
  init(_ axis: Axis, covering values: [Double], includesZero: Bool = false, room: Double = 0.04) {
    isLogarithmic = axis.scale == .logarithmic
    isWhole = axis.scale == .whole
    let isLogarithmic = isLogarithmic
    func isDrawable(_ value: Double) -> Bool { value.isFinite && (!isLogarithmic || value > 0) }
    // The largest finite numbers would overflow in sums of two.
    func toScale(_ value: Double) -> Double { isLogarithmic ? log10(value) : value / 4 }
    func fromScale(_ value: Double) -> Double { isLogarithmic ? pow(10, value) : value * 4 }

    let drawable = values.filter(isDrawable)
    let isFromZero = includesZero && !isLogarithmic
    var low = toScale(drawable.min() ?? 1)
    var high = toScale(drawable.max() ?? (isLogarithmic ? 10 : 4))
    if isFromZero {
      low = min(low, 0)
      high = max(high, 0)
    }
    if !(low < high) {
      let half = isLogarithmic ? 0.5 : low == 0 ? 0.25 : abs(low) / 2
      (low, high) = (low - half, high + half)
    }
    let padding = room * (high - low)
    let touchesZero = !isLogarithmic && room > 0
    let paddedLow = touchesZero && low >= 0 && low < padding ? 0 : low - padding
    let paddedHigh = touchesZero && high <= 0 && -high < padding ? 0 : high + padding
    let limit = Double.greatestFiniteMagnitude
    var ends = (
      max(fromScale(paddedLow), isLogarithmic ? .leastNonzeroMagnitude : -limit),
      min(fromScale(paddedHigh), limit)
    )
    if let fixed = axis.lower, isDrawable(fixed) { ends.0 = fixed }
    if let fixed = axis.upper, isDrawable(fixed) { ends.1 = fixed }
    if !(ends.0 < ends.1) {
      ends.1 = isLogarithmic ? min(ends.0 * 10, limit) : ends.0 + max(abs(ends.0), 1)
      if !(ends.0 < ends.1) { ends.0 = isLogarithmic ? ends.1 / 10 : ends.1 / 2 }
    }
    (lower, upper) = ends
  }

  func isDrawable(_ value: Double) -> Bool {
    value.isFinite && (!isLogarithmic || value > 0)
  }

  /// 0 at the lower end and 1 at the upper; `nil` for a value that has no place.
  func fraction(_ value: Double) -> Double? {
    guard isDrawable(value) else { return nil }
    let place =
      isLogarithmic
      ? (log10(value) - log10(lower)) / (log10(upper) - log10(lower))
      : (value / 4 - lower / 4) / (upper / 4 - lower / 4)
    // Far outside is as invisible as just outside, and keeps coordinates short.
    return min(max(place, -4), 5)
  }

  /// A value moved to the nearest end if it lies outside.
  func clamped(_ value: Double) -> Double {
    value.isNaN ? value : min(max(value, lower), upper)
  }

  /// Between three and seven labelled values.
  var ticks: [Tick] {
    if isLogarithmic {
      let first = Int(log10(lower).rounded(.up))
      let last = Int(log10(upper).rounded(.down))
      if last - first >= 2 { return decadeTicks(first, last) }
      if upper / lower > 5 { return subdividedTicks(first - 1, last) }
    }
    return linearTicks
  }

  /// Unlabelled values between those of a logarithmic axis.
  var minorTicks: [Double] {
    guard isLogarithmic, upper / lower <= 1e7 else { return [] }
    let first = Int(log10(lower).rounded(.down))
    let last = Int(log10(upper).rounded(.up))
    return (first...last).flatMap { decade in
      (2...9).map { Double($0) * pow(10, Double(decade)) }
    }.filter { $0 > lower && $0 < upper }
  }

  private func decadeTicks(_ first: Int, _ last: Int) -> [Tick] {
    let step = (last - first + 5) / 6
    let isPlain = first >= -2 && last <= 3
    // Multiples of the step, so that 1 is named where it is visible.
    return (first...last).filter { $0 % step == 0 }.map { exponent in
      let value = pow(10, Double(exponent))
      let label =
        isPlain || exponent == 0 || exponent == 1
        ? NumberText.rounded(value) : NumberText.powerOfTen(exponent)
      return Tick(value: value, label: label)
    }
  }

  private func subdividedTicks(_ first: Int, _ last: Int) -> [Tick] {
    (first...last).flatMap { decade in
      [1, 2, 5].map { $0 * pow(10, Double(decade)) }
    }.filter { $0 >= lower && $0 <= upper }.map {
      Tick(value: $0, label: NumberText.rounded($0, digits: 2))
    }
  }

  private var linearTicks: [Tick] {
    let span = upper / 4 - lower / 4
    let raw = span / 6 * 4
    guard raw.isFinite, raw > 0 else { return [] }
    let exponent = Int(log10(raw).rounded(.down))
    let power = pow(10, Double(exponent))
    let multiple = [1.0, 2, 5, 10].first { $0 * power >= raw * 0.999 } ?? 10
    let step = isWhole ? max(1, multiple * power) : multiple * power
    guard step > 0, step.isFinite else { return [] }
    let first = (lower / step).rounded(.up)
    let last = (upper / step).rounded(.down)
    guard first.magnitude < 1e15, last.magnitude < 1e15, first <= last else { return [] }
    let size = max(lower.magnitude, upper.magnitude)
    let decimals = isWhole ? 0 : max(0, multiple == 10 ? -exponent - 1 : -exponent)
    let isPlain = size < 1e6 && decimals <= 4
    return stride(from: first, through: last, by: 1).map { index in
      let value = index * step
      let digits = max(1, Int(log10(size / step).rounded(.up)) + 1)
      return Tick(
        value: value,
        label: isPlain
          ? NumberText.fixed(value, decimals: decimals)
          : NumberText.rounded(value, digits: digits))
    }
  }
}

func decimalLogarithm(_ value: Double) -> Double { log10(value) }
