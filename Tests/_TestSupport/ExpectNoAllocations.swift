public import Testing
import _AllocationCounter

/// Expects a closure to allocate nothing on the heap; what OpenBLAS takes for itself is not counted.
///
/// The closure runs once before counting, so that one-time set-up (a library's buffers, a copy that makes
/// storage unique) is not counted. Returns the number of allocations made the second time.
@discardableResult
public func expectNoAllocations(
  sourceLocation: SourceLocation = #_sourceLocation, _ body: () throws -> Void
) rethrows -> Int {
  try body()
  let before = allocation_count()
  try body()
  let count = allocation_count() - before
  #expect(count == 0, "\(count) heap allocations", sourceLocation: sourceLocation)
  return count
}
