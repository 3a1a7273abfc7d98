public import LinearAlgebra
import RealModule

/// An ellipse in the space of matrices, W(s) = C + cos(s) A + sin(s) B, along which fields are integrated.
///
/// The integral of a gradient field around it is zero. The field of the end-to-end dynamics of a network is not
/// a gradient in general: no other loss has the same dynamics. It is one, however, for scalar maps, and for two
/// layers with one output and a linear loss.
///
/// - SeeAlso: Remark 1 of [cohenRazin]. That a non-zero gradient at the origin suffices, as the slides of 2019
///   say, is false for the cases above.
public struct ClosedCurve: Sendable {
  /// The middle of the curve.
  public let center: Matrix
  /// The direction at the start.
  public let first: Matrix
  /// The direction a quarter later.
  public let second: Matrix

  /// A curve around a matrix.
  public init(center: Matrix, first: Matrix, second: Matrix) {
    self.center = center
    self.first = first
    self.second = second
  }

  /// ∮ ⟨F(W), dW⟩ by the trapezoidal rule, whose error falls faster than any power of the number of points for
  /// a smooth field.
  public func lineIntegral<Failure: Error>(
    of field: (Matrix) throws(Failure) -> Matrix, points: Int = 256
  ) throws(Failure) -> Double {
    var sum = 0.0
    for k in 0..<points {
      let angle = 2 * Double.pi * Double(k) / Double(points)
      let (c, s) = (Double.cos(angle), Double.sin(angle))
      let w = center + c * first + s * second
      let tangent = c * second - s * first
      sum += (try field(w)).inner(tangent)
    }
    return sum * 2 * .pi / Double(points)
  }

  /// ∮ ‖F(W)‖ ‖dW‖: the most that the integral of a field of this size could be.
  public func largestIntegral<Failure: Error>(
    of field: (Matrix) throws(Failure) -> Matrix, points: Int = 256
  ) throws(Failure) -> Double {
    var sum = 0.0
    for k in 0..<points {
      let angle = 2 * Double.pi * Double(k) / Double(points)
      let (c, s) = (Double.cos(angle), Double.sin(angle))
      let size = (try field(center + c * first + s * second)).frobeniusNorm
      sum += size * (c * second - s * first).frobeniusNorm
    }
    return sum * 2 * .pi / Double(points)
  }

  /// The integral of the end-to-end field P(W)[∇ℓ(W)] of a network of given depth.
  public func lineIntegral(
    ofEndToEndField gradient: (Matrix) -> Matrix, depth: Int, points: Int = 256
  ) throws(DecompositionError) -> Double {
    try lineIntegral(
      of: { (w) throws(DecompositionError) -> Matrix in
        try EndToEndPreconditioner(at: w, depth: depth).apply(to: gradient(w))
      }, points: points)
  }
}
