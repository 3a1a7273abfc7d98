public import Dynamics
public import LinearAlgebra

extension ReducedRankRegressor {
  /// A regression of low rank, and how the other ranks compare.
  public struct Fit: Equatable, Sendable {
    /// W, outputs × inputs.
    public var coefficients: Matrix
    /// c, one number for each output; zeros without an intercept.
    public var intercept: [Double]
    /// The number of components.
    public var rank: Int
    /// The exact solutions of rank 0, 1, ….
    public var ranks: [RankPoint]
    /// The path of a trained network of two layers, when it was asked for.
    public var path: [PathPoint]
    /// The root mean square of all residuals.
    public var trainingError: Double
    /// The same for samples left out, at the chosen rank, over all folds.
    public var validationError: Double?
    /// How it ended.
    public var outcome: Outcome

    /// The predictions for new inputs, one sample per row.
    ///
    /// - Precondition: as many columns as the inputs of the fit.
    public func predict(_ inputs: Matrix) -> Matrix {
      precondition(
        inputs.columnCount == coefficients.columnCount,
        "the fit takes \(coefficients.columnCount) inputs, not \(inputs.columnCount)")
      var result = inputs.timesTransposed(coefficients)
      result.withUnsafeMutableElements { elements in
        for row in 0..<inputs.rowCount {
          for (column, offset) in intercept.enumerated() {
            elements[row * intercept.count + column] += offset
          }
        }
      }
      return result
    }
  }

  /// What the exact solution of one rank achieves.
  public struct RankPoint: Equatable, Sendable {
    /// The number of components.
    public var rank: Int
    /// ½/m ‖(Y − XWᵀ) Γ^{1/2}‖².
    public var loss: Double
    /// The mean of that over the folds, for samples left out, and its standard error.
    public var validationLoss: Double?
    /// The standard error of the validation loss over the folds.
    public var standardError: Double?
  }

  /// One point of the path of training.
  public struct PathPoint: Equatable, Sendable {
    /// How many steps were taken up to here.
    public var step: Int
    /// As for ``RankPoint/loss``.
    public var loss: Double
    /// Of the end-to-end matrix for the inputs it is trained on, descending.
    public var singularValues: [Double]
  }
}
