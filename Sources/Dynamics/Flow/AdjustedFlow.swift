public import LinearNetworks

/// A flow with weight decay, and with blocks that move faster or slower than others:
///
///     y_j′ = r_j (f_j(y) − δ y_j)
///
/// The loss is that of the flow itself, without the penalty δ/2 ‖y‖². Two layers with rates r₁, r₂ and no decay conserve
/// W₂ᵀW₂/r₂ − W₁W₁ᵀ/r₁; the plain differences are not conserved, and none are reported.
///
/// - SeeAlso: [kunin2024] for unequal rates.
public struct AdjustedFlow<Base: FlowEquation>: FlowEquation {
  private var base: Base
  private let decay: Double
  /// The rate of every element.
  private let rates: [Double]

  public var blockSizes: [Int] { base.blockSizes }
  public var blockScales: [Double?] { base.blockScales }
  public var start: [Double] { base.start }
  public var dependsOnStep: Bool { base.dependsOnStep }

  /// - Parameters:
  ///   - base: a flow whose state is the weights themselves.
  ///   - decay: δ.
  ///   - rates: r_j, one for each block; ones where nil.
  /// - Precondition: as many positive rates as blocks.
  public init(_ base: Base, decay: Double = 0, rates: [Double]? = nil) {
    let sizes = base.blockSizes
    precondition(
      rates.map { $0.count == sizes.count && $0.allSatisfy { $0 > 0 } } ?? true,
      "the rates \(rates ?? []) do not go with \(sizes.count) blocks")
    self.base = base
    self.decay = decay
    self.rates = zip(sizes, rates ?? sizes.map { _ in 1 }).flatMap { size, rate in
      [Double](repeating: rate, count: size)
    }
  }

  public mutating func beginStep(_ number: Int) { base.beginStep(number) }

  public mutating func setVelocity(
    at state: UnsafeBufferPointer<Double>, into velocity: UnsafeMutableBufferPointer<Double>
  ) -> Double {
    let value = base.setVelocity(at: state, into: velocity)
    for k in velocity.indices { velocity[k] = rates[k] * (velocity[k] - decay * state[k]) }
    return value
  }

  public mutating func setVelocityChange(
    at state: UnsafeBufferPointer<Double>, along direction: UnsafeBufferPointer<Double>,
    into change: UnsafeMutableBufferPointer<Double>
  ) {
    base.setVelocityChange(at: state, along: direction, into: change)
    for k in change.indices { change[k] = rates[k] * (change[k] - decay * direction[k]) }
  }

  public func network(of state: [Double]) -> LinearNetwork { base.network(of: state) }

  public func smallestOverRounding(of state: [Double]) -> Double? {
    base.smallestOverRounding(of: state)
  }
}
