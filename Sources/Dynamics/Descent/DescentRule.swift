/// How a descent moves from where it is, given the direction of steepest descent.
///
/// A rule holds what it remembers between steps, so that a copy, or a decoded one, continues to the same bits.
public protocol DescentRule: Sendable, Codable {
  /// Takes one step.
  ///
  /// - Parameters:
  ///   - state: all weights; changed in place.
  ///   - velocity: minus the gradient, or whatever the flow that is discretised moves along.
  ///   - step: the step size η.
  mutating func advance(_ state: inout [Double], along velocity: [Double], step: Double)
}

extension DescentRule {
  /// Calls a closure with the elements of three vectors of one length.
  static func forEach(
    _ first: inout [Double], _ second: inout [Double], _ third: [Double],
    _ body: (inout Double, inout Double, Double) -> Void
  ) {
    precondition(
      first.count == third.count && second.count == third.count,
      "vectors of \(first.count), \(second.count) and \(third.count) elements do not go together")
    first.withUnsafeMutableBufferPointer { first in
      second.withUnsafeMutableBufferPointer { second in
        third.withUnsafeBufferPointer { third in
          for k in third.indices { body(&first[k], &second[k], third[k]) }
        }
      }
    }
  }
}
