import LinearAlgebra

// A mode's vector is sent up through the layers from the input side and down from the output side, each until a
// layer gives it nothing more than rounding. Both reach through all layers (a mode that is carried), or both end
// at the same layer, in which the mode's value is zero (it will move, as all other layers carry it), or a gap
// remains between them: then two layers or more are zero along the mode, every product of all layers but one is
// too, and the mode never moves. Rounding is never normalised into a vector: what is left of W q counts only when
// it is more than rounding of the terms it is the sum of.

/// The hidden vectors and values of the modes that move.
struct ModeChains {
  /// Which of the candidates move.
  private(set) var moving: [Int] = []
  /// `vectors[j]` has one column for each moving mode, j = 0 … N.
  private(set) var vectors: [Matrix]
  /// For every moving mode, its value in each layer.
  private(set) var values: [[Double]] = []
  /// How far the layers are from mapping each vector to a multiple of the next, and back, relatively.
  private(set) var misalignment = 0.0

  private let layers: [Matrix]
  private let magnitudes: [Matrix]
  private static let rounding = 1e-13

  /// Follows candidates through the layers.
  ///
  /// - Parameters:
  ///   - layers: scaled to a largest element of 1.
  ///   - sizes: what each layer was divided by.
  ///   - inputs: one column for each candidate.
  ///   - outputs: likewise.
  ///   - targets: σ of each candidate; one without correlation moves only if all layers carry it.
  init(
    through layers: [Matrix], sizes: [Double], inputs: Matrix, outputs: Matrix, targets: [Double]
  ) {
    let depth = layers.count
    self.layers = layers
    magnitudes = layers.map { $0.map(abs) }
    vectors = []
    let up = Reach(layers, magnitudes, from: inputs)
    let down = Reach(
      layers.reversed().map { $0.transposed() }, magnitudes.reversed().map { $0.transposed() },
      from: outputs)
    /// The layer (1 … N) in which each moving mode is zero.
    var zero: [Int?] = []
    for (k, σ) in targets.enumerated() {
      // The chain from below ends before layer `above` + 1, that from above before layer N − `below`.
      let (above, below) = (up.length(k), down.length(k))
      guard above == depth || below == depth || (σ != 0 && above + below + 1 >= depth) else {
        continue
      }
      moving.append(k)
      zero.append(above == depth || below == depth ? nil : above + 1)
    }
    vectors.append(inputs.selecting(columns: moving))
    for j in 1..<max(depth, 1) {
      var hidden = Matrix(rowCount: layers[j].columnCount, columnCount: moving.count)
      var quality: [Double] = []
      for (place, k) in moving.enumerated() {
        let fromBelow = up.quality(k, j)
        let fromAbove = down.quality(k, depth - j)
        let vector =
          fromBelow >= fromAbove ? up.images[j].column(k) : down.images[depth - j].column(k)
        for (row, element) in vector.enumerated() { hidden[row, place] = element }
        quality.append(max(fromBelow, fromAbove))
      }
      vectors.append(Self.orthonormalized(hidden, best: quality))
    }
    vectors.append(outputs.selecting(columns: moving))
    // A mode for which the better ones leave no room is not carried: what looked like it was their rounding.
    let kept = moving.indices.filter { k in
      vectors.allSatisfy { $0.column(k).contains { $0 != 0 } }
    }
    moving = kept.map { moving[$0] }
    vectors = vectors.map { $0.selecting(columns: kept) }
    measure(sizes: sizes, zero: kept.map { zero[$0] })
  }

  /// Values, and how well the vectors fit.
  private mutating func measure(sizes: [Double], zero: [Int?]) {
    let depth = layers.count
    values = moving.map { _ in [Double](repeating: 0, count: depth) }
    var uncertain = moving.map { _ in 0.0 }
    for j in 0..<depth {
      let up = layers[j] * vectors[j]
      let down = layers[j].transposedTimes(vectors[j + 1])
      let scale = magnitudes[j] * vectors[j].map(abs)
      for k in moving.indices {
        let (below, above) = (vectors[j].column(k), vectors[j + 1].column(k))
        let (image, back) = (up.column(k), down.column(k))
        let value = zero[k] == j + 1 ? 0 : zip(image, above).reduce(0) { $0 + $1.0 * $1.1 }
        misalignment = max(
          misalignment, zip(image, above).map { abs($0 - value * $1) }.max() ?? 0,
          zip(back, below).map { abs($0 - value * $1) }.max() ?? 0)
        values[k][j] = value * sizes[j]
        uncertain[k] = max(
          uncertain[k], 8 * .ulpOfOne * sizes[j] * (scale.column(k).max() ?? 0))
      }
    }
    for k in moving.indices { values[k] = Self.settled(values[k], within: uncertain[k]) }
  }

  /// The values with those of one size up to rounding made equal: rounding of a balanced start must not look like
  /// a tiny imbalance, which would decide the far future.
  private static func settled(_ values: [Double], within rounding: Double) -> [Double] {
    let order = values.indices.sorted { abs(values[$0]) < abs(values[$1]) }
    let allowed = max(1e-13 * abs(values[order[order.count - 1]]), rounding)
    var result = values
    var start = 0
    while start < order.count {
      var end = start + 1
      while end < order.count, abs(values[order[end]]) - abs(values[order[end - 1]]) <= allowed {
        end += 1
      }
      let group = order[start..<end]
      if end - start > 1, group.allSatisfy({ values[$0] != 0 }) {
        let mean = group.reduce(0) { $0 + abs(values[$1]) } / Double(end - start)
        for j in group { result[j] = values[j] < 0 ? -mean : mean }
      }
      start = end
    }
    return result
  }

  /// The columns made orthonormal, those of the best quality first; a column that depends on better ones becomes
  /// zero.
  private static func orthonormalized(_ matrix: Matrix, best quality: [Double]) -> Matrix {
    let order = quality.indices.sorted { (quality[$0], $1) > (quality[$1], $0) }
    var result = matrix
    var basis: [[Double]] = []
    for k in order {
      var vector = matrix.column(k)
      for _ in 0..<2 {
        for other in basis {
          let share = zip(vector, other).reduce(0) { $0 + $1.0 * $1.1 }
          for i in vector.indices { vector[i] -= share * other[i] }
        }
      }
      let norm = vector.norm
      vector = vector.map { norm > 1e-3 ? $0 / norm : 0 }
      if norm > 1e-3 { basis.append(vector) }
      for (row, element) in vector.enumerated() { result[row, k] = element }
    }
    return result
  }
}

extension ModeChains {
  /// Vectors sent through layers from one side, each until what remains is rounding.
  private struct Reach {
    /// Unit vectors after 0, 1, … layers; zero from where a chain has ended.
    var images: [Matrix]
    /// For each chain, the smallest share of its terms that any layer so far has left of it, after 0, 1, …
    /// layers; it ends with the last layer that the chain passes.
    var shares: [[Double]]

    init(_ layers: [Matrix], _ magnitudes: [Matrix], from start: Matrix) {
      images = [start]
      shares = (0..<start.columnCount).map { _ in [1] }
      for (j, layer) in layers.enumerated() {
        var image = layer * images[j]
        let terms = magnitudes[j] * images[j].map(abs)
        for k in 0..<start.columnCount {
          let vector = image.column(k)
          let norm = vector.norm
          let share = norm == 0 ? 0 : norm / terms.column(k).norm
          let goesOn = shares[k].count == j + 1 && share > ModeChains.rounding
          if goesOn { shares[k].append(min(shares[k][j], share)) }
          for (row, element) in vector.enumerated() {
            image[row, k] = goesOn ? element / norm : 0
          }
        }
        images.append(image)
      }
    }

    /// How many layers a chain passes.
    func length(_ k: Int) -> Int { shares[k].count - 1 }

    func quality(_ k: Int, _ layers: Int) -> Double {
      layers < shares[k].count ? shares[k][layers] : 0
    }
  }
}

extension [Double] {
  /// The Euclidean length.
  fileprivate var norm: Double {
    let largest = reduce(0) { Swift.max($0, abs($1)) }
    guard largest > 0, largest.isFinite else { return largest }
    return largest * reduce(0) { $0 + ($1 / largest) * ($1 / largest) }.squareRoot()
  }
}
