import LinearAlgebra

/// The means that an intercept takes out, and the deviations that inputs are divided by.
struct RegressionScaling {
  private let inputMeans: [Double]
  private let inputDeviations: [Double]
  private let targetMeans: [Double]

  init(_ regressor: ReducedRankRegressor, inputs: Matrix, targets: Matrix) {
    func means(_ matrix: Matrix) -> [Double] {
      (0..<matrix.columnCount).map { column in
        regressor.hasIntercept ? mean(matrix.column(column)) : 0
      }
    }
    inputMeans = means(inputs)
    targetMeans = means(targets)
    inputDeviations = (0..<inputs.columnCount).map { column in
      let deviation =
        regressor.standardizesInputs ? standardDeviation(inputs.column(column)) : 1
      return deviation > 0 ? deviation : 1
    }
  }

  func scaled(_ inputs: Matrix) -> Matrix {
    subtracting(inputMeans, from: inputs).scalingColumns(by: inputDeviations.map { 1 / $0 })
  }

  func centred(_ targets: Matrix) -> Matrix { subtracting(targetMeans, from: targets) }

  /// W for inputs as given, from W for scaled ones.
  func unscaled(_ coefficients: Matrix) -> Matrix {
    coefficients.scalingColumns(by: inputDeviations.map { 1 / $0 })
  }

  /// c = ȳ − W x̄.
  func intercept(for coefficients: Matrix) -> [Double] {
    zip(targetMeans, coefficients * inputMeans).map { $0 - $1 }
  }

  func addingMeans(to predictions: Matrix) -> Matrix {
    subtracting(targetMeans.map { -$0 }, from: predictions)
  }

  private func subtracting(_ offsets: [Double], from matrix: Matrix) -> Matrix {
    var result = matrix
    result.withUnsafeMutableElements { elements in
      for row in 0..<matrix.rowCount {
        for (column, offset) in offsets.enumerated() {
          elements[row * offsets.count + column] -= offset
        }
      }
    }
    return result
  }
}

func mean(_ values: [Double]) -> Double {
  values.reduce(0, +) / Double(max(values.count, 1))
}

/// The square root of the mean squared deviation from the mean.
func standardDeviation(_ values: [Double]) -> Double {
  let mean = mean(values)
  return rootMeanSquare(values.map { $0 - mean })
}
