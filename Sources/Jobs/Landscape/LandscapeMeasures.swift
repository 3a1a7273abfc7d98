import DeepLinear

/// What is measured at a point.
struct LandscapeMeasures {
  /// Above as many weights only the ends of the spectrum are computed.
  static let largestHessian = 1200

  let layers: [Matrix]
  let endToEnd: Matrix
  let loss: Double
  /// ‖∇φ‖ over all layers.
  let gradientNorm: Double
  /// ‖∇ℓ(W)‖.
  let endToEndGradientNorm: Double
  /// Descending; nil for too many weights.
  let eigenvalues: [Double]?
  let smallestCurvature: Double
  let largestCurvature: Double
  /// A direction of the smallest curvature, of norm one.
  let lowest: [Matrix]
  /// The loss along it, at multiples of the size of the layers.
  let slice: (positions: [Double], losses: [Double])
  /// What kind of point it is; nil where ℓ is not convex, so that more than second derivatives decide.
  let kind: CriticalPoint?
  let singularValues: [Double]
  /// The singular values above rounding.
  let rank: Int
  let curve: CurveIntegral

  /// The work of two fields around an ellipse.
  struct CurveIntegral {
    var depth: Int
    var radius: Double
    /// ∮⟨P(W)[∇ℓ], dW⟩, of the end-to-end field.
    var endToEnd: Double
    /// ∮⟨∇ℓ, dW⟩, zero but for rounding.
    var gradient: Double
    /// ∮‖P(W)[∇ℓ]‖ ‖dW‖: the most it could be.
    var largest: Double
  }

  init(_ objective: any Objective, at layers: [Matrix], radius: Double, seed: UInt64) throws {
    let landscape = LossLandscape(objective)
    let w = layers.dropFirst().reduce(layers[0]) { $1 * $0 }
    self.layers = layers
    endToEnd = w
    loss = objective.value(at: w)
    gradientNorm = landscape.gradients(at: layers).reduce(0) { $0 + $1.inner($1) }.squareRoot()
    endToEndGradientNorm = objective.gradient(at: w).frobeniusNorm
    let extremes = try landscape.extremeCurvatures(at: layers)
    lowest = extremes.lowest
    let weights = layers.reduce(0) { $0 + $1.count }
    eigenvalues =
      try weights <= Self.largestHessian
      ? landscape.hessian(at: layers).symmetricEigenvalues() : nil
    smallestCurvature = eigenvalues?.last ?? extremes.smallest
    largestCurvature = eigenvalues?.first ?? extremes.largest
    kind =
      try objective.isConvex && weights <= 2000 ? landscape.criticalPoint(at: layers) : nil
    singularValues = try w.singularValues()
    let top = singularValues.first ?? 0
    let rounding = Double(max(w.rowCount, w.columnCount)) * .ulpOfOne * top * Double(layers.count)
    rank = singularValues.count { $0 > rounding }
    let size = max(layers.reduce(0) { $0 + $1.inner($1) }.squareRoot(), 1e-3)
    let positions = (-60...60).map { size * Double($0) / 60 }
    slice = (
      positions,
      positions.map { s in
        let moved = zip(layers, extremes.lowest).map { $0 + s * $1 }
        return objective.value(at: moved.dropFirst().reduce(moved[0]) { $1 * $0 })
      }
    )
    curve = try Self.integral(
      objective, around: w, depth: layers.count, radius: radius * max(w.frobeniusNorm, 1e-3),
      seed: seed)
  }

  private static func integral(
    _ objective: any Objective, around w: Matrix, depth: Int, radius: Double, seed: UInt64
  ) throws -> CurveIntegral {
    var generator = SeededGenerator(seed: seed &+ 0xC1C)
    func direction() -> Matrix {
      let d = Matrix.gaussian(rowCount: w.rowCount, columnCount: w.columnCount, using: &generator)
      return radius / d.frobeniusNorm * d
    }
    let curve = ClosedCurve(center: w, first: direction(), second: direction())
    return CurveIntegral(
      depth: depth, radius: radius,
      endToEnd: try curve.lineIntegral(
        ofEndToEndField: { objective.gradient(at: $0) }, depth: depth),
      gradient: curve.lineIntegral(of: { objective.gradient(at: $0) }),
      largest: try curve.largestIntegral {
        try EndToEndPreconditioner(at: $0, depth: depth).apply(to: objective.gradient(at: $0))
      })
  }
}
