import CAccelerator
public import Dynamics
import LinearAlgebra
import LinearNetworks

/// Batches of small networks on a GPU: one kernel keeps two matrices of a network in shared memory and the products in
/// registers, for many steps at a time.
///
/// Every network follows the same rule on its own, so the bits of its result depend neither on the batch it is in nor
/// on the run. They differ from the processor's by the rounding of sums.
///
/// - Complexity: 4N products of the padded width for each network and step; memory of max(N, 2N − 3) padded matrices
///   for each network. A batch that does not fit the memory is taken in parts.
public struct AcceleratorBackend: BatchBackend {
  /// The widest layer the kernels take.
  public static var largestWidth: Int {
    Int(accelerator_widths_start()[Int(accelerator_width_count) - 1])
  }

  private let accelerator: Accelerator
  /// The share of the free memory that is taken.
  private let memoryShare: Double
  private let isOnCluster: Bool
  private let onFailure: @Sendable (AcceleratorError) -> Void

  /// A member on a GPU.
  ///
  /// - Parameters:
  ///   - accelerator: the GPU.
  ///   - memoryShare: how much of its free memory may be used, between 0 and 1.
  ///   - isOnCluster: whether one network of three layers alone is spread over a cluster of multiprocessors: some five
  ///     times as fast, with sums in another order than in company.
  ///   - onFailure: told when the GPU fails in the middle of a batch. Networks that are not at their end are then
  ///     begun again on the processor.
  public init(
    _ accelerator: Accelerator, memoryShare: Double = 0.9, isOnCluster: Bool = false,
    onFailure: @escaping @Sendable (AcceleratorError) -> Void = { _ in }
  ) {
    precondition(memoryShare > 0 && memoryShare <= 1, "a share of the memory lies between 0 and 1")
    self.accelerator = accelerator
    self.memoryShare = memoryShare
    self.isOnCluster = isOnCluster
    self.onFailure = onFailure
  }

  /// Takes gradient descent of two or more layers on factorization and completion, up to ``largestWidth``.
  public func takes(_ batch: NetworkBatch, by descent: Descent) -> Bool {
    guard case .plain = descent.rule else { return false }
    return batch.widths.count > 2 && PaddedBatch(widths: batch.widths) != nil
      && batch.objectives.allSatisfy(EntrywiseObjective.isForm)
  }

  public func advance(
    _ batch: NetworkBatch, by descent: Descent, threadCount: Int,
    observe: @Sendable (_ finished: Int) -> Verdict
  ) -> [Trajectory] {
    var trajectories: [Trajectory] = []
    do throws(AcceleratorError) {
      let padding = PaddedBatch(widths: batch.widths)!
      let ownTargets = batch.objectives.count == 1 ? 0 : 1
      let bytes = 8 * (padding.networkSize + ownTargets * padding.matrixSize) + 64
      let free = Double(try accelerator.facts().freeMemory) * memoryShare
      let partSize = max(1, Int(free) / bytes)
      while trajectories.count < batch.count {
        let part = trajectories.count..<min(batch.count, trajectories.count + partSize)
        let run = try DeviceRun(
          batch, part, descent, padding, on: accelerator, isOnCluster: isOnCluster)
        trajectories += try run.advance { observe(part.lowerBound + $0) }
      }
      return trajectories
    } catch {
      onFailure(error)
      let done = trajectories.count
      let rest = BatchedDescent(descent, threadCount: threadCount)
        .run(batch.dropFirst(done)) { observe(done + $0) }
      return trajectories + rest
    }
  }
}

extension NetworkBatch {
  /// The networks after the first few.
  fileprivate func dropFirst(_ count: Int) -> NetworkBatch {
    NetworkBatch(
      Array(networks.dropFirst(count)),
      objectives: objectives.count == 1 ? objectives : Array(objectives.dropFirst(count)),
      stepSizes: stepSizes.map { Array($0.dropFirst(count)) })
  }
}
