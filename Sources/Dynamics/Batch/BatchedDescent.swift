// Goals: 1. For each network the same result as its own descent, to the rounding of sums.  2. For small networks the
// time of the arithmetic: no calls, copies or checks per network and step.  3. A member that runs elsewhere joins by
// standing in the list.

/// One descent on many networks of one shape at once: the same rule, limit and recording for all, a start, an
/// objective and a step for each.
///
/// ```swift
/// let batch = NetworkBatch(networks, objective: objective, stepSizes: steps)
/// let trajectories = BatchedDescent(Descent(stepSize: 0.01, stepLimit: 10_000)).run(batch)
/// ```
///
/// - Complexity: the products of `EndToEndLoss`, 3(N − 1) for each network and step. Up to a width of about
///   64 eight networks share a processor's registers.
public struct BatchedDescent: Sendable {
  /// The descent of every network.
  public var descent: Descent
  /// How many threads of the processor work.
  public var threadCount: Int
  /// Members in the order of preference; the first that takes a batch advances it.
  public var backends: [any BatchBackend]

  /// Members on the processor; the last takes everything.
  public static var processorBackends: [any BatchBackend] {
    [InterleavedBackend(), SingleBackend()]
  }

  /// - Precondition: a positive number of threads.
  public init(
    _ descent: Descent, threadCount: Int = 1,
    backends: [any BatchBackend] = BatchedDescent.processorBackends
  ) {
    precondition(threadCount > 0, "networks cannot be advanced on \(threadCount) threads")
    self.descent = descent
    self.threadCount = threadCount
    self.backends = backends
  }

  /// Descends on every network to its end.
  ///
  /// - Parameters:
  ///   - batch: the networks, with an objective and a step for each.
  ///   - observe: told how many networks are at their end, from any thread.
  /// - Returns: a trajectory for each network, in their order; the bits depend neither on the number of threads nor on
  ///   which networks go together.
  /// - Precondition: one of the ``backends`` takes the batch.
  public func run(
    _ batch: NetworkBatch, observe: @Sendable (_ finished: Int) -> Verdict = { _ in .goOn }
  ) -> [Trajectory] {
    guard let backend = backends.first(where: { $0.takes(batch, by: descent) }) else {
      preconditionFailure(
        "none of \(backends.count) members takes a batch of widths \(batch.widths)")
    }
    return backend.advance(batch, by: descent, threadCount: threadCount, observe: observe)
  }
}
