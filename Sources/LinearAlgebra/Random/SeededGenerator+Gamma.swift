import RealModule

extension SeededGenerator {
  /// A number with the gamma distribution of a shape and scale one; its mean is the shape.
  ///
  /// Marsaglia and Tsang's method: with d = shape − ⅓, a normal number x and v = (1 + x/√(9d))³, the number d v is
  /// kept with probability exp(x²/2 + d − d v + d log v), which is above 0.95. A shape below one is drawn as one
  /// more, times a uniform number to the power 1/shape.
  ///
  /// - Precondition: the shape is positive.
  /// - SeeAlso: Marsaglia and Tsang, *A simple method for generating gamma variables*, 2000.
  public mutating func nextGamma(shape: Double) -> Double {
    precondition(shape > 0, "a gamma distribution of shape \(shape) does not exist")
    if shape < 1 {
      let power = Double.pow(1 - nextUniform(), 1 / shape)
      return nextGamma(shape: shape + 1) * power
    }
    let d = shape - 1.0 / 3
    let c = 1 / (9 * d).squareRoot()
    while true {
      let x = nextGaussian()
      let root = 1 + c * x
      guard root > 0 else { continue }
      let v = root * root * root
      if Double.log(1 - nextUniform()) < 0.5 * x * x + d - d * v + d * Double.log(v) {
        return d * v
      }
    }
  }
}
