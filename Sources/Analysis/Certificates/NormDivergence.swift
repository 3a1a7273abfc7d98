import Dynamics
public import LinearAlgebra
import LinearNetworks
import RealModule

// W = w E + C + Δ for the unit matrix E of the unknown entry, C the known ones with a zero there, and ‖Δ‖_F = r =
// √(2mℓ(W)), m the number of known entries. The determinant is w (±det (M + Δ_M)) + det (C + Δ), M the minor of the
// unknown entry. For r < σ_min(C) the last term has the sign of det C and at least the magnitude Π (σ_k(C) − r); if det W
// has the other sign, |w| Π (σ_k(M) + r) is larger. For the paper's problem that is |w| ≥ (1 − r)²/r.

/// For the completion of a square matrix with one unknown entry the norm must grow as the loss falls, if the sign of the
/// determinant is kept and is not the one that the known entries have with a zero for the unknown one.
///
///     |w| ≥ Π_k (σ_k(C) − r) / Π_k (σ_k(M) + r),   r = √(2mℓ(W))
///
/// for the unknown entry w, the known ones C, and the minor M of the unknown one: if M is singular |w| grows at least like
/// ℓ^{−1/2}. Any size, any signs and values, any norm; gradient flow on balanced layers keeps the sign, which is read at the
/// start. The problem of the paper is 2 × 2 with W₁₂ = W₂₁ = 1 and W₂₂ = 0:
///
///     ‖W‖ ≥ c/√ℓ(W) + c′,   c = ‖e₁e₁ᵀ‖/√6,   c′ = min(−√6 c, −2 Σ_{ij} ‖e_i e_jᵀ‖),   if det W > 0
///
/// - SeeAlso: Proposition 5 and Exercise 4 of [cohenRazin], stated for one problem in two dimensions.
public struct NormDivergence: DivergingNorm, Equatable, Sendable {
  static let claim = "norm divergence"
  static let source =
    "Proposition 5 and Exercise 4 of Cohen and Razin, lecture notes, for any size and values"

  /// For the paper's problem, the smallest possible norm at a loss, of the Frobenius, spectral and nuclear norms.
  public static func bound(atLoss loss: Double) -> Double { 1 / (6 * loss).squareRoot() - 8 }

  /// Row and column of the unknown entry.
  public let unknown: (row: Int, column: Int)
  /// The known entries, with a zero for the unknown one.
  public let known: Matrix
  /// The sign of det W for which the norm must grow: the other one than that of det C.
  public let divergingSign: Int
  private let knownValues: [Double]
  private let minorValues: [Double]
  private let entryCount: Double

  public static func == (left: NormDivergence, right: NormDivergence) -> Bool {
    left.unknown == right.unknown && left.known == right.known
  }

  /// Nil for entries that do not leave exactly one of a square matrix unknown, or whose matrix C is singular.
  public init?(_ entries: ObservedEntries) throws(DecompositionError) {
    let side = entries.rowCount
    guard side == entries.columnCount, side >= 2, entries.count == side * side - 1 else {
      return nil
    }
    let table = entries.dense(elsewhere: .nan)
    guard let index = table.elements.firstIndex(where: \.isNaN) else { return nil }
    unknown = (index / side, index % side)
    known = entries.dense(elsewhere: 0)
    entryCount = Double(entries.count)
    let sign = try DeterminantSign.of(known)
    knownValues = try known.singularValues()
    guard sign != 0, knownValues.last! > 1e-14 * knownValues[0] else { return nil }
    divergingSign = -sign
    let others = { (without: Int) in (0..<side).filter { $0 != without } }
    minorValues = try known.selecting(rows: others(unknown.row))
      .selecting(columns: others(unknown.column)).singularValues()
  }

  /// The smallest possible magnitude of the unknown entry at a loss; zero where the loss is too large to say.
  ///
  /// - Parameters:
  ///   - loss: the loss on the known entries, halved mean of squares as `CompletionObjective` has it.
  ///   - error: how far the known entries may be off in addition, in the Frobenius norm.
  public func smallestEntry(atLoss loss: Double, error: Double = 0) -> Double {
    let r = (2 * entryCount * max(loss, 0)).squareRoot() + error
    guard r < knownValues.last! else { return 0 }
    let above = knownValues.reduce(1) { $0 * ($1 - r) }
    let below = minorValues.reduce(1) { $0 * ($1 + r) }
    return below > 0 ? above / below : .infinity
  }

  var size: Double { knownValues[0] }

  func smallestSpectralNorm(atLoss loss: Double, error: Double) -> Double {
    smallestEntry(atLoss: loss, error: error)
  }

  /// The smallest possible norm of W at a loss, for any norm: by the triangle inequality ‖W‖ ≥ |w| ‖E‖ − Σ ‖E_ij‖
  /// (|C_ij| + r) over the known entries.
  public func smallestNorm(atLoss loss: Double, in norm: (Matrix) -> Double) -> Double {
    let side = known.rowCount
    let r = (2 * entryCount * max(loss, 0)).squareRoot()
    var rest = 0.0
    var own = 0.0
    for i in 0..<side {
      for j in 0..<side {
        var unit = Matrix(rowCount: side, columnCount: side)
        unit[i, j] = 1
        if (i, j) == unknown {
          own = norm(unit)
        } else {
          rest += norm(unit) * (abs(known[i, j]) + r)
        }
      }
    }
    return smallestEntry(atLoss: loss) * own - rest
  }

  /// The certificate of a run: a flow of balanced layers.
  ///
  /// The spectral, Frobenius and nuclear norms are at least |w|. They are taken from the end-to-end matrices, or from
  /// singular values where only these were recorded.
  public static func certificate(for run: CertifiedRun) throws -> Certificate {
    func excluded(_ words: String) -> Certificate {
      Certificate(claim: claim, source: source, excluded: words)
    }
    guard let completion = run.objective as? CompletionObjective else {
      return excluded("needs the completion of a square matrix")
    }
    let divergence: any DivergingNorm
    if let one = try NormDivergence(completion.entries) {
      divergence = one
    } else if let several = try UnknownEntriesNorm(completion.entries) {
      divergence = several
    } else {
      return excluded(
        "needs a square matrix that is regular with zeros for the unknown entries, and one of these or a determinant that none of them changes"
      )
    }
    let network: LinearNetwork
    switch try run.flowingLayers(atLeast: 2) {
    case .met(let layers): network = layers
    case .lacking(let words): return excluded(words)
    }
    let sign = try DeterminantSign.of(network.endToEnd())
    let size = divergence.size
    var bounds: [Certificate.Bound] = []
    for point in run.snapshots {
      let w = try point.endToEnd ?? run.layers(at: point).map(run.endToEnd)
      guard let values = try w?.singularValues() ?? point.singularValues else { continue }
      let least = divergence.smallestSpectralNorm(
        atLoss: point.loss, error: run.accuracy * max(size, 1))
      let norms = [
        ("spectral norm", values.first ?? 0),
        ("Frobenius norm", values.reduce(0) { $0 + $1 * $1 }.squareRoot()),
        ("nuclear norm", values.reduce(0, +)),
      ]
      for (name, norm) in norms {
        bounds.append(
          .init(
            name, .lower, least, time: point.time, measured: norm,
            rounding: run.accuracy * norm, isInformative: point.time > 0 && least > 0))
      }
    }
    if bounds.isEmpty { bounds = [.init("spectral norm", .lower, 0)] }
    return Certificate(
      claim: claim, source: source,
      hypotheses: [
        Hypothesis(
          "sign of the determinant at the start, against that with zeros for what is unknown",
          measured: Double(sign * divergence.divergingSign), moreThan: 0),
        .balance(of: network),
      ], bounds: bounds)
  }
}
