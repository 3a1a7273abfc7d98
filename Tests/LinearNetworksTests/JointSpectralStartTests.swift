import LinearAlgebra
import LinearNetworks
import Testing
import _TestSupport

/// Spectral starts of data whose singular values repeat or vanish (Appendix B.2 of Gidel et al., corrected).
@Suite struct JointSpectralStartTests {
  @Test func theInputsAreDiagonalInTheStartsVectors() throws {
    var generator = SeededGenerator(seed: 41)
    var plainFails = 0
    for trial in 0..<500 {
      let (m, n) = (2 + generator.nextIndex(below: 3), 2 + generator.nextIndex(below: 4))
      let count = min(m, n)
      let u = Matrix.orthogonal(rowCount: m, columnCount: m, using: &generator)
      let v = Matrix.orthogonal(rowCount: n, columnCount: n, using: &generator)
      // Values from {0, 1, 2}: most repeat.
      let σ = (0..<count).map { _ in Double(generator.nextIndex(below: 3)) }
      guard σ.contains(where: { $0 > 0 }) else { continue }
      let variances = (0..<n).map { _ in 0.2 + generator.nextUniform() }
      let x = v.scalingColumns(by: variances).timesTransposed(v).symmetrized()
      let yx = u.firstColumns(count).scalingColumns(by: σ).timesTransposed(v.firstColumns(count))
      let scales = (0..<count).map { 0.1 * Double($0 + 1) }
      func misalignment(_ network: LinearNetwork) -> (inputs: Double, target: Double) {
        let w = network.endToEnd()
        // Right vectors of W diagonalise Σx if WᵀW commutes with it; W and Σyx are aligned if both Grams commute.
        let gram = w.transposedTimes(w)
        let cross = w.transposedTimes(yx)
        return (
          (gram * x - x * gram).maxAbsolute / gram.maxAbsolute,
          (cross - cross.transposed()).maxAbsolute / gram.maxAbsolute
        )
      }
      let joint = misalignment(
        try .spectral(
          alignedWith: yx, inputCovariance: x, scales: scales, hiddenWidths: [count + trial % 2]))
      #expect(joint.inputs <= 1e-12 && joint.target <= 1e-12, "\(trial): \(joint)")
      let plain = misalignment(
        try .spectral(alignedWith: yx, scales: scales, hiddenWidths: [count + trial % 2]))
      if plain.inputs > 1e-6 { plainFails += 1 }
    }
    // Any singular vectors, as printed, are wrong wherever values repeat.
    #expect(plainFails > 250, "\(plainFails)")
  }
}
