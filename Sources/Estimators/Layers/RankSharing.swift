// A layer's points (parameters, error), one for each rank and one for the layer as it is, have a lower convex hull. Along
// it the next parameters are worth less and less; so taking from all layers the steps that are worth most, in order, is
// the least error for what has been spent: the optimum of the relaxed problem, whose multiplier is the last step's worth.

/// Shares ranks out among layers by what each rank is worth.
public struct RankSharing: Equatable, Sendable {
  /// What a layer's ranks cost and leave.
  public struct Layer: Equatable, Sendable {
    /// The squared error, relative to the layer, for the ranks 1, 2, ….
    public var squaredErrors: [Double]
    /// The parameters for those ranks, ascending.
    public var parameterCounts: [Int]
    /// The parameters of the layer as it is.
    public var wholeCount: Int

    public init(squaredErrors: [Double], parameterCounts: [Int], wholeCount: Int) {
      precondition(
        squaredErrors.count == parameterCounts.count,
        "\(squaredErrors.count) errors do not go with \(parameterCounts.count) sizes")
      self.squaredErrors = squaredErrors
      self.parameterCounts = parameterCounts
      self.wholeCount = wholeCount
    }
  }

  /// Why ranks cannot be shared out.
  public enum Failure: Error, Equatable, Sendable {
    case budgetTooSmall(parameters: Int, smallest: Int)
  }

  private let layers: [Layer]

  public init(_ layers: [Layer]) { self.layers = layers }

  /// The ranks with the least sum of relative squared errors within a number of parameters; nil for a layer that
  /// stays whole.
  ///
  /// - Throws: ``Failure`` if rank 1 everywhere takes more.
  public func ranks(within parameters: Int) throws(Failure) -> [Int?] {
    var chosen = layers.map { Self.points($0)[0] }
    var spent = chosen.reduce(0) { $0 + $1.parameters }
    guard spent <= parameters else {
      throw .budgetTooSmall(parameters: parameters, smallest: spent)
    }
    var closed = Set<Int>()
    for step in steps where !closed.contains(step.layer) {
      let points = Self.points(layers[step.layer])
      // The whole step, or as far as the budget goes.
      let extra = parameters - spent + chosen[step.layer].parameters
      guard
        let reached = points.last(where: {
          $0.parameters <= min(extra, step.to.parameters) && $0.error <= chosen[step.layer].error
        })
      else { continue }
      spent += reached.parameters - chosen[step.layer].parameters
      chosen[step.layer] = reached
      if reached.parameters < step.to.parameters { closed.insert(step.layer) }
    }
    return chosen.map(\.rank)
  }

  /// The ranks with few parameters whose relative errors have at most this root mean square.
  public func ranks(error: Double) -> [Int?] {
    var chosen = layers.map { Self.points($0)[0] }
    let allowed = error * error * Double(layers.count)
    var sum: Double { chosen.reduce(0) { $0 + $1.error } }
    for step in steps {
      if sum <= allowed { break }
      let others = sum - chosen[step.layer].error
      chosen[step.layer] =
        Self.points(layers[step.layer]).first {
          $0.parameters >= chosen[step.layer].parameters && $0.parameters <= step.to.parameters
            && others + $0.error <= allowed
        } ?? step.to
    }
    return chosen.map(\.rank)
  }

  private struct Point {
    let rank: Int?
    let parameters: Int
    let error: Double
  }

  private struct Step {
    let layer: Int
    let to: Point
    let worth: Double
  }

  /// By parameters: the ranks that make the layer smaller, and the layer as it is.
  private static func points(_ layer: Layer) -> [Point] {
    let ranks = zip(layer.parameterCounts, layer.squaredErrors).enumerated()
      .filter { $0.element.0 < layer.wholeCount }
      .map { Point(rank: $0.offset + 1, parameters: $0.element.0, error: $0.element.1) }
    return ranks + [Point(rank: nil, parameters: layer.wholeCount, error: 0)]
  }

  /// The steps along all hulls, the most worth a parameter first.
  private var steps: [Step] {
    layers.enumerated().flatMap { number, layer in
      let hull = Self.hull(Self.points(layer))
      return zip(hull, hull.dropFirst()).map {
        Step(layer: number, to: $1, worth: Self.slope($0, $1))
      }
    }
    // Of equal steps the earlier layer's; a layer's own keep their order because their worth falls.
    .enumerated().sorted { ($1.element.worth, $0.offset) < ($0.element.worth, $1.offset) }
    .map(\.element)
  }

  private static func hull(_ points: [Point]) -> [Point] {
    var hull: [Point] = []
    for point in points {
      while hull.count >= 2,
        slope(hull[hull.count - 2], hull[hull.count - 1]) <= slope(hull[hull.count - 1], point)
      {
        hull.removeLast()
      }
      hull.append(point)
    }
    return hull
  }

  /// What a parameter takes off the error on the way.
  private static func slope(_ from: Point, _ to: Point) -> Double {
    (from.error - to.error) / Double(to.parameters - from.parameters)
  }
}
