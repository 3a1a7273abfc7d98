public import Dynamics
public import LinearAlgebra
public import LinearNetworks

/// The loss φ(W_1, …, W_N) = ℓ(W_N ⋯ W_1) around a point: gradient, curvature, kind of critical point.
///
/// ℓ is given by its gradient and its second derivative along a direction, both as matrices of the shape of W.
public struct LossLandscape {
  private let gradient: (Matrix) -> Matrix
  private let curvature: (_ endToEnd: Matrix, _ direction: Matrix) -> Matrix

  /// - Parameters:
  ///   - gradient: W ↦ ∇ℓ(W).
  ///   - curvature: (W, D) ↦ ∇²ℓ(W)[D].
  public init(
    gradient: @escaping (Matrix) -> Matrix,
    curvature: @escaping (_ endToEnd: Matrix, _ direction: Matrix) -> Matrix
  ) {
    self.gradient = gradient
    self.curvature = curvature
  }

  /// The landscape of a quadratic problem.
  public init(_ problem: QuadraticProblem) {
    let covariance = problem.inputCovariance
    self.init(gradient: problem.gradient) { _, direction in direction * covariance }
  }

  /// The landscape of an objective.
  public init(_ objective: some Objective) {
    self.init(gradient: { objective.gradient(at: $0) }) { endToEnd, direction in
      objective.curvature(at: endToEnd, along: direction)
    }
  }

  /// ∇ℓ(W).
  public func endToEndGradient(at endToEnd: Matrix) -> Matrix { gradient(endToEnd) }

  /// The gradient of φ, one matrix per layer.
  public func gradients(at layers: [Matrix]) -> [Matrix] {
    derivatives(
      at: layers, along: layers.map { Matrix(rowCount: $0.rowCount, columnCount: $0.columnCount) }
    )
    .gradients
  }

  /// The second derivative of φ along a direction, ∇²φ[D]: the derivative of the gradient.
  ///
  /// - Complexity: about four times that of the gradient; the Hessian is never formed.
  public func hessianProduct(at layers: [Matrix], along direction: [Matrix]) -> [Matrix] {
    derivatives(at: layers, along: direction).slopes
  }

  // With P_j = W_j P_{j−1}, B_{j−1} = W_jᵀ B_j and B_N = ∇ℓ, the gradient is B_j P_{j−1}ᵀ; dots are derivatives along D.
  private func derivatives(
    at layers: [Matrix], along direction: [Matrix]
  ) -> (gradients: [Matrix], slopes: [Matrix]) {
    precondition(
      direction.count == layers.count,
      "a direction of \(direction.count) matrices does not fit \(layers.count) layers")
    var p: [Matrix] = [layers[0]]
    var pDot: [Matrix] = [direction[0]]
    for j in layers.indices.dropFirst() {
      pDot.append(direction[j] * p[j - 1] + layers[j] * pDot[j - 1])
      p.append(layers[j] * p[j - 1])
    }
    let last = layers.count - 1
    var b = gradient(p[last])
    var bDot = curvature(p[last], pDot[last])
    var gradients = layers
    var slopes = layers
    for j in layers.indices.reversed() {
      if j == 0 {
        gradients[0] = b
        slopes[0] = bDot
      } else {
        gradients[j] = b.timesTransposed(p[j - 1])
        slopes[j] = bDot.timesTransposed(p[j - 1]) + b.timesTransposed(pDot[j - 1])
        bDot = direction[j].transposedTimes(b) + layers[j].transposedTimes(bDot)
        b = layers[j].transposedTimes(b)
      }
    }
    return (gradients, slopes)
  }

  /// The Hessian of φ, in the order of the elements of layer 1, layer 2, …, each row by row.
  ///
  /// - Precondition: at most 2,000 weights.
  public func hessian(at layers: [Matrix]) -> Matrix {
    let count = layers.reduce(0) { $0 + $1.count }
    precondition(
      count <= 2000, "the Hessian of \(count) weights would have \(count * count) elements")
    var result = Matrix(rowCount: count, columnCount: count)
    var column = 0
    var direction = layers.map { Matrix(rowCount: $0.rowCount, columnCount: $0.columnCount) }
    for j in layers.indices {
      for row in 0..<layers[j].rowCount {
        for k in 0..<layers[j].columnCount {
          direction[j][row, k] = 1
          let slopes = hessianProduct(at: layers, along: direction).flatMap(\.elements)
          for (i, slope) in slopes.enumerated() { result[i, column] = slope }
          direction[j][row, k] = 0
          column += 1
        }
      }
    }
    return result.symmetrized()
  }
}
