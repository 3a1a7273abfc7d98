import LinearAlgebra
import LinearNetworks

/// 1/(2m) Σ_i (⟨A_i, W⟩ − b_i)² as a function of the layers; its gradient in W is 1/m Σ r_i A_i.
///
/// - Complexity: what measuring W and combining the A_i cost, and 3(N − 1) products.
struct MeasurementLoss: NetworkLoss {
  let measurements: LinearMeasurements
  let values: [Double]
  private var chain: ProductChain
  private var residuals: [Double]

  init(_ measurements: LinearMeasurements, values: [Double], widths: [Int]) {
    self.measurements = measurements
    self.values = values
    chain = ProductChain(widths: widths)
    residuals = values
  }

  mutating func value(at network: LinearNetwork) -> Double {
    chain.multiply(network)
    let fitted = measurements.values(of: chain.product(of: network))
    for i in values.indices { residuals[i] = fitted[i] - values[i] }
    return residuals.reduce(0) { $0 + $1 * $1 } / (2 * Double(values.count))
  }

  mutating func gradients(at network: LinearNetwork, into gradients: inout [Matrix]) {
    let scale = 1 / Double(values.count)
    let gradient = measurements.combination(residuals.map { $0 * scale })
    chain.backpropagate(
      transposedGradient: gradient.transposed(), through: network, into: &gradients)
  }
}
