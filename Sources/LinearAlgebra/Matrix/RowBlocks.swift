import CSparseKernels
import Dispatch

/// The rows of a sparse matrix in blocks of about equal work, which threads take in turn.
///
/// The blocks follow from the matrix alone. A sum over rows that is made block by block, and then over the
/// blocks in their order, has the same bits whatever the number of threads.
public struct RowBlocks: Equatable, Sendable {
  /// Where each block begins, and the number of rows at the end.
  private let bounds: [Int]

  /// Entries, and rows, of a block: enough for a few ten microseconds of work.
  private static let blockSize = 16_384

  /// Divides rows of which row `i` has the entries from `starts[i]` up to `starts[i + 1]`.
  public init(starts: [Int]) {
    var bounds = [0]
    var work = 0
    for row in starts.indices.dropLast() {
      work += starts[row + 1] - starts[row] + 1
      if work >= Self.blockSize {
        bounds.append(row + 1)
        work = 0
      }
    }
    if let last = bounds.last, last < starts.count - 1 { bounds.append(starts.count - 1) }
    self.bounds = bounds
  }

  /// The number of blocks.
  public var count: Int { bounds.count - 1 }

  /// Calls a closure for every block, on up to so many threads; with one, in order and without allocation.
  ///
  /// - Precondition: the thread count is positive. Calls for different blocks change different memory.
  public func forEach(threadCount: Int, _ body: (_ block: Int, _ rows: Range<Int>) -> Void) {
    precondition(threadCount > 0, "work cannot be divided among \(threadCount) threads")
    let helpers = min(threadCount, count)
    if helpers <= 1 {
      for block in 0..<count { body(block, bounds[block]..<bounds[block + 1]) }
      return
    }
    // Taken in turn rather than allotted: a thread that the system holds up does not hold up the others.
    withUnsafeTemporaryAllocation(of: Int.self, capacity: 1) { counter in
      counter.initialize(repeating: 0)
      nonisolated(unsafe) let next = counter.baseAddress
      nonisolated(unsafe) let body = body
      DispatchQueue.concurrentPerform(iterations: helpers) { _ in
        while true {
          let block = next_block(next)
          guard block < count else { return }
          body(block, bounds[block]..<bounds[block + 1])
        }
      }
    }
  }

  /// The sum of what a closure gives for every block, added in the order of the blocks.
  ///
  /// - Precondition: as for ``forEach(threadCount:_:)``.
  public func sum(threadCount: Int, _ body: (_ block: Int, _ rows: Range<Int>) -> Double) -> Double
  {
    withUnsafeTemporaryAllocation(of: Double.self, capacity: count) { parts in
      forEach(threadCount: threadCount) { block, rows in
        (parts.baseAddress! + block).initialize(to: body(block, rows))
      }
      return parts.reduce(0, +)
    }
  }

  /// How many processors this process may run on.
  public static var processorCount: Int { Int(available_processor_count()) }
}
