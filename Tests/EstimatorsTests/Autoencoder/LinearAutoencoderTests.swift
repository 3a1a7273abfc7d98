import Dynamics
import Estimators
import LinearAlgebra
import Testing

@Suite struct LinearAutoencoderTests {
  /// Samples with variances 9, 4, 1, 0.01 along random directions, up to sampling.
  static func samples(seed: UInt64) -> Matrix {
    var generator = SeededGenerator(seed: seed)
    let directions = Matrix.orthogonal(rowCount: 6, columnCount: 6, using: &generator)
    return Matrix.gaussian(rowCount: 200, columnCount: 6, using: &generator)
      .scalingColumns(by: [3, 2, 1, 0.1, 0.1, 0.1]) * directions
  }

  @Test func findsPrincipalComponentsInOrder() throws {
    let samples = Self.samples(seed: 1).map { $0 + 5 }
    let fit = try LinearAutoencoder(componentCount: 3).fit(samples)
    #expect(fit.outcome == .converged)
    // The loss is within 1e-9 of its range: the sine is at most the root of that, over the gap of the variances.
    #expect(try fit.spaceError() <= 1e-4)
    for (found, exact) in zip(
      (0..<3).map { fit.components.row($0) }, (0..<3).map { fit.principalComponents.row($0) })
    {
      let cosine = zip(found, exact).reduce(0) { $0 + $1.0 * $1.1 }
      #expect(abs(abs(cosine) - 1) <= 1e-7)
    }
    let steps = fit.risingSteps.compactMap(\.self)
    #expect(steps.count == 3 && steps == steps.sorted() && Set(steps).count == 3)
    // What coding loses is the variance beyond the components.
    let lost = (fit.decode(fit.encode(samples)) - samples).frobeniusNorm
    #expect(lost * lost / 200 <= 0.05)
  }

  @Test func refusesWhatDoesNotFit() throws {
    #expect(throws: LinearAutoencoder.Failure.componentCountOutOfRange(7, largest: 6)) {
      try LinearAutoencoder(componentCount: 7).fit(Self.samples(seed: 1))
    }
    #expect(throws: LinearAutoencoder.Failure.tooFewSamples(1)) {
      try LinearAutoencoder(componentCount: 1).fit(.zeros(1, 3))
    }
  }
}
