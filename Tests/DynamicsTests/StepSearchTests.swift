import Dynamics
import LinearAlgebra
import LinearNetworks
import RealModule
import Testing
import _TestSupport

@Suite struct StepSearchTests {
  /// Descent of ½λw² multiplies w by |1 − ηλ|: from wherever the search begins it finds a step within the grid of the best.
  @Test func findsTheStepOfAQuadratic() {
    for exponent in stride(from: -12.0, through: 12, by: 1.5) {
      let λ = Double.pow(10, 0.5)
      let search = StepSearch(from: .pow(10, exponent)) { η -> Int? in
        let factor = abs(1 - η * λ)
        guard factor < 1 else { return nil }
        let steps = factor == 0 ? 1 : max(1, (Double.log(1e-6) / .log(factor)).rounded(.up))
        return steps <= 10_000 ? Int(steps) : nil
      }
      // Within an eighth of an octave ηλ = 1 ± 0.045: ln 1e-6/ln 0.045 = 4.5.
      #expect(search.best.map { $0.steps! <= 5 } == true, "\(exponent): \(search.best as Any)")
      #expect(
        zip(search.trials, search.trials.dropFirst()).allSatisfy { $0.stepSize < $1.stepSize })
    }
  }

  @Test func saysWhenNothingArrives() {
    #expect(StepSearch(from: 1) { _ in nil }.best == nil)
  }

  @Test func schedulesAndRatesMoveBlocksAsTheySay() throws {
    let half = StepSchedule(.stepwise(factor: 0.5, every: 2), warmup: 1)
    #expect((0..<6).map(half.factor) == [0.5, 1, 1, 0.5, 0.5, 0.25])
    #expect(StepSchedule(.linear(end: 0.2, steps: 4)).factor(at: 9) == 0.2)
    #expect(abs(StepSchedule(.cosine(end: 0, steps: 4)).factor(at: 2) - 0.5) < 1e-15)
    // Adam moves every weight by its step at first, whatever the gradient; a layer's rate holds for it too.
    let network = LinearNetwork.identity(widths: [2, 2, 2], scale: 0.5)
    var descent = Descent(.adam(AdamDescent()), stepSize: 0.01, stepLimit: 1)
    descent.blockRates = [1, 0.1]
    let run = descent.run(FactorizationObjective(.diagonal([2, 1])), from: network)
    let change = zip(run.finalNetwork.layers, network.layers).map { ($0 - $1).maxAbsolute }
    #expect(abs(change[1] / change[0] - 0.1) < 1e-12)
  }
}
