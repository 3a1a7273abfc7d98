import Dynamics
import LinearAlgebra
import LinearNetworks

// −d‖Y − X‖²/dt / ‖Y − X‖² ≥ 2 (σ_min(U)² + σ_min(V)²), the smallest singular values of Uᵀ and Vᵀ as maps from
// R^m and R^n. By Weyl's inequality UᵀU = Q + VᵀV ⪰ Q has σ_min(U)² = λ_m(UᵀU) ≥ λ_m(Q), and likewise
// λ_n(VᵀV) ≥ λ_n(−Q). Q is conserved, so both hold for ever.

/// A rate that a two-layer network cannot fall below, known at its start.
enum ImbalanceGuarantee {
  /// c = max(λ_m(Q), 0) + max(λ_n(−Q), 0), so that the loss falls c times as fast as ‖∇ℓ‖², and for a
  /// factorization ‖Y − X(t)‖ ≤ ‖Y − X(0)‖ e^{−ct}.
  static func rate(of network: LinearNetwork) throws -> Double {
    let eigenvalues = try network.balanceInvariants()[0].symmetricEigenvalues()
    let (m, n) = (network.outputCount, network.inputCount)
    func value(_ ordered: [Double], _ place: Int) -> Double {
      place <= ordered.count ? max(ordered[place - 1], 0) : 0
    }
    return value(eigenvalues, m) + value(eigenvalues.reversed().map { -$0 }, n)
  }
}
