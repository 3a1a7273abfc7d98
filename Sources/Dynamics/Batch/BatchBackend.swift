/// Where a batch of networks is advanced, and how: interleaved in the registers of a processor, one after the other,
/// or by another machine altogether.
///
/// Every member gives for each network what ``Descent/run(_:from:observe:)`` gives, but for the rounding of its sums;
/// and what it gives for one network does not depend on the others of its batch.
public protocol BatchBackend: Sendable {
  /// Whether it can advance a batch by a descent, and is made for batches like it.
  func takes(_ batch: NetworkBatch, by descent: Descent) -> Bool

  /// Advances every network to its end.
  ///
  /// - Parameters:
  ///   - batch: networks that it takes.
  ///   - descent: the descent; the steps of the batch stand before its own.
  ///   - threadCount: how many threads of the processor may work. The result does not depend on it.
  ///   - observe: told how many networks are at their end, now and then and from any thread; after `interrupt` the
  ///     others end as `interrupted` where they are.
  /// - Returns: a trajectory for each network, in their order.
  func advance(
    _ batch: NetworkBatch, by descent: Descent, threadCount: Int,
    observe: @Sendable (_ finished: Int) -> Verdict
  ) -> [Trajectory]
}
