package import LinearAlgebra

/// One layer of a convolutional classifier. An enumeration rather than a protocol, so that the compiler makes the
/// loops inside for the scalar in use.
package enum ClassifierLayer: Equatable, Sendable {
  case convolution(Convolution)
  case pooling(RectifiedPooling)
  case dense(DenseFactor)

  /// The numbers of one sample that go in.
  package var inputCount: Int {
    switch self {
    case .convolution(let layer): layer.input.count
    case .pooling(let layer): layer.input.count
    case .dense(let layer): layer.inputCount
    }
  }

  /// The numbers of one sample that come out.
  package var outputCount: Int {
    switch self {
    case .convolution(let layer): layer.output.count
    case .pooling(let layer): layer.output.count
    case .dense(let layer): layer.outputCount
    }
  }

  package var parameterCount: Int {
    switch self {
    case .convolution(let layer): layer.parameterCount
    case .pooling: 0
    case .dense(let layer): layer.parameterCount
    }
  }

  package var scratchCount: Int {
    if case .convolution(let layer) = self { layer.scratchCount } else { 0 }
  }

  package func forward<Scalar: ProductScalar>(
    _ inputs: UnsafePointer<Scalar>, count: Int, _ parameters: UnsafePointer<Scalar>,
    into result: UnsafeMutablePointer<Scalar>, scratch: UnsafeMutablePointer<Scalar>
  ) {
    switch self {
    case .convolution(let layer):
      layer.forward(inputs, count: count, parameters, into: result, scratch: scratch)
    case .pooling(let layer): layer.forward(inputs, count: count, into: result)
    case .dense(let layer): layer.forward(inputs, count: count, parameters, into: result)
    }
  }

  /// - Parameters:
  ///   - result: what ``forward(_:count:_:into:scratch:)`` made of the same inputs.
  ///   - outputs: the derivatives by the result; used up.
  ///   - parameterGradient: added to.
  ///   - inputGradient: set; nil where nobody needs it.
  package func backward<Scalar: ProductScalar>(
    _ inputs: UnsafePointer<Scalar>, count: Int, _ result: UnsafePointer<Scalar>,
    _ parameters: UnsafePointer<Scalar>, by outputs: UnsafeMutablePointer<Scalar>,
    parameterGradient: UnsafeMutablePointer<Scalar>, inputGradient: UnsafeMutablePointer<Scalar>?,
    scratch: UnsafeMutablePointer<Scalar>
  ) {
    switch self {
    case .convolution(let layer):
      layer.backward(
        inputs, count: count, parameters, by: outputs, parameterGradient: parameterGradient,
        imageGradient: inputGradient, scratch: scratch)
    case .pooling(let layer):
      guard let inputGradient else { return }
      layer.backward(inputs, count: count, result, by: outputs, imageGradient: inputGradient)
    case .dense(let layer):
      layer.backward(
        inputs, count: count, result, parameters, by: outputs,
        parameterGradient: parameterGradient, inputGradient: inputGradient)
    }
  }
}
