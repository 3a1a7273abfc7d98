// Among factors each further rank takes as many parameters as the last and takes off less of the error: taking the ranks
// that are worth most a parameter, in order, is the least error for what has been spent. A layer left whole breaks this
// order, for it has no error at a size that factors reach only at their largest ranks. So layers are left whole in the
// order in which that pays, none of them first, and of all these choices the best is taken.

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
  /// All ranks beyond the first that leave a layer smaller, those worth most a parameter first.
  private let steps: [Step]
  /// Which layers stay whole, in the choices that are compared.
  private let wholeSets: [Set<Int>]

  /// No more choices than this are compared.
  private static let largestNumberOfChoices = 64

  public init(_ layers: [Layer]) {
    self.layers = layers
    let all = layers.enumerated().flatMap { number, layer in
      layer.parameterCounts.indices.dropFirst().filter {
        layer.parameterCounts[$0] < layer.wholeCount
      }.map { place in
        let cost = layer.parameterCounts[place] - layer.parameterCounts[place - 1]
        let gain = layer.squaredErrors[place - 1] - layer.squaredErrors[place]
        return Step(
          layer: number, rank: place + 1, cost: cost, error: layer.squaredErrors[place],
          worth: gain / Double(cost))
      }
    }
    // Of equal worth the earlier layer's, and of a layer the lower rank.
    steps = all.enumerated().sorted {
      ($1.element.worth, $0.offset) < ($0.element.worth, $1.offset)
    }.map(\.element)
    // What leaving a layer whole takes off the error of rank 1, a parameter.
    let worths = layers.map { layer -> Double in
      guard let first = layer.parameterCounts.first, first < layer.wholeCount else {
        return .infinity
      }
      return layer.squaredErrors[0] / Double(layer.wholeCount - first)
    }
    let order = layers.indices.sorted { (worths[$1], $0) < (worths[$0], $1) }
    let stride = max(1, layers.count / Self.largestNumberOfChoices)
    wholeSets = (0...layers.count).filter { $0 % stride == 0 || $0 == layers.count }
      .map { Set(order.prefix($0)) }
  }

  /// The ranks with the least sum of relative squared errors within a number of parameters; nil for a layer that
  /// stays whole.
  ///
  /// - Throws: ``Failure`` if rank 1 everywhere takes more.
  public func ranks(within parameters: Int) throws(Failure) -> [Int?] {
    var best: Choice?
    for whole in wholeSets {
      guard var choice = smallest(keeping: whole), choice.parameters <= parameters else { continue }
      var closed = Set<Int>()
      for step in steps where !whole.contains(step.layer) && !closed.contains(step.layer) {
        // A rank that no longer fits may leave room for one of another layer.
        if choice.parameters + step.cost <= parameters {
          choice.take(step)
        } else {
          closed.insert(step.layer)
        }
      }
      if choice.error < best?.error ?? .infinity { best = choice }
    }
    guard let best else {
      throw .budgetTooSmall(
        parameters: parameters,
        smallest: layers.reduce(0) { $0 + min($1.parameterCounts.first ?? .max, $1.wholeCount) })
    }
    return best.ranks
  }

  /// The ranks with few parameters whose relative errors have at most this root mean square.
  public func ranks(error: Double) -> [Int?] {
    let allowed = error * error * Double(layers.count)
    var best: Choice?
    for whole in wholeSets {
      guard var choice = smallest(keeping: whole) else { continue }
      for step in steps where !whole.contains(step.layer) {
        if choice.error <= allowed { break }
        choice.take(step)
      }
      if choice.error <= allowed, choice.parameters < best?.parameters ?? .max { best = choice }
    }
    return best?.ranks ?? layers.map { _ in nil }
  }

  private struct Choice {
    var ranks: [Int?]
    var parameters: Int
    var errors: [Double]

    /// Added anew: what is taken off again and again would leave rounding behind.
    var error: Double { errors.reduce(0, +) }

    mutating func take(_ step: Step) {
      ranks[step.layer] = step.rank
      parameters += step.cost
      errors[step.layer] = step.error
    }
  }

  /// One rank more.
  private struct Step: Equatable {
    let layer: Int
    let rank: Int
    let cost: Int
    /// What is left afterwards.
    let error: Double
    let worth: Double
  }

  /// Rank 1 of every layer but those that stay whole; nil if one of the others is smaller whole.
  private func smallest(keeping whole: Set<Int>) -> Choice? {
    var choice = Choice(ranks: [], parameters: 0, errors: [])
    for (number, layer) in layers.enumerated() {
      if whole.contains(number) {
        choice.ranks.append(nil)
        choice.errors.append(0)
        choice.parameters += layer.wholeCount
      } else {
        guard let first = layer.parameterCounts.first, first < layer.wholeCount else { return nil }
        choice.ranks.append(1)
        choice.errors.append(layer.squaredErrors[0])
        choice.parameters += first
      }
    }
    return choice
  }
}
