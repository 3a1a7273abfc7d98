import LinearNetworks

/// One network after the other, each by a descent of its own: takes every batch, whatever its objectives.
public struct SingleBackend: BatchBackend {
  /// The one there is.
  public init() {}

  public func takes(_ batch: NetworkBatch, by descent: Descent) -> Bool { true }

  public func advance(
    _ batch: NetworkBatch, by descent: Descent, threadCount: Int,
    observe: @Sendable (_ finished: Int) -> Verdict
  ) -> [Trajectory] {
    let queue = BatchQueue(count: batch.count)
    return withoutActuallyEscaping(observe) { observe in
      queue.drain(threadCount: min(threadCount, batch.count)) {
        while let index = queue.take() {
          var own = descent
          if let steps = batch.stepSizes { own.stepSize = steps[index] }
          let trajectory = Self.run(
            own, batch.objective(of: index), from: batch.networks[index], queue, observe)
          queue.heed(observe(queue.put(trajectory, at: index)))
        }
      }
    }
  }

  private static func run(
    _ descent: Descent, _ objective: some Objective, from network: LinearNetwork,
    _ queue: BatchQueue, _ observe: (Int) -> Verdict
  ) -> Trajectory {
    // A lock now and then costs nothing beside the steps between.
    let period = max(1, 1_000_000 / network.parameterCount)
    return descent.run(objective, from: network) { progress in
      guard progress.step % period == 0 else { return .goOn }
      queue.heed(observe(queue.finishedCount))
      return queue.isInterrupted ? .interrupt : .goOn
    }
  }
}
