import CAccelerator
import Dynamics
import LinearAlgebra
import LinearNetworks

/// A part of a batch in the memory of a GPU, all of it at the same step, and what was recorded of it.
struct DeviceRun {
  private let batch: NetworkBatch
  private let part: Range<Int>
  private let descent: Descent
  private let padding: PaddedBatch
  private let accelerator: Accelerator
  private let isOnCluster: Bool
  private let layers: DeviceArray<Double>
  private let targets: DeviceArray<Double>
  private let stepSizes: DeviceArray<Double>
  private let weights: DeviceArray<Double>
  private let losses: DeviceArray<Double>
  private let taken: DeviceArray<Int32>
  private let ended: DeviceArray<Int32>

  init(
    _ batch: NetworkBatch, _ part: Range<Int>, _ descent: Descent, _ padding: PaddedBatch,
    on accelerator: Accelerator, isOnCluster: Bool
  ) throws(AcceleratorError) {
    (self.batch, self.part, self.descent) = (batch, part, descent)
    (self.padding, self.accelerator, self.isOnCluster) = (padding, accelerator, isOnCluster)
    var starts = [Double](repeating: 0, count: part.count * padding.networkSize)
    starts.withUnsafeMutableBufferPointer { memory in
      for (place, index) in part.enumerated() {
        padding.put(
          batch.networks[index],
          into: UnsafeMutableBufferPointer(rebasing: memory[(place * padding.networkSize)...]))
      }
    }
    layers = try DeviceArray(starts, on: accelerator)
    starts = []
    let objectives = batch.objectives.count == 1 ? batch.objectives : Array(batch.objectives[part])
    var observed = [Double](repeating: .nan, count: objectives.count * padding.matrixSize)
    var scales: [Double] = []
    observed.withUnsafeMutableBufferPointer { memory in
      for (place, objective) in objectives.enumerated() {
        let form = EntrywiseObjective(objective)!
        scales.append(form.weight)
        padding.put(
          form.target,
          into: UnsafeMutableBufferPointer(rebasing: memory[(place * padding.matrixSize)...]))
      }
    }
    targets = try DeviceArray(observed, on: accelerator)
    weights = try DeviceArray(
      objectives.count == 1 ? [Double](repeating: scales[0], count: part.count) : scales,
      on: accelerator)
    stepSizes = try DeviceArray(
      batch.stepSizes.map { Array($0[part]) }
        ?? [Double](repeating: descent.stepSize, count: part.count), on: accelerator)
    losses = try DeviceArray(count: part.count, on: accelerator)
    taken = try DeviceArray([Int32](repeating: 0, count: part.count), on: accelerator)
    ended = try DeviceArray([Int32](repeating: 0, count: part.count), on: accelerator)
  }

  /// Descends to the end of every network.
  func advance(observe: (_ finished: Int) -> Verdict) throws(AcceleratorError) -> [Trajectory] {
    let schedule = LaneSchedule(descent)
    var numbers = [Double](repeating: 0, count: part.count)
    var steps = [Int32](repeating: 0, count: part.count)
    var flags = [Int32](repeating: 0, count: part.count)
    var snapshots = [[Snapshot]](repeating: [], count: part.count)
    var step = 0
    var isInterrupted = false
    try take(0)
    while true {
      try losses.read(into: &numbers)
      try taken.read(into: &steps)
      try ended.read(into: &flags)
      let isLast =
        step >= descent.stepLimit || isInterrupted || flags.allSatisfy { $0 != 0 }
      if isLast { break }
      if descent.recording.includes(step: step) {
        try record(step, numbers, steps, into: &snapshots)
      }
      let verdict = observe(flags.count { $0 != 0 })
      if verdict == .interrupt {
        isInterrupted = true
        continue
      }
      let count = min(schedule.stepsUntilDue(at: step), patience)
      try take(count)
      step += count
    }
    return try end(numbers, steps, into: snapshots)
  }

  /// Steps between two questions whether to go on: about a twentieth of a second.
  private var patience: Int {
    let width = Double(padding.width)
    let work = 4 * Double(padding.depth * part.count) * width * width * width
    return Int(max(1, min(1_000_000, 1e12 / work)))
  }

  private func take(_ steps: Int) throws(AcceleratorError) {
    var description = accelerator_batch(
      layers: layers.address, targets: targets.address,
      target_stride: batch.objectives.count == 1 ? 0 : Int64(padding.matrixSize),
      step_sizes: stepSizes.address, weights: weights.address,
      target_loss: descent.targetLoss ?? -.infinity, losses: losses.address, taken: taken.address,
      ended: ended.address, count: Int32(part.count), depth: Int32(padding.depth),
      is_on_cluster: isOnCluster ? 1 : 0)
    try AcceleratorError.check(
      accelerator_descend(accelerator.handle, Int32(padding.width), &description, Int32(steps)))
  }

  private func networks() throws(AcceleratorError) -> [LinearNetwork] {
    var memory = [Double](repeating: 0, count: layers.count)
    try layers.read(into: &memory)
    return memory.withUnsafeBufferPointer { memory in
      part.indices.map { place in
        padding.network(
          widths: batch.widths,
          in: UnsafeBufferPointer(
            rebasing: memory[((place - part.lowerBound) * padding.networkSize)...]))
      }
    }
  }

  /// Records what is due of the networks that are at a step.
  private func record(
    _ step: Int, _ losses: [Double], _ steps: [Int32], into snapshots: inout [[Snapshot]]
  ) throws(AcceleratorError) {
    let quantities = descent.recording.quantities
    let networks = quantities.isEmpty ? nil : try networks()
    for place in snapshots.indices where Int(steps[place]) == step {
      snapshots[place].append(
        networks.map {
          Snapshot(of: $0[place], time: Double(step), loss: losses[place], quantities: quantities)
        } ?? Snapshot(time: Double(step), loss: losses[place]))
    }
  }

  private func end(
    _ losses: [Double], _ steps: [Int32], into snapshots: [[Snapshot]]
  ) throws(AcceleratorError) -> [Trajectory] {
    zip(try networks(), snapshots).enumerated().map { place, run in
      let (step, loss) = (Int(steps[place]), losses[place])
      let outcome = descent.outcome(atStep: step, loss: loss, isInterrupted: true)!
      var snapshots = run.1
      if snapshots.last?.time != Double(step) {
        snapshots.append(
          Snapshot(
            of: run.0, time: Double(step), loss: loss, quantities: descent.recording.quantities))
      }
      return Trajectory(
        snapshots: snapshots, outcome: outcome, finalNetwork: run.0, stepCount: step)
    }
  }
}
