package import LinearAlgebra

/// The numbers between the layers, forward and back, for batches up to a size; allocated once for all steps.
package final class ClassifierWorkspace<Scalar: ProductScalar> {
  /// How many samples fit.
  package let capacity: Int
  /// What goes into each layer, and last what comes out.
  let values: [UnsafeMutablePointer<Scalar>]
  /// The derivatives by them.
  let derivatives: [UnsafeMutablePointer<Scalar>]
  let scratch: UnsafeMutablePointer<Scalar>

  package init(_ layers: [ClassifierLayer], capacity: Int) {
    self.capacity = capacity
    let counts = layers.map(\.inputCount) + [layers.last!.outputCount]
    values = counts.map { .allocate(capacity: capacity * $0) }
    derivatives = counts.map { .allocate(capacity: capacity * $0) }
    scratch = .allocate(capacity: layers.map(\.scratchCount).max()!)
  }

  deinit {
    for buffer in values + derivatives + [scratch] { buffer.deallocate() }
  }

  /// Where the samples are written, one after another.
  package var inputs: UnsafeMutablePointer<Scalar> { values[0] }
  /// What the last layer makes of them.
  package var outputs: UnsafeMutablePointer<Scalar> { values[values.count - 1] }
  /// The derivatives by that.
  package var outputDerivatives: UnsafeMutablePointer<Scalar> {
    derivatives[derivatives.count - 1]
  }
  /// The derivatives by the samples, where they were asked for.
  package var inputDerivatives: UnsafeMutablePointer<Scalar> { derivatives[0] }
}
