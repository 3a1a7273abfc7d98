public import LinearAlgebra
package import LinearNetworks
import RealModule

// All layers and both covariances are diagonal in common bases, W_j = Q_j D_j Q_{j−1}ᵀ with orthonormal columns
// in every Q_j, Σx = Q₀ Λ Q₀ᵀ and Σyx = Q_N S Q₀ᵀ. A generic sum C of d_N × d₀ matrices that are all diagonal
// in these bases (Σyx, W, Σyx Σx, …) has no more coincident singular values than are unavoidable, so its
// singular vectors are the bases; the hidden ones follow by sending the right vectors through the layers. Sums
// are formed from matrices scaled to size 1, because the product of tiny layers underflows.

/// The independent singular modes of a network whose layers share singular vectors with the data.
///
/// Directions in which nothing ever changes (no correlation, and W = 0) need not share anything: they are kept
/// as they are.
///
/// - SeeAlso: Theorem 1 of [gidel2019], which holds for orthogonal Q only, not for any invertible one as
///   printed; spectral initialisation in Section 4 of [tarmoun2021].
public struct SpectralModes: Sendable {
  /// One mode: its correlation σ, the input variance λ, and the layers' values along it, first layer first.
  public struct Mode: Equatable, Sendable {
    public let target: Double
    public let curvature: Double
    public var values: [Double]

    /// The product of the layers' values.
    public var endToEnd: Double { values.reduce(1, *) }
  }

  /// The modes that move.
  public let modes: [Mode]
  /// For each layer and mode, the vectors q_j: `vectors[j]` has one column per mode, j = 0 … N.
  public let vectors: [Matrix]
  /// What the layers hold beside the modes; it never changes.
  private let constantParts: [Matrix?]

  /// Finds the modes; the hypotheses say how well the network fits, and the modes are nil when one fails.
  ///
  /// - Precondition: two layers or more.
  package static func find(
    inputCovariance: Matrix, crossCovariance: Matrix, network: LinearNetwork, tolerance: Double
  ) throws -> (modes: SpectralModes?, hypotheses: [Hypothesis]) {
    let normalized = network.layers.map(\.normalized)
    let x = inputCovariance.normalized
    let yx = crossCovariance.normalized
    let product = normalized.dropFirst().reduce(normalized[0]) { $1 * $0 }
    let w = product.normalized
    let inner = normalized[0].transposedTimes(normalized[0])
    let outer = normalized[network.depth - 1].timesTransposed(normalized[network.depth - 1])
    var generic = yx + 0.739 * w
    generic += 0.567 * (yx * x) + 0.318 * (w * x)
    generic += 0.433 * (yx * inner) + 0.271 * (w * inner)
    generic += 0.371 * (outer * yx) + 0.219 * (outer * w)
    let decomposition = try SingularValueDecomposition(of: generic, vectors: .full)
    let rank = decomposition.singularValues.count
    let left = decomposition.leftVectors
    let right = decomposition.rightVectorsTransposed.transposed()

    let noise = 1e-14
    let rotatedCross = left.transposedTimes(crossCovariance * right)
    let rotatedProduct = left.transposedTimes(product * right)
    var hypotheses = [
      Hypothesis(
        "cross-covariance and initial product share singular vectors",
        measured: max(rotatedCross.offDiagonalShare, rotatedProduct.offDiagonalShare),
        allowed: tolerance)
    ]

    var kept: [Int] = []
    var sigma: [Double] = []
    for k in 0..<rank {
      var σ = rotatedCross[k, k]
      if abs(σ) <= noise * crossCovariance.maxAbsolute { σ = 0 }
      let carriesProduct = abs(rotatedProduct[k, k]) > noise * rotatedProduct.maxAbsolute
      if σ != 0 || carriesProduct || generic.maxAbsolute == 0 {
        kept.append(k)
        sigma.append(σ)
      }
    }
    let inputVectors = right.selecting(columns: kept)
    let outputVectors = left.selecting(columns: kept)

    let covarianceInBasis = inputCovariance * inputVectors
    var lambda: [Double] = []
    var coupling = 0.0
    for k in kept.indices {
      let u = inputVectors.column(k)
      let image = covarianceInBasis.column(k)
      let λ = zip(u, image).reduce(0) { $0 + $1.0 * $1.1 }
      coupling = max(coupling, zip(u, image).map { abs($0.1 - λ * $0.0) }.max() ?? 0)
      lambda.append(abs(λ) <= noise * inputCovariance.maxAbsolute ? 0 : λ)
    }
    hypotheses.append(
      Hypothesis(
        "input covariance is diagonal in the singular vectors of the cross-covariance",
        measured: coupling.relative(to: inputCovariance.maxAbsolute), allowed: tolerance))
    hypotheses.append(
      Hypothesis(
        "most negative variance of the inputs", measured: max(0, -(lambda.min() ?? 0)), allowed: 0))

    let chain = ModeChain.follow(
      network: network, normalized: normalized, inputVectors: inputVectors,
      outputVectors: outputVectors)
    hypotheses.append(
      Hypothesis(
        "layers share singular vectors with the data", measured: chain.misalignment,
        allowed: tolerance))
    if network.depth > 2 {
      hypotheses.append(
        Hypothesis(
          "layers are balanced (needed for three layers or more)", measured: chain.imbalance,
          allowed: tolerance))
    }
    guard hypotheses.allSatisfy(\.holds) else { return (nil, hypotheses) }

    let modes = kept.indices.map { k in
      Mode(target: sigma[k], curvature: lambda[k], values: chain.values[k])
    }
    var rests: [Matrix?] = []
    for (j, layer) in network.layers.enumerated() {
      let part = chain.vectors[j + 1].scalingColumns(by: modes.map { $0.values[j] })
        .timesTransposed(chain.vectors[j])
      let rest = layer - part
      rests.append(rest.maxAbsolute <= tolerance * layer.maxAbsolute ? nil : rest)
    }
    return (
      SpectralModes(modes: modes, vectors: chain.vectors, constantParts: rests), hypotheses
    )
  }

  /// The earliest time at which a mode becomes infinite.
  var blowUpTime: Double? {
    modes.compactMap { mode in
      guard mode.values.count > 2 else { return nil }
      return mode.balanced.blowUpTime
    }.min()
  }

  /// The modes at a time.
  public func modes(at time: Double) -> [Mode] { modes.map { $0.at(time) } }

  /// The network whose modes have these values.
  func network(_ modes: [Mode]) -> LinearNetwork {
    let layers = constantParts.indices.map { j in
      let part = vectors[j + 1].scalingColumns(by: modes.map { $0.values[j] })
        .timesTransposed(vectors[j])
      return constantParts[j].map { $0 + part } ?? part
    }
    return LinearNetwork(fitting: layers)
  }

  /// W for these modes, with the accuracy of each mode.
  func endToEnd(_ modes: [Mode]) -> Matrix {
    vectors[vectors.count - 1].scalingColumns(by: modes.map(\.endToEnd)).timesTransposed(vectors[0])
  }
}

extension SpectralModes.Mode {
  /// The common magnitude of the layers' values, with σ relative to the sign of their product.
  fileprivate var balanced: BalancedMode {
    let negative = values.filter { $0 < 0 }.count % 2 == 1
    let size = values.reduce(0) { $0 + abs($1) } / Double(values.count)
    return BalancedMode(
      depth: values.count, target: negative ? -target : target, curvature: curvature, initial: size)
  }

  fileprivate func at(_ time: Double) -> SpectralModes.Mode {
    var result = self
    if values.count == 2 {
      let pair = TwoLayerMode(
        target: target, curvature: curvature, first: values[1], second: values[0]
      ).layerValues(at: time)
      result.values = [pair.second, pair.first]
    } else {
      let value = balanced.layerValue(at: time)
      result.values = values.map { $0 < 0 ? -value : value }
    }
    return result
  }
}

/// The hidden vectors and values of every mode, found by sending vectors through the layers.
private struct ModeChain {
  var vectors: [Matrix]
  /// For every mode, its value in each layer.
  var values: [[Double]]
  var misalignment = 0.0
  var imbalance = 0.0

  static func follow(
    network: LinearNetwork, normalized: [Matrix], inputVectors: Matrix, outputVectors: Matrix
  ) -> ModeChain {
    let depth = network.depth
    let count = inputVectors.columnCount
    let sizes = network.layers.map(\.maxAbsolute)
    var vectors = network.widths.map { Matrix(rowCount: $0, columnCount: count) }
    vectors[0] = inputVectors
    vectors[depth] = outputVectors
    var chain = ModeChain(vectors: vectors, values: [])
    for k in 0..<count {
      var relative = [Double](repeating: 0, count: depth)
      var vector = inputVectors.column(k)
      let last = outputVectors.column(k)
      var hidden: [[Double]] = []
      for j in 0..<(depth - 1) {
        let image = normalized[j] * vector
        let norm = image.norm
        relative[j] = norm
        vector = norm > 0 ? image.map { $0 / norm } : image
        hidden.append(vector)
      }
      if depth == 2, relative[0] <= 1e-14 {
        // Nothing comes from below: the hidden vector is the one the upper layer reads.
        let reading = normalized[1].transposedTimes(last)
        let norm = reading.norm
        if norm > relative[0] {
          relative[0] = 0
          hidden[0] = norm > 0 ? reading.map { $0 / norm } : reading
          vector = hidden[0]
        }
      }
      let image = normalized[depth - 1] * vector
      relative[depth - 1] = zip(image, last).reduce(0) { $0 + $1.0 * $1.1 }

      // Both directions of every layer must stay on the chain.
      var error = 0.0
      for j in 0..<depth {
        let below = j == 0 ? inputVectors.column(k) : hidden[j - 1]
        let above = j == depth - 1 ? last : hidden[j]
        let up = normalized[j] * below
        let down = normalized[j].transposedTimes(above)
        let value = relative[j]
        error = max(error, zip(up, above).map { abs($0 - value * $1) }.max() ?? 0)
        error = max(error, zip(down, below).map { abs($0 - value * $1) }.max() ?? 0)
      }
      chain.misalignment = max(chain.misalignment, error)
      let values = zip(relative, sizes).map { $0 * $1 }
      let largest = values.map(abs).max() ?? 0
      if depth > 2, largest > 1e-13 * (sizes.max() ?? 0) {
        let smallest = values.map(abs).min() ?? 0
        chain.imbalance = max(chain.imbalance, (largest - smallest) / largest)
      }
      // Rounding of a balanced start must not look like a tiny imbalance, which would decide the far future.
      var settled = values
      if depth == 2, abs(abs(values[0]) - abs(values[1])) <= 1e-13 * largest {
        let mean = 0.5 * (abs(values[0]) + abs(values[1]))
        settled = values.map { $0 < 0 ? -mean : mean }
      }
      chain.values.append(settled)
      for j in 1..<depth {
        for (row, element) in hidden[j - 1].enumerated() {
          chain.vectors[j][row, k] = element
        }
      }
    }
    // Hidden vectors of modes that carry something must be orthonormal.
    for j in 1..<depth {
      let carrying = (0..<count).filter { k in
        chain.values[k].contains { abs($0) > 1e-13 * (sizes.max() ?? 0) }
          && chain.vectors[j].column(k).norm > 0
      }
      let basis = chain.vectors[j].selecting(columns: carrying)
      let gram = basis.transposedTimes(basis) - .identity(carrying.count)
      chain.misalignment = max(chain.misalignment, gram.maxAbsolute)
      // Elsewhere the hidden direction is rounding, and the mode stays where it is.
      for k in 0..<count where !carrying.contains(k) {
        let alone = (0..<count).allSatisfy { other in
          other == k
            || abs(
              zip(chain.vectors[j].column(k), chain.vectors[j].column(other)).reduce(0) {
                $0 + $1.0 * $1.1
              }) < 1e-12
        }
        if !alone { chain.values[k] = chain.values[k].map { _ in 0 } }
      }
    }
    return chain
  }
}

extension Matrix {
  /// The matrix scaled to a largest element of magnitude 1; zero stays zero.
  fileprivate var normalized: Matrix {
    let size = maxAbsolute
    return size > 0 ? self / size : self
  }

  /// The largest element outside the diagonal, relative to the largest of all.
  fileprivate var offDiagonalShare: Double {
    var largest = 0.0
    for i in 0..<rowCount {
      for j in 0..<columnCount where i != j { largest = max(largest, abs(self[i, j])) }
    }
    return largest.relative(to: maxAbsolute)
  }
}

extension Double {
  /// The quotient by a scale, zero for zero by zero.
  fileprivate func relative(to scale: Double) -> Double { self == 0 ? 0 : self / scale }
}

extension [Double] {
  fileprivate var norm: Double { reduce(0) { $0 + $1 * $1 }.squareRoot() }
}
