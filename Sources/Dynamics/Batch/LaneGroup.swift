import CBatchKernels
import LinearAlgebra
import LinearNetworks

/// Eight places for networks of one shape, every number of theirs beside the same number of the others.
struct LaneGroup: ~Copyable {
  static let laneCount = Int(BATCH_LANES)

  private let widths: UnsafeMutablePointer<Int>
  private let layerSizes: [Int]
  private let memory: UnsafeMutableRawPointer
  private var group = batch_group()
  private let steps: UnsafeMutablePointer<Double>
  private let targets: UnsafeMutablePointer<Double>
  /// Σ or the weights; the targets or Σyx; the base.
  private let objective: [UnsafeMutablePointer<Double>]
  private let factor: UnsafeMutablePointer<Double>
  private let constant: UnsafeMutablePointer<Double>

  /// The numbers that eight networks take.
  static func size(widths: [Int], isEntrywise: Bool, rule: AnyDescentRule) -> Int {
    parts(widths: widths, isEntrywise: isEntrywise, rule: rule).reduce(0, +) * laneCount
  }

  /// Numbers a network: layers, prefixes, backward, gradients, memory, squares; three of the objective.
  private static func parts(widths: [Int], isEntrywise: Bool, rule: AnyDescentRule) -> [Int] {
    let layers = zip(widths, widths.dropFirst()).reduce(0) { $0 + $1.0 * $1.1 }
    let endToEnd = widths[0] * widths[widths.count - 1]
    let remembers = rule.isPlain ? 0 : layers
    return [
      layers, widths.dropFirst(2).reduce(0) { $0 + $1 * widths[0] }, 2 * widths.max()! * widths[0],
      remembers, remembers, remembers, isEntrywise ? endToEnd : widths[0] * widths[0], endToEnd,
      isEntrywise ? 0 : endToEnd,
    ]
  }

  /// Empty places.
  init(widths: [Int], isEntrywise: Bool, rule: AnyDescentRule, targetLoss: Double) {
    self.widths = .allocate(capacity: widths.count)
    self.widths.initialize(from: widths, count: widths.count)
    layerSizes = zip(widths, widths.dropFirst()).map { $0 * $1 }
    let parts = Self.parts(widths: widths, isEntrywise: isEntrywise, rule: rule)
    // Steps, targets, losses, factor, constant, and three of powers stand first.
    let count = (parts.reduce(0, +) + 8) * Self.laneCount
    memory = .allocate(byteCount: count * MemoryLayout<Double>.size, alignment: 64)
    var next = memory.bindMemory(to: Double.self, capacity: count)
    next.initialize(repeating: 0, count: count)
    func part(_ size: Int) -> UnsafeMutablePointer<Double> {
      defer { next += size * Self.laneCount }
      return next
    }
    (steps, targets) = (part(1), part(1))
    targets.update(repeating: targetLoss, count: Self.laneCount)
    group.losses = part(1)
    (factor, constant) = (part(1), part(1))
    group.powers = part(3)
    group.depth = widths.count - 1
    group.widths = UnsafePointer(UnsafeRawPointer(self.widths).assumingMemoryBound(to: Int.self))
    group.layers = part(parts[0])
    group.prefixes = part(parts[1])
    group.backward = part(parts[2])
    group.gradients = part(parts[3])
    group.memory = part(parts[4])
    group.squares = part(parts[5])
    objective = parts[6...].map { part($0) }
    group.objective = isEntrywise ? BATCH_ENTRYWISE : BATCH_COVARIANCE
    group.weights = UnsafePointer(objective[0])
    group.targets = UnsafePointer(objective[1])
    group.covariance = UnsafePointer(objective[0])
    group.cross = UnsafePointer(objective[1])
    group.base = UnsafePointer(objective[2])
    group.factor = UnsafePointer(factor)
    group.constant = UnsafePointer(constant)
    group.steps = UnsafePointer(steps)
    rule.describe(to: &group)
  }

  deinit {
    memory.deallocate()
    widths.deallocate()
  }

  /// Puts a network into a place, at its start.
  mutating func load(
    _ network: LinearNetwork, _ objective: LaneObjective, step: Double, into lane: Int
  ) {
    var target = group.layers!
    for layer in network.layers {
      Self.spread(layer, into: target, lane)
      target += layer.count * Self.laneCount
    }
    switch objective {
    case .entrywise(let weights, let targets):
      Self.spread(weights, into: self.objective[0], lane)
      Self.spread(targets, into: self.objective[1], lane)
    case .covariance(let covariance, let cross, let base, let factor, let constant):
      Self.spread(covariance, into: self.objective[0], lane)
      Self.spread(cross, into: self.objective[1], lane)
      Self.spread(base, into: self.objective[2], lane)
      self.factor[lane] = factor
      self.constant[lane] = constant
    }
    forget(lane)
    steps[lane] = step
  }

  /// Leaves a place empty: zeros that no step moves.
  mutating func clear(_ lane: Int) {
    let count = layerSizes.reduce(0, +)
    for k in 0..<count { group.layers[k * Self.laneCount + lane] = 0 }
    forget(lane)
    steps[lane] = 0
  }

  /// Clears what the rule remembers of a place.
  private func forget(_ lane: Int) {
    for kind in 0..<2 { group.powers[kind * Self.laneCount + lane] = 1 }
    group.powers[2 * Self.laneCount + lane] = 0
    guard group.rule != BATCH_PLAIN else { return }
    for k in 0..<layerSizes.reduce(0, +) {
      group.memory[k * Self.laneCount + lane] = 0
      group.squares[k * Self.laneCount + lane] = 0
    }
  }

  /// The network in a place.
  func network(in lane: Int) -> LinearNetwork {
    var source = UnsafePointer(group.layers!)
    let depth = layerSizes.count
    return LinearNetwork(
      fitting: (0..<depth).map { index in
        let count = layerSizes[index]
        defer { source += count * Self.laneCount }
        return Matrix(
          rowCount: widths[index + 1], columnCount: widths[index],
          elements: (0..<count).map { source[$0 * Self.laneCount + lane] })
      })
  }

  /// The loss of the network in a place, where the group stands.
  func loss(in lane: Int) -> Double { group.losses[lane] }

  /// Takes up to so many steps, and stops where a network is at its end; returns how many were taken.
  mutating func advance(_ count: Int) -> Int {
    Int(batch_advance(&group, count, targets))
  }

  private static func spread(
    _ matrix: Matrix, into target: UnsafeMutablePointer<Double>, _ lane: Int
  ) {
    matrix.withUnsafeElements { source in
      for k in source.indices { target[k * laneCount + lane] = source[k] }
    }
  }
}

extension AnyDescentRule {
  var isPlain: Bool {
    if case .plain = self { true } else { false }
  }

  /// Tells the kernels which rule it is, with its settings.
  fileprivate func describe(to group: inout batch_group) {
    switch self {
    case .plain: group.rule = BATCH_PLAIN
    case .heavyBall(let rule):
      (group.rule, group.first) = (BATCH_HEAVY_BALL, rule.momentum)
    case .nesterov(let rule):
      (group.rule, group.first) = (BATCH_NESTEROV, rule.momentum)
    case .adam(let rule):
      (group.rule, group.first, group.second, group.floor) = (
        BATCH_ADAM, rule.meanDecay, rule.squareDecay, rule.floor
      )
    case .groupRMSprop(let rule):
      (group.rule, group.first, group.floor) = (BATCH_GROUP_RMSPROP, rule.decay, rule.floor)
    }
  }
}
