import LinearAlgebra
import LinearNetworks

/// The common singular vectors of a network and its data, and how well they fit.
struct SpectralModeSearch {
  /// The modes that move.
  let chains: ModeChains
  /// σ and λ of each moving mode.
  private(set) var targets: [Double]
  private(set) var curvatures: [Double] = []
  let uncarried: SpectralModes.Uncarried

  private let depth: Int
  private var misfit = 0.0
  private var coupling = 0.0
  private var unrest = 0.0

  /// - Complexity: O(*n*³) for each layer, and O(*n*³) for the decomposition.
  init(
    inputCovariance: Matrix, crossCovariance: Matrix, network: LinearNetwork
  ) throws(DecompositionError) {
    depth = network.depth
    // The product of tiny layers underflows: all are scaled to size 1.
    let layers = network.layers.map(\.normalized)
    let (x, yx) = (inputCovariance.normalized, crossCovariance.normalized)
    let products = PartialProducts(of: layers)
    let bases = try CommonSingularVectors(
      crossing: [yx, products.all], outputs: products.outputGrams,
      inputs: [x] + products.inputGrams)
    let candidates = Array(0..<bases.count)
    let inputs = bases.right.selecting(columns: candidates)
    let outputs = bases.left.selecting(columns: candidates)

    let correlations = Self.correlations(yx, outputs, inputs)
    let scale = crossCovariance.maxAbsolute
    chains = ModeChains(
      through: layers, sizes: network.layers.map(\.maxAbsolute), inputs: inputs, outputs: outputs,
      targets: correlations)
    let moving = chains.moving
    let still = candidates.filter { !moving.contains($0) && correlations[$0] != 0 }
    targets = moving.map { scale * correlations[$0] }
    uncarried = SpectralModes.Uncarried(
      targets: still.map { scale * correlations[$0] },
      inputVectors: inputs.selecting(columns: still),
      outputVectors: outputs.selecting(columns: still))

    let u = chains.vectors[0]
    let v = chains.vectors[depth]
    let product = products.all
    // What the moving modes leave of Σyx and of W must not touch their vectors, and of W nothing may be left.
    let restOfCross = yx - v.scalingColumns(by: moving.map { correlations[$0] }).timesTransposed(u)
    let shares = v.transposedTimes(product * u).diagonal
    let restOfProduct = product - v.scalingColumns(by: shares).timesTransposed(u)
    misfit = max(
      (restOfCross * u).maxAbsolute, restOfCross.transposedTimes(v).maxAbsolute,
      restOfProduct.maxAbsolute)
    unrest = products.largestPull(of: restOfCross)

    for (vector, image) in zip(u.columns, (x * u).columns) {
      var λ = zip(vector, image).reduce(0) { $0 + $1.0 * $1.1 }
      coupling = max(coupling, zip(vector, image).map { abs($0.1 - λ * $0.0) }.max() ?? 0)
      if abs(λ) <= 1e-14 { λ = 0 }
      curvatures.append(λ * inputCovariance.maxAbsolute)
    }
  }

  /// The conditions under which the modes are independent, with what was measured.
  func hypotheses(tolerance: Double) -> [Hypothesis] {
    [
      Hypothesis(
        "cross-covariance and initial product share singular vectors", measured: misfit,
        allowed: tolerance),
      Hypothesis(
        "input covariance is diagonal in the singular vectors of the cross-covariance",
        measured: coupling, allowed: tolerance),
      Hypothesis(
        "most negative variance of the inputs", measured: max(0, -(curvatures.min() ?? 0)),
        allowed: 0),
      Hypothesis(
        "layers share singular vectors with the data", measured: chains.misalignment,
        allowed: tolerance),
      Hypothesis(
        "what the layers do not carry pulls at none of them", measured: unrest, allowed: tolerance),
    ]
  }

  /// vᵀ Σyx u for every pair of vectors; zero where it is not more than rounding of its terms.
  private static func correlations(_ cross: Matrix, _ outputs: Matrix, _ inputs: Matrix) -> [Double]
  {
    let image = (cross * inputs).columns
    let terms = (cross.map(abs) * inputs.map(abs)).columns
    return outputs.columns.enumerated().map { k, v in
      let σ = zip(v, image[k]).reduce(0) { $0 + $1.0 * $1.1 }
      let size = zip(v, terms[k]).reduce(0) { $0 + abs($1.0) * $1.1 }
      return abs(σ) <= 1e-14 * size ? 0 : σ
    }
  }
}

/// The products of some neighbouring layers.
private struct PartialProducts {
  let all: Matrix
  /// (W_j ⋯ W₁)ᵀ(W_j ⋯ W₁), scaled to size 1, for j from 1 to N − 1.
  let inputGrams: [Matrix]
  /// (W_N ⋯ W_j)(W_N ⋯ W_j)ᵀ, scaled to size 1, for j from 2 to N.
  let outputGrams: [Matrix]
  /// W_{j−1} ⋯ W₁ and W_N ⋯ W_{j+1}, scaled to size 1; nil for no layer at all.
  private let below: [Matrix?]
  private let above: [Matrix?]

  init(of layers: [Matrix]) {
    var rising: [Matrix] = [layers[0]]
    for layer in layers.dropFirst() { rising.append(Self.product(layer, rising[rising.count - 1])) }
    var falling: [Matrix] = [layers[layers.count - 1]]
    for layer in layers.dropLast().reversed() {
      falling.append(Self.product(falling[falling.count - 1], layer))
    }
    all = rising[rising.count - 1]
    inputGrams = rising.dropLast().map { $0.transposedTimes($0).normalized }
    outputGrams = falling.dropLast().map { $0.timesTransposed($0).normalized }
    below = [nil] + rising.dropLast()
    above = falling.dropLast().reversed() + [nil]
  }

  /// The product scaled to size 1; zero where it is no more than rounding of its terms.
  private static func product(_ a: Matrix, _ b: Matrix) -> Matrix {
    let product = a * b
    let terms = (a.map(abs) * b.map(abs)).maxAbsolute
    return product.maxAbsolute <= 1e-13 * terms
      ? .zeros(product.rowCount, product.columnCount) : product.normalized
  }

  /// The largest element of any (W_N ⋯ W_{j+1})ᵀ E (W_{j−1} ⋯ W₁)ᵀ.
  func largestPull(of rest: Matrix) -> Double {
    zip(below, above).map { below, above in
      let lower = below.map { rest.timesTransposed($0) } ?? rest
      return (above.map { $0.transposedTimes(lower) } ?? lower).maxAbsolute
    }.max() ?? 0
  }
}

extension Matrix {
  /// The matrix scaled to a largest element of magnitude 1; zero stays zero.
  fileprivate var normalized: Matrix {
    let size = maxAbsolute
    return size > 0 ? self / size : self
  }

  fileprivate var columns: [[Double]] { (0..<columnCount).map(column) }
}
