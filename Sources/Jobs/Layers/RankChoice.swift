import DeepLinear

/// The ranks of layers that are factorized together.
struct RankChoice {
  let request: LayerChange
  let path: String

  enum Choice {
    case factorize(rank: Int, LayerFactorizer)
    /// Left as it is, with the reason.
    case keep(String)
  }

  private var depth: Int { request.depth ?? LayerChange.defaultDepth }

  func ranks(of plans: [FactorizationPlan]) throws -> [Choice] {
    if request.error != nil || request.budget != nil { return try sharedRanks(of: plans) }
    let kept: LayerFactorizer.Rank =
      request.rank.map { .fixed($0) } ?? request.energy.map { .energy($0) } ?? .full
    let factorizer = LayerFactorizer(depth: depth, rank: kept, width: request.width)
    return try plans.map { plan in
      // A layer that was not asked for by name has no part in a rank that it cannot have.
      let largest = plan.decomposition.largestRank
      if let rank = request.rank, rank > largest, request.allLinear == true || plans.count > 1 {
        return .keep("its largest rank is \(largest)")
      }
      let rank = try self.rank(of: plan, by: factorizer)
      guard request.action == .compress else { return .factorize(rank: rank, factorizer) }
      return choice(of: rank, plan, by: factorizer)
    }
  }

  private func rank(of plan: FactorizationPlan, by factorizer: LayerFactorizer) throws -> Int {
    do {
      return try factorizer.rank(for: plan.decomposition)
    } catch {
      throw BadInput("\(path), layer \(plan.layer): \(error).")
    }
  }

  /// Factors that are no smaller than the layer are no compression.
  private func choice(
    of rank: Int, _ plan: FactorizationPlan, by factorizer: LayerFactorizer
  ) -> Choice {
    let (before, after) = (
      plan.weight.elements.count, plan.parameterCount(rank: rank, depth: depth)
    )
    guard after >= before else { return .factorize(rank: rank, factorizer) }
    return .keep("rank \(max(rank, 1)) takes \(after) parameters, no fewer than its \(before)")
  }

  private func sharedRanks(of plans: [FactorizationPlan]) throws -> [Choice] {
    let measure = LayerFactorizer(depth: depth, rank: .relativeError(request.error ?? 0))
    for plan in plans { _ = try rank(of: plan, by: measure) }
    let sharing = RankSharing(
      plans.map { plan in
        let ranks = Array(1...max(plan.decomposition.largestRank, 1))
        return RankSharing.Layer(
          squaredErrors: ranks.map { plan.decomposition.squaredErrors[$0] },
          parameterCounts: ranks.map { plan.parameterCount(rank: $0, depth: depth) },
          wholeCount: plan.weight.elements.count)
      })
    let whole = plans.reduce(0) { $0 + $1.weight.elements.count }
    let ranks: [Int?]
    if let budget = request.budget {
      do {
        ranks = try sharing.ranks(within: Int(budget * Double(whole)))
      } catch .budgetTooSmall(let parameters, let smallest) {
        throw BadInput(
          "\(path): a budget of \(budget) leaves \(parameters) parameters, but rank 1 of every layer takes \(smallest); give at least \(readable(Double(smallest) / Double(whole)))."
        )
      }
    } else {
      ranks = sharing.ranks(error: request.error ?? 0)
    }
    return zip(plans, ranks).map { plan, rank in
      guard let rank else { return .keep("factors would take more for what they lose") }
      return choice(
        of: rank, plan, by: LayerFactorizer(depth: depth, rank: .fixed(rank)))
    }
  }
}

extension ChangedLayer {
  /// A layer that stays.
  init(leaving plan: FactorizationPlan, because reason: String) {
    self.init(
      layer: plan.layer, kind: plan.form.rawValue,
      groups: plan.form.hasKernel ? plan.groups : nil, weights: plan.weight.tensors.map(\.name),
      parametersBefore: plan.weight.elements.count, parametersAfter: plan.weight.elements.count,
      left: reason, singularValues: plan.decomposition.singularValues)
  }
}
