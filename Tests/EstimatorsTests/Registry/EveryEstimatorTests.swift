import Dynamics
import Estimators
import Testing

/// What holds for every estimator. That inputs are not modified is the compiler's business: they are values.
@Suite struct EveryEstimatorTests {
  static func difference(_ a: [Double], _ b: [Double]) -> Double {
    guard a.count == b.count else { return .infinity }
    let scale = b.reduce(0) { max($0, abs($1)) }
    return zip(a, b).reduce(0) { max($0, abs($1.0 - $1.1)) } / scale
  }

  @Test(arguments: EstimatorCase.all)
  func fittingTwiceGivesTheSameBits(_ estimator: EstimatorCase) throws {
    let first = try estimator.answer(.init())
    #expect(first.outcome == .converged)
    let areFinite = first.numbers.allSatisfy { $0.isFinite }
    #expect(areFinite)
    // Nothing of another fit is remembered.
    let other = try estimator.answer(.init(seed: 2))
    #expect(other.numbers != first.numbers)
    #expect(try estimator.answer(.init()) == first)
  }

  @Test(arguments: EstimatorCase.all)
  func orderDoesNotMatter(_ estimator: EstimatorCase) throws {
    let plain = try estimator.answer(.init())
    let permuted = try estimator.answer(.init(isPermuted: true))
    #expect(Self.difference(permuted.numbers, plain.numbers) <= estimator.tolerance)
  }

  @Test(arguments: EstimatorCase.all, [0x1p-40, 1e6])
  func answersScaleWithTheData(_ estimator: EstimatorCase, scale: Double) throws {
    let plain = try estimator.answer(.init())
    let scaled = try estimator.answer(.init(scale: scale))
    let expected = plain.numbers.map { scale * $0 }
    #expect(Self.difference(scaled.numbers, expected) <= estimator.tolerance)
  }

  @Test(arguments: EstimatorCase.all)
  func refusesNaN(_ estimator: EstimatorCase) throws {
    #expect(throws: (any Error).self) {
      _ = try estimator.answer(.init(hasNaN: true))
    }
  }

  @Test(arguments: EstimatorCase.all.filter(\.isCancellable))
  func canBeCancelled(_ estimator: EstimatorCase) throws {
    let answer = try estimator.answer(.init(goesOn: false))
    #expect(answer.outcome.kind == "interrupted")
  }
}
