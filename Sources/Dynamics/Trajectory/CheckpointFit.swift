import LinearAlgebra

// A checkpoint is read from a file, and whatever wrote that, what does not fit is told before anything counts on it.

extension FlowCheckpoint {
  /// Whether a run of an equation with this recording can have left it behind, as far as sizes tell.
  ///
  /// - Complexity: as for recording one point.
  public func fits(_ equation: some FlowEquation, recording quantities: Set<Recording.Quantity>)
    -> Bool
  {
    var equation = equation
    let count = point.state.count
    guard equation.resume(at: point.state, in: coordinates), point.velocity.count == count,
      [
        dormandPrince.dimension, chebyshev.dimension, exponential.dimension, radau.dimension,
      ].allSatisfy({ $0 == count }), cost.isSensible
    else { return false }
    let own = equation.invariants(of: point.state)
    guard invariants.count == own.count,
      zip(invariants, own).allSatisfy({
        $0.rowCount == $1.rowCount && $0.columnCount == $1.columnCount
      })
    else { return false }
    let snapshot = equation.snapshot(
      of: point.state, time: time, loss: point.loss, quantities: quantities)
    return snapshots.allSatisfy(snapshot.hasSizes)
  }
}

extension DescentCheckpoint {
  /// Whether a run of an equation with this recording can have left it behind, as far as sizes tell.
  ///
  /// - Complexity: as for recording one point.
  public func fits(_ equation: some FlowEquation, recording quantities: Set<Recording.Quantity>)
    -> Bool
  {
    guard state.count == equation.dimension, rule.fits(state.count),
      (0...FlowCost.most).contains(stepCount)
    else { return false }
    let snapshot = Snapshot(
      of: equation.network(of: state), time: Double(stepCount), loss: 0, quantities: quantities)
    return snapshots.allSatisfy(snapshot.hasSizes)
  }
}

extension FlowCost {
  /// More than anybody counts, and far from where sums of counts overflow.
  static let most = 1 << 60

  fileprivate var isSensible: Bool {
    ([steps, refusedSteps, evaluations, jacobianProducts] + stepsByMethod.values)
      .allSatisfy { (0...Self.most).contains($0) }
  }
}

extension Snapshot {
  /// Whether another has the same quantities, of the same sizes.
  fileprivate func hasSizes(_ other: Snapshot) -> Bool {
    func sizes(_ snapshot: Snapshot) -> [[Int]?] {
      [
        snapshot.singularValues.map { [$0.count] },
        snapshot.endToEnd.map { [$0.rowCount, $0.columnCount] },
        snapshot.layers.map { $0.flatMap { [$0.rowCount, $0.columnCount] } },
        snapshot.unbalancedness.map { _ in [] },
      ]
    }
    return sizes(self) == sizes(other)
  }
}

extension AnyDescentRule {
  /// Whether what a rule remembers of earlier steps, if anything, is of a state of so many weights.
  fileprivate func fits(_ count: Int) -> Bool {
    let remembered: [Int] =
      switch self {
      case .plain, .groupRMSprop: []
      case .heavyBall(let rule): [rule.change.count]
      case .nesterov(let rule): [rule.change.count]
      case .adam(let rule): [rule.mean.count, rule.square.count]
      }
    return Set(remembered).isSubset(of: [0, count]) && Set(remembered).count <= 1
  }
}
