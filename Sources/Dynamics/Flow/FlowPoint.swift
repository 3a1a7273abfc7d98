/// A point of a flow: where it is, how it moves, and its loss there.
public struct FlowPoint: Equatable, Sendable, Codable {
  /// Flow time.
  public var time: Double
  /// All weights, one after the other.
  public var state: [Double]
  /// Their velocity.
  public var velocity: [Double]
  /// The loss there.
  public var loss: Double

  /// A point with what is known there.
  public init(time: Double, state: [Double], velocity: [Double], loss: Double) {
    self.time = time
    self.state = state
    self.velocity = velocity
    self.loss = loss
  }
}

/// Sizes of errors relative to each block's own size.
struct RelativeNorm: Sendable {
  let blocks: [Range<Int>]
  private let scales: [Double?]

  init(blockSizes: [Int], scales: [Double?]? = nil) {
    self.scales = scales ?? [Double?](repeating: nil, count: blockSizes.count)
    var begin = 0
    blocks = blockSizes.map { size in
      defer { begin += size }
      return begin..<(begin + size)
    }
  }

  /// The norms of the blocks that errors are relative to.
  func sizes(of state: [Double]) -> [Double] {
    zip(norms(of: state), scales).map { $1 ?? $0 }
  }

  /// max over blocks of ‖error‖ / max(‖start‖, ‖end‖), or relative to the block's scale; zero errors count as zero even in an empty block.
  func size(
    of error: [Double], from start: [Double], to end: [Double]
  ) -> Double {
    relative(norms(of: error), from: start, to: end)
  }

  /// The norm of each block.
  func norms(of vector: [Double]) -> [Double] {
    vector.withUnsafeBufferPointer { vector in
      blocks.map { vectorNorm(UnsafeBufferPointer(rebasing: vector[$0])) }
    }
  }

  /// The largest of norms already taken, each relative to its block.
  func relative(_ errors: [Double], from start: [Double], to end: [Double]) -> Double {
    let (before, after) = (norms(of: start), norms(of: end))
    var largest = 0.0
    for k in errors.indices {
      let size = scales[k] ?? max(before[k], after[k])
      // An error that is not a number must not pass for small.
      guard errors[k].isFinite, size.isFinite else { return .infinity }
      if errors[k] > 0 { largest = max(largest, size > 0 ? errors[k] / size : .infinity) }
    }
    return largest
  }
}
