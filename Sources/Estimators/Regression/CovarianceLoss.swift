import LinearAlgebra
import LinearNetworks

// With G = (W − W*) Σx, which is the gradient, the loss is ℓ(W*) + ½⟨W − W*, G⟩: nothing cancels near W*.

/// Least squares as a function of the layers, from the covariance of the inputs and the solution.
struct CovarianceLoss: NetworkLoss {
  private let covariance: Matrix
  private let optimum: Matrix
  let least: Double
  private var chain: ProductChain?
  private var transposedGradient: Matrix

  init(covariance: Matrix, optimum: Matrix, least: Double) {
    self.covariance = covariance
    self.optimum = optimum
    self.least = least
    transposedGradient = optimum.transposed()
  }

  mutating func value(at network: LinearNetwork) -> Double {
    var chain = self.chain ?? ProductChain(widths: network.widths)
    self.chain = nil
    chain.multiply(network)
    let excess = chain.product(of: network) - optimum
    self.chain = chain
    transposedGradient.setToProduct(covariance, excess, transposingRight: true)
    return least + excess.inner(transposedGradient.transposed()) / 2
  }

  mutating func gradients(at network: LinearNetwork, into gradients: inout [Matrix]) {
    chain?.backpropagate(
      transposedGradient: transposedGradient, through: network, into: &gradients)
  }
}
