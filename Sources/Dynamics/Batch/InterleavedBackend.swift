import LinearNetworks

/// Eight networks at a time, interleaved so that each has its own lane of the processor's registers; made for small
/// networks on quadratic objectives.
///
/// A network that ends leaves its place to the next of the batch.
public struct InterleavedBackend: BatchBackend {
  /// The memory that eight networks may take, in bytes: about what the cache of a core holds. Beyond it products
  /// wait for memory, and one by one is faster.
  public static let largestGroup = 2_500_000

  /// The one there is.
  public init() {}

  /// Takes regression, completion and factorization, all of a batch with the same kind of loss, as long as eight
  /// networks fit a core's cache.
  public func takes(_ batch: NetworkBatch, by descent: Descent) -> Bool {
    guard LaneObjective.isCommon(to: batch.objectives),
      let objective = LaneObjective(batch.objectives[0])
    else { return false }
    let size = LaneGroup.size(
      widths: batch.widths, isEntrywise: objective.isEntrywise, rule: descent.rule)
    return size * MemoryLayout<Double>.size <= Self.largestGroup
  }

  public func advance(
    _ batch: NetworkBatch, by descent: Descent, threadCount: Int,
    observe: @Sendable (_ finished: Int) -> Verdict
  ) -> [Trajectory] {
    let queue = BatchQueue(count: batch.count)
    let groupCount = (batch.count + LaneGroup.laneCount - 1) / LaneGroup.laneCount
    let schedule = LaneSchedule(descent)
    let common = batch.objectives.count == 1 ? LaneObjective(batch.objectives[0]) : nil
    return withoutActuallyEscaping(observe) { observe in
      queue.drain(threadCount: min(threadCount, groupCount)) {
        var run = LaneRun(batch, descent, schedule, common: common, queue: queue)
        run.work(observe)
      }
    }
  }
}

/// When a descent has to look at its networks between their ends.
package struct LaneSchedule: Sendable {
  private let recording: Recording
  private let steps: [Int]
  private let limit: Int

  package init(_ descent: Descent) {
    recording = descent.recording
    limit = descent.stepLimit
    if case .at(let steps) = descent.recording.schedule {
      self.steps = steps.sorted()
    } else {
      steps = []
    }
  }

  /// How many steps a network may take without being looked at.
  package func stepsUntilDue(at step: Int) -> Int {
    let due =
      switch recording.schedule {
      case .last: limit
      case .every(let period): step + max(period, 1) - step % max(period, 1)
      case .at: steps.first { $0 > step } ?? limit
      }
    return min(due, limit) - step
  }
}

/// What one thread does: eight places, filled again as long as there are networks.
private struct LaneRun: ~Copyable {
  private struct Occupant {
    let index: Int
    var step = 0
    var snapshots: [Snapshot] = []
  }

  private let batch: NetworkBatch
  private let descent: Descent
  private let schedule: LaneSchedule
  private let common: LaneObjective?
  private let queue: BatchQueue
  private var group: LaneGroup
  private var occupants: [Occupant?]
  /// Steps between two questions whether to go on: about a hundredth of a second.
  private let patience: Int

  init(
    _ batch: NetworkBatch, _ descent: Descent, _ schedule: LaneSchedule, common: LaneObjective?,
    queue: BatchQueue
  ) {
    (self.batch, self.descent, self.schedule) = (batch, descent, schedule)
    (self.common, self.queue) = (common, queue)
    let first = common ?? LaneObjective(batch.objectives[0])!
    group = LaneGroup(
      widths: batch.widths, isEntrywise: first.isEntrywise, rule: descent.rule,
      targetLoss: descent.targetLoss ?? -.infinity)
    occupants = [Occupant?](repeating: nil, count: LaneGroup.laneCount)
    let products = zip(batch.widths, batch.widths.dropFirst()).reduce(0) {
      $0 + $1.0 * $1.1 * batch.widths[0]
    }
    patience = max(1, 10_000_000 / max(products, 1))
  }

  mutating func work(_ observe: (Int) -> Verdict) {
    for lane in occupants.indices { fill(lane) }
    var isFresh = true
    while occupants.contains(where: { $0 != nil }) {
      let count =
        isFresh
        ? 0
        : occupants.reduce(patience) { least, occupant in
          occupant.map { min(least, schedule.stepsUntilDue(at: $0.step)) } ?? least
        }
      let taken = group.advance(count)
      if count > 0 { queue.heed(observe(queue.finishedCount)) }
      let isInterrupted = queue.isInterrupted
      isFresh = false
      for lane in occupants.indices where occupants[lane] != nil {
        occupants[lane]!.step += taken
        if look(at: lane, isInterrupted: isInterrupted) {
          fill(lane)
          isFresh = true
        }
      }
    }
  }

  private mutating func fill(_ lane: Int) {
    guard let index = queue.take() else {
      occupants[lane] = nil
      return group.clear(lane)
    }
    occupants[lane] = Occupant(index: index)
    let objective = common ?? LaneObjective(batch.objectives[index])!
    group.load(
      batch.networks[index], objective, step: batch.stepSizes?[index] ?? descent.stepSize,
      into: lane)
  }

  /// Records what is due, and returns whether the network in a place is at its end.
  private mutating func look(at lane: Int, isInterrupted: Bool) -> Bool {
    guard let occupant = occupants[lane] else { return false }
    let (step, loss) = (occupant.step, group.loss(in: lane))
    let outcome = descent.outcome(atStep: step, loss: loss, isInterrupted: isInterrupted)
    let isDue = outcome != nil || descent.recording.includes(step: step)
    if isDue, occupant.snapshots.last?.time != Double(step) {
      occupants[lane]!.snapshots.append(
        Snapshot(
          of: group.network(in: lane), time: Double(step), loss: loss,
          quantities: descent.recording.quantities))
    }
    guard let outcome else { return false }
    _ = queue.put(
      Trajectory(
        snapshots: occupants[lane]!.snapshots, outcome: outcome,
        finalNetwork: group.network(in: lane), stepCount: step), at: occupant.index)
    return true
  }
}
