import LinearAlgebra

/// How often a posterior is drawn from.
struct DrawSchedule {
  /// Sweeps before the first that counts.
  var warmUp: Int
  /// Sweeps that count.
  var kept: Int

  /// A tenth of the usual number: what they do not gain, more would not either.
  static let probe = DrawSchedule(warmUp: 3, kept: 5)

  private init(warmUp: Int, kept: Int) {
    self.warmUp = warmUp
    self.kept = kept
  }

  /// Multiplications that sweeps of a table may take together at each effort.
  private static let budgets: [CompletionEffort: Double] = [
    .quick: 0, .normal: 2e10, .thorough: 4e11,
  ]

  /// As many sweeps as help, as far as the budget of the effort goes.
  init(_ effort: CompletionEffort, entryCount: Int, rowCount: Int, columnCount: Int, rank: Int) {
    let cells = Double(rowCount) * Double(columnCount)
    let counted = min(Double(entryCount), cells - Double(entryCount) + 1)
    let k = Double(rank)
    let sweep =
      counted * k * k + 4 * Double(entryCount) * k + Double(rowCount + columnCount) * k * k * k / 3
    let affordable = Int((Self.budgets[effort] ?? 0) / max(sweep, 1))
    let most = effort == .thorough ? 400 : 60
    kept = max(10, min(most, affordable))
    warmUp = max(5, kept / 3)
  }
}

/// The mean of the products of factors over draws from their posterior distribution.
struct PosteriorDraws {
  private(set) var state: GibbsFactorization
  /// Added to all values before the fit.
  let mean: Double
  /// The unit of the factors.
  let scale: Double
  /// The sum over the draws that count of the mean paths along the rows, column after column.
  private var pathSums: [Double] = []
  private var keptCount = 0

  /// - Parameters:
  ///   - model: an answer near which the draws begin, for the values themselves.
  ///   - spare: further components, which the data may need.
  init(
    _ pattern: ObservedPattern, _ values: [Double], near model: CompletionModel,
    noiseVariance: Double, spare: Int, hasOrderedRows: Bool = false,
    using generator: inout SeededGenerator
  ) {
    let count = Double(max(values.count, 1))
    mean = values.reduce(0) { $0 + $1 / count }
    let mean = mean
    let size = rootMeanSquare(values.map { $0 - mean })
    scale = size > 0 ? size : 1
    var centred = model
    centred.offsets?.mean -= mean
    if centred.offsets == nil {
      centred.offsets = AdditiveOffsets(
        mean: -mean, rows: [Double](repeating: 0, count: model.rowCount),
        columns: [Double](repeating: 0, count: model.columnCount))
    }
    let (left, right) = Self.balanced(centred.factorsWithOffsets(), scale: scale)
    let start = 0.05
    state = GibbsFactorization(
      pattern, Self.normal(values, mean: mean, scale: scale),
      rowFactor: .horizontallyStacked([
        left,
        .gaussian(
          rowCount: model.rowCount, columnCount: spare, standardDeviation: start, using: &generator),
      ]),
      columnFactor: .horizontallyStacked([
        right,
        .gaussian(
          rowCount: model.columnCount, columnCount: spare, standardDeviation: start,
          using: &generator),
      ]),
      noiseVariance: noiseVariance / (scale * scale),
      paths: hasOrderedRows
        ? SmoothResiduals(rowCount: model.rowCount, columnCount: model.columnCount) : nil)
  }

  private static func normal(_ values: [Double], mean: Double, scale: Double) -> [Double] {
    values.map { ($0 - mean) / scale }
  }

  private static func balanced(
    _ factors: (left: Matrix, right: Matrix), scale: Double
  ) -> (left: Matrix, right: Matrix) {
    let roots = [Double](
      repeating: 1 / scale.squareRoot(), count: factors.left.columnCount)
    return (factors.left.scalingColumns(by: roots), factors.right.scalingColumns(by: roots))
  }

  /// Goes on with other values of the same table.
  mutating func move(to pattern: ObservedPattern, _ values: [Double]) {
    state = state.moved(
      to: pattern, Self.normal(values, mean: mean, scale: scale))
  }

  /// Draws, and sums the products as factors and where they are wanted.
  mutating func run(
    _ schedule: DrawSchedule, at validation: ObservedPattern?, average: inout FactorAverage?,
    isCancelled: () -> Bool, using generator: inout SeededGenerator
  ) throws(DecompositionError) -> [Double] {
    var products = [Double](repeating: 0, count: validation?.count ?? 0)
    var sums = products
    var kept = 0
    pathSums = [Double](repeating: 0, count: state.paths?.mean.count ?? 0)
    for sweep in 0..<schedule.warmUp + schedule.kept {
      if isCancelled() { break }
      try state.sweep(using: &generator)
      guard sweep >= schedule.warmUp else { continue }
      kept += 1
      if let validation {
        validation.products(
          left: state.rowFactor, right: state.columnFactor, into: &products)
        for k in sums.indices { sums[k] += products[k] }
        if let paths = state.paths {
          for k in sums.indices {
            sums[k] +=
              paths.mean[Int(validation.columns[k]) * paths.rowCount + Int(validation.rows[k])]
          }
        }
      }
      if let paths = state.paths {
        for k in pathSums.indices { pathSums[k] += paths.mean[k] }
      }
      try average?.add(state.rowFactor, state.columnFactor)
    }
    keptCount = kept
    let (mean, scale) = (mean, scale)
    return sums.map { mean + scale * $0 / Double(max(kept, 1)) }
  }

  /// The model of an average over draws.
  func model(_ average: inout FactorAverage) throws(DecompositionError) -> CompletionModel {
    if !pathSums.isEmpty {
      // A path for each column is as many components as there are columns.
      let paths = Matrix(
        rowCount: average.columnCount, columnCount: average.rowCount, elements: pathSums)
      try average.add(paths.transposed(), .identity(average.columnCount))
    }
    let factors = try average.factors(dividedBy: Double(max(keptCount, 1)))
    return CompletionModel(
      rowFactor: scale * factors.left, columnFactor: factors.right,
      offsets: AdditiveOffsets(
        mean: mean, rows: [Double](repeating: 0, count: average.rowCount),
        columns: [Double](repeating: 0, count: average.columnCount)))
  }
}
