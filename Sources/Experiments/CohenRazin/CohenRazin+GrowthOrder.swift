import RealModule

extension CohenRazin {
  /// The order p with which y grows like x^p: the slope of log y over log x by least squares.
  static func growthOrder(of y: [Double], in x: [Double]) -> Double {
    let logX = x.map { Double.log($0) }
    let logY = y.map { Double.log($0) }
    let count = Double(x.count)
    let meanX = logX.reduce(0, +) / count
    let meanY = logY.reduce(0, +) / count
    var covariance = 0.0
    var variance = 0.0
    for (u, v) in zip(logX, logY) {
      covariance += (u - meanX) * (v - meanY)
      variance += (u - meanX) * (u - meanX)
    }
    return covariance / variance
  }
}
