import Analysis
import Dynamics
import LinearAlgebra
import LinearNetworks
import RealModule
import Testing
import _TestSupport

/// Closed forms of the singular value equation, for either sign.
@Suite struct SingularValueSolutionTests {
  /// The derivative in G of the solution is (σ²)^{1−1/N}.
  @Test(arguments: 1...5)
  func satisfiesTheEquation(depth: Int) throws {
    for initial in [0.3, 2, -0.3, -2] {
      for integral in [-0.2, 0, 0.25] {
        let h = 1e-5
        func value(_ change: Double) throws -> Double {
          try #require(
            SingularValueEquation.solution(
              from: initial, integral: integral + change, depth: depth))
        }
        let slope = (try value(h) - value(-h)) / (2 * h)
        let σ = try value(0)
        expectClose(slope, .pow(σ * σ, 1 - 1 / Double(depth)), relative: 1e-8)
      }
      #expect(
        SingularValueEquation.solution(from: initial, integral: 0, depth: depth).map {
          abs($0 - initial) <= 1e-15 * abs(initial)
        } == true)
    }
    #expect(SingularValueEquation.solution(from: 0, integral: 3, depth: 2) == 0)
  }

  /// Just before the blow-up the value is huge, from there on there is none.
  @Test func endsWhereItBlowsUp() throws {
    for (initial, depth) in [(0.5, 3), (-0.5, 3), (2, 4), (-2, 6)] {
      let limit = try #require(SingularValueEquation.blowUpIntegral(from: initial, depth: depth))
      #expect(limit * initial > 0)
      let before = SingularValueEquation.solution(
        from: initial, integral: limit * (1 - 1e-9), depth: depth)
      #expect(abs(try #require(before)) > 1e8)
      #expect(
        SingularValueEquation.solution(from: initial, integral: limit * (1 + 1e-9), depth: depth)
          == nil)
    }
    #expect(SingularValueEquation.blowUpIntegral(from: 1, depth: 2) == nil)
    #expect(SingularValueEquation.blowUpIntegral(from: 0, depth: 3) == nil)
  }
}

/// The flow of one matrix along a given velocity.
@Suite struct MatrixFlowTests {
  /// dW/dt = A W is solved by the exponential.
  @Test func followsALinearVelocity() throws {
    var generator = SeededGenerator(seed: 11)
    let a = Matrix.gaussian(rowCount: 3, columnCount: 3, using: &generator)
    let start = Matrix.gaussian(rowCount: 3, columnCount: 2, using: &generator)
    let end = GradientFlow(until: 1, steps: .adaptive(relativeTolerance: 1e-12))
      .run(MatrixFlow(from: start, loss: { $0.frobeniusNorm }) { a * $0 }).trajectory
    let exact = try a.exponential() * start
    expectClose(end.finalNetwork.endToEnd(), exact, relative: 1e-10)
    expectClose(end.losses.last!, exact.frobeniusNorm, relative: 1e-10)
  }
}
