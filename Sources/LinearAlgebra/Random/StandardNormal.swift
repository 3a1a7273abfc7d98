// Goals: 1. The same bits on every platform: only + − × ÷ and √, which IEEE 754 rounds correctly, and no
// fused operations.  2. A few units in the last place.  3. Speed: 85 % of the draws need no logarithm.

/// The standard normal distribution.
package enum StandardNormal {
  /// The number below which the distribution has the given probability.
  ///
  /// Rational approximations in three ranges, with relative error below 10⁻¹⁶ before rounding.
  ///
  /// - Precondition: `0 < probability < 1`.
  /// - SeeAlso: Wichura, *Algorithm AS 241: the percentage points of the normal distribution*, 1988.
  package static func quantile(_ probability: Double) -> Double {
    let q = probability - 0.5
    if abs(q) <= 0.425 {
      let r = 0.180625 - q * q
      return q
        * ratio(
          r, 3.3871328727963666080, 1.3314166789178437745e2, 1.9715909503065514427e3,
          1.3731693765509461125e4, 4.5921953931549871457e4, 6.7265770927008700853e4,
          3.3430575583588128105e4, 2.5090809287301226727e3, over: 4.2313330701600911252e1,
          6.8718700749205790830e2, 5.3941960214247511077e3, 2.1213794301586595867e4,
          3.9307895800092710610e4, 2.8729085735721942674e4, 5.2264952788528545610e3)
    }
    let r = (-logarithm(q < 0 ? probability : 1 - probability)).squareRoot()
    let magnitude =
      r <= 5
      ? ratio(
        r - 1.6, 1.42343711074968357734, 4.63033784615654529590, 5.76949722146069140550,
        3.64784832476320460504, 1.27045825245236838258, 2.41780725177450611770e-1,
        2.27238449892691845833e-2, 7.74545014278341407640e-4, over: 2.05319162663775882187,
        1.67638483018380384940, 6.89767334985100004550e-1, 1.48103976427480074590e-1,
        1.51986665636164571966e-2, 5.47593808499534494600e-4, 1.05075007164441684324e-9)
      : ratio(
        r - 5, 6.65790464350110377720, 5.46378491116411436990, 1.78482653991729133580,
        2.96560571828504891230e-1, 2.65321895265761230930e-2, 1.24266094738807843860e-3,
        2.71155556874348757815e-5, 2.01033439929228813265e-7, over: 5.99832206555887937690e-1,
        1.36929880922735805310e-1, 1.48753612908506148525e-2, 7.86869131145613259100e-4,
        1.84631831751005468180e-5, 1.42151175831644588870e-7, 2.04426310338993978564e-15)
    return q < 0 ? -magnitude : magnitude
  }

  /// `(a₀ + a₁ r + … + a₇ r⁷) / (1 + b₁ r + … + b₇ r⁷)`
  @inline(__always)
  private static func ratio(
    _ r: Double, _ a0: Double, _ a1: Double, _ a2: Double, _ a3: Double, _ a4: Double, _ a5: Double,
    _ a6: Double, _ a7: Double, over b1: Double, _ b2: Double, _ b3: Double, _ b4: Double,
    _ b5: Double, _ b6: Double, _ b7: Double
  ) -> Double {
    var above = a7
    above = above * r + a6
    above = above * r + a5
    above = above * r + a4
    above = above * r + a3
    above = above * r + a2
    above = above * r + a1
    above = above * r + a0
    var below = b7
    below = below * r + b6
    below = below * r + b5
    below = below * r + b4
    below = below * r + b3
    below = below * r + b2
    below = below * r + b1
    below = below * r + 1
    return above / below
  }

  /// The natural logarithm of a positive normal number, without the C library.
  package static func logarithm(_ x: Double) -> Double {
    // x = 2ᵉ m with √½ ≤ m < √2, and log m = 2 artanh s = 2 (s + s³/3 + s⁵/5 + …), s = (m − 1)/(m + 1), |s| < 0.172:
    // after s²³ the rest is below 2⁻⁵⁶ of the sum.
    var exponent = Double(x.exponent)
    var m = x.significand
    if m > 1.4142135623730951 {
      m *= 0.5
      exponent += 1
    }
    let s = (m - 1) / (m + 1)
    let z = s * s
    var tail = 1.0 / 23
    tail = tail * z + 1.0 / 21
    tail = tail * z + 1.0 / 19
    tail = tail * z + 1.0 / 17
    tail = tail * z + 1.0 / 15
    tail = tail * z + 1.0 / 13
    tail = tail * z + 1.0 / 11
    tail = tail * z + 1.0 / 9
    tail = tail * z + 1.0 / 7
    tail = tail * z + 1.0 / 5
    tail = tail * z + 1.0 / 3
    // log 2 in two parts, the first with 32 trailing zeros, so that its product with the exponent is exact.
    let high = 0x1.62e42feep-1
    let low = 0x1.a39ef35793c76p-33
    return exponent * high + (2 * s + (2 * s * z * tail + exponent * low))
  }
}
