import LinearAlgebra
public import LinearNetworks
import RealModule

// W = U P Vᵀ with orthonormal U (d_N × r), V (d_0 × r) and P positive definite: P has the rank, and U, V the sign of the
// determinant, which no step can change. Let P = X diag(σ) Xᵀ, and write hats for what is seen from Û = UX, V̂ = VX:
// K̂ = ÛᵀGV̂, h = σ^{1/N}, and element by element
//
//     f_rs = Σ_j σ_r^{2(N−j)/N} σ_s^{2(j−1)/N} / (σ_r + σ_s),
//     Ŷ = −½ f ∘ (K̂ + K̂ᵀ),   Δ̂ = −f ∘ (K̂ − K̂ᵀ).
//
// Then −Σ_j (WWᵀ)^{(N−j)/N} G (WᵀW)^{(j−1)/N} is
//
//     P′ = Y P + P Yᵀ − S P + P S,
//     U′ = −(1 − UUᵀ) G V P^{1−2/N} + U (S + ½Δ),   V′ = −(1 − VVᵀ) Gᵀ U P^{1−2/N} + V (S − ½Δ)
//
// for any antisymmetric S. Divisions are by σ_r + σ_s only, so equal singular values are nothing special, and the S of
// ``GradedCore`` keeps P graded: every singular value has its own relative accuracy. At depth 2, f = 1 and X is
// not needed. Layer j is O_j H O_{j−1}ᵀ with H = P^{1/N}, and its own velocity says how the hidden bases turn: for
// h_r ≤ h_s, with ρ = h_r/h_s and O_j′ = O_j A_j,
//
//     A_j,rs = ρ A_{j−1,rs} − h_s^{N−2} ρ^{N−j} K̂_rs + ½ h_s^{N−2} (K̂ + K̂ᵀ)_rs Σ_k ρ^{2k} / Σ_k ρ^k + Ŝ_rs (1 − ρ),
//
// where A_0 = Ŝ − ½Δ̂ and the sums run from 0 to N − 1; A_N comes out as Ŝ + ½Δ̂. At depth 2 W_2 = U R Oᵀ and
// W_1 = O Rᵀ Vᵀ with a basis O that does not move at all.

/// The flow that balanced layers induce, in coordinates that cannot lose rank, sign of the determinant or a singular
/// value, however small.
///
/// With modes that are zero left out, it follows what remains exactly zero otherwise. Layers are followed as well
/// unless only the end-to-end matrix is of interest.
///
/// - SeeAlso: equation (3) of [cohenRazin].
public struct BalancedFlow<Target: Objective>: FlowEquation {
  /// What is made small.
  public let objective: Target
  public let start: [Double]
  public let blockSizes: [Int]
  public var blockScales: [Double?] {
    [nil, nil, 1, 1] + [Double?](repeating: nil, count: hiddenWidths.count)
  }

  /// N.
  public let depth: Int
  /// The rank r of the end-to-end matrix.
  public let rank: Int

  /// d_1, …, d_{N−1}; empty when layers are not followed.
  let hiddenWidths: [Int]
  var core: GradedCore
  private var work: Work
  private var transposedGradient: Matrix

  /// The flow of all layers.
  public init(_ objective: Target, from start: BalancedFactors) {
    self.init(objective, from: start, followsLayers: true)
  }

  /// The flow of the end-to-end matrix alone, of a network of a depth. Its network, for recordings, is one layer.
  public init(endToEndOf objective: Target, from start: BalancedFactors) {
    self.init(objective, from: start, followsLayers: false)
  }

  private init(_ objective: Target, from factors: BalancedFactors, followsLayers: Bool) {
    let (v, u) = (factors.bases[0], factors.bases[factors.depth])
    precondition(
      objective.outputCount == u.rowCount && objective.inputCount == v.rowCount,
      "an objective of \(objective.outputCount)×\(objective.inputCount) matrices does not fit \(u.rowCount)×\(v.rowCount)"
    )
    self.objective = objective
    depth = factors.depth
    rank = factors.rank
    let hidden = followsLayers ? Array(factors.bases[1..<depth]) : []
    hiddenWidths = hidden.map(\.rowCount)
    core = GradedCore(count: rank)
    work = Work(
      outputCount: u.rowCount, inputCount: v.rowCount, hiddenWidths: hiddenWidths, rank: rank)
    transposedGradient = Matrix(rowCount: v.rowCount, columnCount: u.rowCount)
    let halves = factors.logarithmicSizes.map { $0 * Double(factors.depth) / 2 }
    start =
      u.elements + v.elements + halves + [Double](repeating: 0, count: core.triangleCount)
      + hidden.flatMap(\.elements)
    blockSizes = [u.count, v.count, rank, core.triangleCount] + hidden.map(\.count)
  }

  /// Matrices for intermediate results.
  private struct Work: Sendable {
    var u, v, uHat, vHat, left, right: Matrix
    var vTransposed, endToEnd: Matrix
    var x, xᵀ, k, y, s, ω, product: Matrix
    var hidden, hiddenTurn: [Matrix]
    var sizes = ModeSizes()

    init(outputCount: Int, inputCount: Int, hiddenWidths: [Int], rank: Int) {
      u = .zeros(outputCount, rank)
      v = .zeros(inputCount, rank)
      (uHat, vHat, left, right) = (u, v, u, v)
      vTransposed = .zeros(rank, inputCount)
      endToEnd = .zeros(outputCount, inputCount)
      x = .zeros(rank, rank)
      (xᵀ, k, y, s, ω, product) = (x, x, x, x, x, x)
      hidden = hiddenWidths.map { .zeros($0, rank) }
      hiddenTurn = hidden
    }
  }

  /// The sizes h_r of modes, so that each is exponentiated once.
  private struct ModeSizes: Sendable {
    /// σ_r = h_r^N.
    private(set) var singularValues: [Double] = []
    /// h_r^{N−2}.
    private(set) var powers: [Double] = []
    private var logarithms: [Double] = []
    /// h_r over the largest.
    private var shares: [Double] = []

    /// Takes y_r = ½ N log h_r.
    mutating func set(_ y: [Double], depth: Int) {
      if logarithms.count != y.count {
        logarithms = y
        (singularValues, powers, shares) = (y, y, y)
      }
      let largest = 2 * (y.max() ?? 0) / Double(depth)
      for r in y.indices {
        let logarithm = 2 * y[r] / Double(depth)
        logarithms[r] = logarithm
        singularValues[r] = .exp(2 * y[r])
        powers[r] = .exp(Double(depth - 2) * logarithm)
        shares[r] = .exp(logarithm - largest)
      }
    }

    /// Two modes with h_small ≤ h_large, and ρ = h_small / h_large.
    func ordered(_ a: Int, _ b: Int) -> (small: Int, large: Int, ratio: Double) {
      let (small, large) = logarithms[a] <= logarithms[b] ? (a, b) : (b, a)
      let share = shares[large]
      // Both may be nothing beside the largest, and yet something beside each other.
      let ratio =
        share > 1e-200 ? shares[small] / share : .exp(logarithms[small] - logarithms[large])
      return (small, large, ratio)
    }
  }

  var coreRange: Range<Int> {
    let begin = blockSizes[0] + blockSizes[1]
    return begin..<begin + blockSizes[2] + blockSizes[3]
  }

  func hiddenRange(_ j: Int) -> Range<Int> {
    let begin = coreRange.upperBound + hiddenWidths[..<j].reduce(0, +) * rank
    return begin..<begin + hiddenWidths[j] * rank
  }

  private mutating func read(_ state: UnsafeBufferPointer<Double>) {
    let (m, n) = (blockSizes[0], blockSizes[1])
    work.u.copyElements(from: state, at: 0)
    work.v.copyElements(from: state, at: m)
    core.read(UnsafeBufferPointer(rebasing: state[m + n..<coreRange.upperBound]))
  }

  public mutating func setVelocity(
    at state: UnsafeBufferPointer<Double>, into velocity: UnsafeMutableBufferPointer<Double>
  ) -> Double {
    read(state)
    if depth == 2 {
      // R itself, in place of X and σ.
      core.setFactor(&work.x)
      swap(&work.u, &work.uHat)
      swap(&work.v, &work.vHat)
      work.left.setToProduct(work.uHat, work.x)
      work.right.setToProduct(work.vHat, work.x)
    } else {
      let decomposition = core.decompose()
      work.sizes.set(decomposition.logarithms, depth: depth)
      work.xᵀ.withUnsafeMutableElements { x in
        for k in x.indices { x[k] = decomposition.left[k] }
      }
      work.xᵀ.transpose(into: &work.x)
      work.uHat.setToProduct(work.u, work.x)
      work.vHat.setToProduct(work.v, work.x)
      work.left.copyElements(from: work.uHat)
      work.left.scaleColumns(by: work.sizes.singularValues)
      work.right.copyElements(from: work.vHat)
    }
    work.right.transpose(into: &work.vTransposed)
    work.endToEnd.setToProduct(work.left, work.vTransposed)
    let value = objective.value(
      at: work.endToEnd, transposedGradient: &transposedGradient)
    guard value.isFinite else { return .nan }
    work.left.setToProduct(transposedGradient, work.vHat, transposingLeft: true)
    work.right.setToProduct(transposedGradient, work.uHat)
    work.k.setToProduct(work.uHat, work.left, transposingLeft: true)
    setCoreVelocity(velocity)
    setBaseVelocities(velocity)
    if depth > 2 {
      setHiddenVelocities(state, velocity)
    } else if !hiddenWidths.isEmpty {
      for k in hiddenRange(0) { velocity[k] = 0 }
    }
    return value
  }

  /// P's velocity; leaves S as seen from the hats in `s`.
  private mutating func setCoreVelocity(_ velocity: UnsafeMutableBufferPointer<Double>) {
    let r = rank
    for i in 0..<r {
      for j in i..<r {
        var f = 1.0
        if depth > 2 {
          // ρ = h_r/h_s ≤ 1: f = h_s^{N−2} Σ ρ^{2k} / (1 + ρ^N).
          let (_, large, ρ) = work.sizes.ordered(i, j)
          f = work.sizes.powers[large] * sum(ρ * ρ) / (1 + power(ρ, depth))
        }
        let (a, b) = (work.k[i, j], work.k[j, i])
        work.y[i, j] = -0.5 * f * (a + b)
        work.y[j, i] = work.y[i, j]
        // ½Δ̂.
        work.ω[i, j] = -0.5 * f * (a - b)
        work.ω[j, i] = -work.ω[i, j]
      }
    }
    if depth > 2 {
      work.product.setToProduct(work.x, work.y)
      work.y.setToProduct(work.product, work.xᵀ)
    }
    let part = UnsafeMutableBufferPointer(rebasing: velocity[coreRange])
    work.y.withUnsafeMutableElements { core.setVelocity($0, into: part) }
    if depth > 2 {
      work.product.setToProduct(work.xᵀ, work.y)
      work.s.setToProduct(work.product, work.x)
    } else {
      work.s.copyElements(from: work.y)
    }
  }

  /// 1 + q + … + q^{N−1}.
  private func sum(_ q: Double) -> Double {
    var sum = 1.0
    for _ in 1..<depth { sum = 1 + q * sum }
    return sum
  }

  /// q^n.
  private func power(_ q: Double, _ n: Int) -> Double {
    var power = 1.0
    for _ in 0..<n { power *= q }
    return power
  }

  /// U′ and V′, from G V̂ in `left` and GᵀÛ in `right`.
  private mutating func setBaseVelocities(_ velocity: UnsafeMutableBufferPointer<Double>) {
    // −(1 − ÛÛᵀ) G V̂ σ^{1−2/N}; a square Û leaves nothing.
    if work.u.rowCount > rank {
      work.left.setToProduct(work.uHat, work.k, adding: -1)
      if depth > 2 { work.left.scaleColumns(by: work.sizes.powers) }
    } else {
      work.left.setToZero()
    }
    if work.v.rowCount > rank {
      work.k.transpose(into: &work.product)
      work.right.setToProduct(work.vHat, work.product, adding: -1)
      if depth > 2 { work.right.scaleColumns(by: work.sizes.powers) }
    } else {
      work.right.setToZero()
    }
    work.product.copyElements(from: work.s)
    work.product += work.ω
    work.left.setToProduct(work.uHat, work.product, adding: 1)
    work.product.add(work.ω, scaledBy: -2)
    work.right.setToProduct(work.vHat, work.product, adding: 1)
    if depth > 2 {
      work.u.setToProduct(work.left, work.xᵀ)
      work.v.setToProduct(work.right, work.xᵀ)
    } else {
      swap(&work.u, &work.left)
      swap(&work.v, &work.right)
    }
    work.u.writeElements(to: velocity, at: 0)
    work.v.writeElements(to: velocity, at: blockSizes[0])
  }

  /// O_j′ = O_j A_j, with A_0 = Ŝ − ½Δ̂ in `product`.
  private mutating func setHiddenVelocities(
    _ state: UnsafeBufferPointer<Double>, _ velocity: UnsafeMutableBufferPointer<Double>
  ) {
    let r = rank
    work.ω.copyElements(from: work.product)
    for j in hiddenWidths.indices {
      for a in 0..<r {
        work.ω[a, a] = 0
        for b in 0..<a {
          let (small, large, ρ) = work.sizes.ordered(a, b)
          let size = work.sizes.powers[large]
          let k = work.k[small, large]
          let turn =
            ρ * work.ω[small, large] - size * power(ρ, depth - 1 - j) * k
            + 0.5 * size * (k + work.k[large, small]) * sum(ρ * ρ) / sum(ρ)
            + work.s[small, large] * (1 - ρ)
          work.ω[small, large] = turn
          work.ω[large, small] = -turn
        }
      }
      work.product.setToProduct(work.x, work.ω)
      work.y.setToProduct(work.product, work.xᵀ)
      let range = hiddenRange(j)
      work.hidden[j].copyElements(from: state, at: range.lowerBound)
      work.hiddenTurn[j].setToProduct(work.hidden[j], work.y)
      work.hiddenTurn[j].writeElements(to: velocity, at: range.lowerBound)
    }
  }
}
