package import LinearAlgebra

/// One matrix of a dense layer: Z = X Wᵀ, plus a bias and rectified where it is the last of its layer.
///
/// Wᵀ is what is stored, so that the product forward has no transposed factor.
package struct DenseFactor: Equatable, Sendable {
  package let inputCount: Int
  package let outputCount: Int
  package let hasBias: Bool
  package let isRectified: Bool

  package init(inputCount: Int, outputCount: Int, hasBias: Bool, isRectified: Bool) {
    self.inputCount = inputCount
    self.outputCount = outputCount
    self.hasBias = hasBias
    self.isRectified = isRectified
  }

  package var weightCount: Int { inputCount * outputCount }
  /// Wᵀ, then the bias.
  package var parameterCount: Int { weightCount + (hasBias ? outputCount : 0) }

  package func forward<Scalar: ProductScalar>(
    _ inputs: UnsafePointer<Scalar>, count: Int, _ parameters: UnsafePointer<Scalar>,
    into result: UnsafeMutablePointer<Scalar>
  ) {
    if hasBias {
      for row in 0..<count {
        (result + row * outputCount).update(from: parameters + weightCount, count: outputCount)
      }
    }
    Scalar.setProduct(
      result, inputs, transposingLeft: false, parameters, transposingRight: false,
      shape: (count, outputCount, inputCount), adding: hasBias ? 1 : 0)
    guard isRectified else { return }
    for k in 0..<count * outputCount { result[k] = max(result[k], 0) }
  }

  /// Adds to the derivatives by the parameters, sets those by the inputs, and leaves those by the outputs
  /// rectified.
  package func backward<Scalar: ProductScalar>(
    _ inputs: UnsafePointer<Scalar>, count: Int, _ result: UnsafePointer<Scalar>,
    _ parameters: UnsafePointer<Scalar>, by outputs: UnsafeMutablePointer<Scalar>,
    parameterGradient: UnsafeMutablePointer<Scalar>, inputGradient: UnsafeMutablePointer<Scalar>?
  ) {
    if isRectified {
      for k in 0..<count * outputCount { outputs[k] = result[k] > 0 ? outputs[k] : 0 }
    }
    if hasBias {
      let biasGradient = parameterGradient + weightCount
      for row in 0..<count {
        let source = outputs + row * outputCount
        for k in 0..<outputCount { biasGradient[k] += source[k] }
      }
    }
    Scalar.setProduct(
      parameterGradient, inputs, transposingLeft: true, outputs, transposingRight: false,
      shape: (inputCount, outputCount, count), adding: 1)
    guard let inputGradient else { return }
    Scalar.setProduct(
      inputGradient, outputs, transposingLeft: false, parameters, transposingRight: true,
      shape: (count, inputCount, outputCount), adding: 0)
  }
}
