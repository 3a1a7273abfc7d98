public import Dynamics
public import LinearAlgebra
public import LinearNetworks

// With the inputs as targets the loss of W = W_2 W_1 is ½ tr((I − W) Σ (I − W)ᵀ). Among matrices of rank k the best
// is the projection on the leading eigenvectors of Σ; from a small start component i rises by the rate of its
// eigenvalue λ_i, so that the components come in the order of their variances.

/// A linear autoencoder of two layers, x ↦ W_2 W_1 (x − x̄) + x̄, trained from near zero: it finds the principal
/// components, one after another.
///
/// - SeeAlso: Appendix A of [gidel2019]; [baldiHornik1989].
public struct LinearAutoencoder: Equatable, Sendable {
  /// The width k of the layer between.
  public var componentCount: Int
  /// The size of the first end-to-end matrix's singular values.
  public var initialScale: Double
  /// The largest number of steps.
  public var stepLimit: Int
  /// The seed of everything random here; the same seed gives the same bits.
  public var seed: UInt64

  /// An estimator with all else as usual.
  public init(
    componentCount: Int, initialScale: Double = 1e-6, stepLimit: Int = 20_000, seed: UInt64 = 0
  ) {
    self.componentCount = componentCount
    self.initialScale = initialScale
    self.stepLimit = stepLimit
    self.seed = seed
  }

  /// Why nothing can be fitted.
  public enum Failure: Error, Equatable, Sendable {
    case tooFewSamples(Int)
    case notFinite(row: Int, column: Int, value: Double)
    case componentCountOutOfRange(Int, largest: Int)
    case initialScaleNotPositive(Double)
  }

  /// What an observer is told: the share of the work done, between 0 and 1.
  public struct Progress: Equatable, Sendable {
    /// The share of the work that is done, from 0 to 1.
    public let fraction: Double
  }

  /// - Parameters:
  ///   - samples: one per row.
  ///   - observe: answering false ends the training, with outcome `interrupted`.
  /// - Throws: ``Failure`` for data and settings that do not fit, `DecompositionError` when LAPACK does not
  ///   converge.
  public func fit(
    _ samples: Matrix, observe: (Progress) -> Bool = { _ in true }
  ) throws -> Fit {
    try validate(samples)
    let means = (0..<samples.columnCount).map { mean(samples.column($0)) }
    let centred =
      samples - Matrix(
        rowCount: samples.rowCount, columnCount: 1, repeating: 1
      ) * Matrix(rowCount: 1, columnCount: means.count, elements: means)
    let svd = try SingularValueDecomposition(of: centred)
    let count = Double(samples.rowCount)
    let variances = svd.singularValues.map { $0 * $0 / count }
    var loss = CovarianceLoss(
      covariance: centred.transposedTimes(centred) / count,
      optimum: .identity(samples.columnCount), least: 0)
    var generator = SeededGenerator(seed: seed)
    let start = LinearNetwork.balanced(
      widths: [samples.columnCount, componentCount, samples.columnCount], scale: initialScale,
      using: &generator)
    let total = variances.reduce(0, +) / 2
    let least = variances.dropFirst(componentCount).reduce(0, +) / 2
    let descent = GradientDescent(
      targetLoss: least + 1e-9 * (total - least), stepLimit: stepLimit)
    var points: [PathPoint] = []
    let trajectory = descent.run(&loss, from: start) { progress in
      let values = Array(progress.network.singularValues().prefix(componentCount))
      points.append(PathPoint(step: progress.step, loss: progress.loss, singularValues: values))
      return observe(Progress(fraction: Double(progress.step) / Double(stepLimit)))
        ? .goOn : .interrupt
    }
    let trained = try trajectory.finalNetwork.endToEndDecomposition().leftVectors
      .firstColumns(componentCount)
    // The network knows the space; within it the components are where the codes are uncorrelated.
    let codes = centred * trained
    let rotation = try SingularValueDecomposition(of: codes).rightVectorsTransposed
    return Fit(
      mean: means, components: rotation * trained.transposed(),
      principalComponents: svd.rightVectorsTransposed.firstRows(componentCount),
      variances: Array(variances.prefix(componentCount)), network: trajectory.finalNetwork,
      path: points, outcome: trajectory.outcome)
  }

  private func validate(_ samples: Matrix) throws(Failure) {
    guard samples.rowCount > 1, samples.columnCount > 0 else {
      throw .tooFewSamples(samples.rowCount)
    }
    for (k, value) in samples.elements.enumerated() where !value.isFinite {
      throw .notFinite(row: k / samples.columnCount, column: k % samples.columnCount, value: value)
    }
    let largest = min(samples.rowCount - 1, samples.columnCount)
    guard componentCount >= 1, componentCount <= largest else {
      throw .componentCountOutOfRange(componentCount, largest: largest)
    }
    guard initialScale > 0, initialScale.isFinite else {
      throw .initialScaleNotPositive(initialScale)
    }
  }
}

extension LinearAutoencoder {
  /// A trained autoencoder and the principal components it should have found.
  public struct Fit: Sendable {
    /// x̄.
    public var mean: [Double]
    /// The components that training found, one per row, orthonormal, by descending variance.
    public var components: Matrix
    /// The principal components of the samples by singular value decomposition, one per row.
    public var principalComponents: Matrix
    /// The variances along them, descending.
    public var variances: [Double]
    /// The network.
    public var network: LinearNetwork
    /// The training, point by point.
    public var path: [PathPoint]
    /// How it ended.
    public var outcome: Outcome

    /// The sine of the largest angle between the space that training found and that of the principal components.
    public func spaceError() throws(DecompositionError) -> Double {
      let inside = components.timesTransposed(principalComponents) * principalComponents
      return try (components - inside).spectralNorm()
    }

    /// The first step at which each singular value of the end-to-end matrix exceeds one half; nil where none does.
    public var risingSteps: [Int?] {
      (0..<components.rowCount).map { k in path.first { $0.singularValues[k] > 0.5 }?.step }
    }

    /// The coordinates of samples along the components.
    public func encode(_ samples: Matrix) -> Matrix {
      shifted(samples, by: mean.map { -$0 }).timesTransposed(components)
    }

    /// Samples from coordinates.
    public func decode(_ codes: Matrix) -> Matrix { shifted(codes * components, by: mean) }

    private func shifted(_ matrix: Matrix, by offsets: [Double]) -> Matrix {
      var result = matrix
      result.withUnsafeMutableElements { elements in
        for k in elements.indices { elements[k] += offsets[k % offsets.count] }
      }
      return result
    }
  }

  /// One step of the training.
  public struct PathPoint: Equatable, Sendable {
    /// How many steps were taken up to here.
    public var step: Int
    /// The loss there.
    public var loss: Double
    /// Of the end-to-end matrix, descending.
    public var singularValues: [Double]
  }
}

extension LinearAutoencoder.Failure: CustomStringConvertible {
  public var description: String {
    switch self {
    case .tooFewSamples(let count): "an autoencoder needs at least two samples, not \(count)"
    case .notFinite(let row, let column, let value):
      "row \(row), column \(column) of the samples is \(value): remove or fill in the sample"
    case .componentCountOutOfRange(let count, let largest):
      "these samples have 1 to \(largest) components, not \(count)"
    case .initialScaleNotPositive(let scale):
      "the initial scale must be positive and finite, not \(scale)"
    }
  }
}
