package import LinearAlgebra

/// Layers one after another, and the numbers they hold.
package struct ClassifierNetwork<Scalar: ProductScalar>: Sendable {
  package let layers: [ClassifierLayer]
  /// Of each layer, in order.
  package var parameters: [Scalar]
  /// Where each layer's parameters begin.
  package let offsets: [Int]

  package init(_ layers: [ClassifierLayer], parameters: [Scalar]) {
    self.layers = layers
    self.parameters = parameters
    var offset = 0
    offsets = layers.map { layer in
      defer { offset += layer.parameterCount }
      return offset
    }
    precondition(
      offset == parameters.count, "\(parameters.count) numbers do not fill \(offset) parameters")
  }

  package var outputCount: Int { layers[layers.count - 1].outputCount }

  /// Takes samples from the workspace's inputs to its outputs.
  package func forward(_ workspace: ClassifierWorkspace<Scalar>, count: Int) {
    parameters.withUnsafeBufferPointer { parameters in
      for (place, layer) in layers.enumerated() {
        layer.forward(
          workspace.values[place], count: count, parameters.baseAddress! + offsets[place],
          into: workspace.values[place + 1], scratch: workspace.scratch)
      }
    }
  }

  /// After ``forward(_:count:)``: from the derivatives by the outputs to those by the parameters, which it sets,
  /// and by the inputs where they are asked for.
  package func backward(
    _ workspace: ClassifierWorkspace<Scalar>, count: Int, gradient: inout [Scalar],
    byInputsToo: Bool = false
  ) {
    gradient.withUnsafeMutableBufferPointer { gradient in
      gradient.update(repeating: 0)
      parameters.withUnsafeBufferPointer { parameters in
        for (place, layer) in layers.enumerated().reversed() {
          layer.backward(
            workspace.values[place], count: count, workspace.values[place + 1],
            parameters.baseAddress! + offsets[place], by: workspace.derivatives[place + 1],
            parameterGradient: gradient.baseAddress! + offsets[place],
            inputGradient: place > 0 || byInputsToo ? workspace.derivatives[place] : nil,
            scratch: workspace.scratch)
        }
      }
    }
  }

  /// The loss of the samples in the workspace, and its derivatives by the parameters.
  package func differentiate(
    _ workspace: ClassifierWorkspace<Scalar>, labels: UnsafeBufferPointer<Int>,
    gradient: inout [Scalar], byInputsToo: Bool = false
  ) -> Double {
    let count = labels.count
    forward(workspace, count: count)
    workspace.outputDerivatives.update(from: workspace.outputs, count: count * outputCount)
    let loss = SoftmaxCrossEntropy.differentiate(
      workspace.outputDerivatives, classCount: outputCount, labels: labels)
    backward(workspace, count: count, gradient: &gradient, byInputsToo: byInputsToo)
    return loss
  }
}
