import LinearNetworks
import LinearAlgebra

/// A flow that counts what is asked of it.
struct CountedEquation<Base: FlowEquation>: FlowEquation {
  var base: Base
  var evaluations = 0
  var jacobianProducts = 0

  init(_ base: Base) { self.base = base }

  var blockSizes: [Int] { base.blockSizes }
  var blockScales: [Double?] { base.blockScales }
  var start: [Double] { base.start }

  mutating func setVelocity(
    at state: UnsafeBufferPointer<Double>, into velocity: UnsafeMutableBufferPointer<Double>
  ) -> Double {
    evaluations += 1
    return base.setVelocity(at: state, into: velocity)
  }

  mutating func setVelocityChange(
    at state: UnsafeBufferPointer<Double>, along direction: UnsafeBufferPointer<Double>,
    into change: UnsafeMutableBufferPointer<Double>
  ) {
    jacobianProducts += 1
    base.setVelocityChange(at: state, along: direction, into: change)
  }

  mutating func settle(_ state: inout [Double], step: Int, tolerance: Double) -> Bool {
    base.settle(&state, step: step, tolerance: tolerance)
  }
  var coordinates: FlowCoordinates { base.coordinates }
  mutating func resume(at state: [Double], in coordinates: FlowCoordinates) -> Bool {
    base.resume(at: state, in: coordinates)
  }
  func largestSquare(of state: [Double]) -> Double { base.largestSquare(of: state) }
  func smallestOverRounding(of state: [Double]) -> Double? { base.smallestOverRounding(of: state) }
  func endToEndDecomposition(of state: [Double]) -> SingularValueDecomposition? {
    base.endToEndDecomposition(of: state)
  }
  func network(of state: [Double]) -> LinearNetwork { base.network(of: state) }

  func invariants(of state: [Double]) -> [Matrix] { base.invariants(of: state) }
}
