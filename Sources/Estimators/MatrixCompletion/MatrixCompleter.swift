import Analysis
import Dynamics
public import LinearAlgebra

/// Fills in a matrix of which some entries are known, without being told its rank, noise or a penalty.
///
/// The known entries train a deep linear network W = W_N ⋯ W_1 from near zero; its singular values rise one
/// after another, and the order in which they do is the choice of a low-rank answer. From there the fit is
/// finished in factored form:
/// - When some rank fits all entries to rounding although the entries outnumber its degrees of freedom, the
///   data are exact, and that fit is the answer; nothing is held out.
/// - Otherwise a share of the entries is held out and decides between the path where their error is smallest
///   and variational factors, which estimate rank, ridge and noise; each with and without row and column
///   offsets. The winner is fitted again to all entries.
///
/// With ``polish`` at `none` the network itself is the answer, trained until it meets all entries.
///
/// The value is inert: ``fit(_:observe:)`` returns a new value and may be called any number of times. The same
/// seed gives the same bits on the same kind of machine with the same `BLASConfiguration/threadCount`.
public struct MatrixCompleter: Equatable, Sendable {
  /// The number of layers N of the network that is followed; at least 1. Depth 1 has no preference for low
  /// rank.
  public var depth: Int
  /// The width of the hidden layers; nil chooses it; the fit that follows
  /// the path is not bound by it.
  public var width: Int?
  /// The size of the first end-to-end matrix's singular values in units of √(rows · columns) times the root
  /// mean square of the data; nil chooses 10⁻⁵.
  public var initialScale: Double?
  /// The largest number of components of the answer; nil for as many as the data support. Where there are
  /// entries enough, a large table with a given rank is fitted without following a path first.
  public var rank: Int?
  /// The share of entries held out when the data are not exact, at least 0 and below 1. With 0 the
  /// variational fit with offsets is used unseen.
  public var holdoutFraction: Double
  /// The coverage of prediction intervals, between 0 and 1; nil gives none.
  public var intervalCoverage: Double?
  /// Every so many steps of the path are recorded; nil records none.
  public var recordingInterval: Int?
  /// How many threads the products over known entries use; nil takes one up to a hundred thousand entries, and
  /// one for every processor above. The answer's bits do not depend on it.
  public var threadCount: Int?
  /// Whether columns of different units are brought to one before a fit that is not exact.
  public var scaling: CompletionScaling
  /// How much work is spent where the data are not exact.
  public var effort: CompletionEffort
  /// Whether rows follow each other, as readings in time do: paths that are smooth along them take part in the fit
  /// then, by their own strength.
  public var hasOrderedRows: Bool
  /// The seed of everything random here; the same seed gives the same bits.
  public var seed: UInt64
  /// Whether known entries that the others contradict by far are left out of the fit, and named.
  public var setsOutliersAside: Bool
  /// What is done after the path.
  public var polish: CompletionPolish
  /// Tables of more entries are fitted by noisy factors at once: one path, without a search for an exact answer
  /// before.
  var largeCount = 200_000

  /// An estimator with all else as usual.
  public init(
    depth: Int = 3, width: Int? = nil, initialScale: Double? = nil, rank: Int? = nil,
    holdoutFraction: Double = 0.1, intervalCoverage: Double? = nil, recordingInterval: Int? = nil,
    threadCount: Int? = nil, scaling: CompletionScaling = .auto,
    effort: CompletionEffort = .normal, hasOrderedRows: Bool = false, seed: UInt64 = 0,
    setsOutliersAside: Bool = true, polish: CompletionPolish = .auto
  ) {
    self.polish = polish
    self.setsOutliersAside = setsOutliersAside
    self.depth = depth
    self.width = width
    self.initialScale = initialScale
    self.holdoutFraction = holdoutFraction
    self.intervalCoverage = intervalCoverage
    self.recordingInterval = recordingInterval
    self.rank = rank
    self.threadCount = threadCount
    self.scaling = scaling
    self.effort = effort
    self.hasOrderedRows = hasOrderedRows
    self.seed = seed
  }

  /// Why nothing can be fitted.
  public enum Failure: Error, Equatable, Sendable {
    case noEntries
    case depthNotPositive(Int)
    case widthNotPositive(Int)
    case initialScaleNotPositive(Double)
    case rankNotPositive(Int)
    case threadCountNotPositive(Int)
    case holdoutOutOfRange(Double)
    case coverageOutOfRange(Double)
    case intervalsNeedHoldout
    case intervalsNeedPolish
  }

  /// What an observer is told now and then: the share of the work done, between 0 and 1.
  public struct Progress: Equatable, Sendable {
    /// The share of the work that is done, from 0 to 1.
    public let fraction: Double
  }

  /// The mean square of the entries above which squares overflow, and below which they vanish, is handled by
  /// scaling: any finite values are accepted.
  ///
  /// - Parameters:
  ///   - entries: at least one.
  ///   - observe: called often; answering false ends the fit early, with outcome `interrupted` and the best
  ///     found so far.
  /// - Throws: ``Failure`` for settings out of range, `DecompositionError` when LAPACK does not converge.
  /// - Complexity: O(|Ω| k + (rows + columns) k²) a step of the path with width k, a few hundred steps; then
  ///   see `VariableProjection` and `VariationalFactorization`.
  public func fit(
    _ entries: ObservedEntries, observe: (Progress) -> Bool = { _ in true }
  ) throws -> Fit {
    try validate(entries)
    guard setsOutliersAside, polish == .auto else { return try fitKept(entries, observe: observe) }
    let screen = OutlierScreen(entries)
    var left = screen.gross()
    var fit = try fitKept(entries.leavingOut(left), observe: observe)
    if case .interrupted = fit.outcome { return fit }
    if fit.isExact,
      let found = try LoneContradictions(entries: entries.leavingOut(left), fit: fit)
        .found(refit: { try fitKept($0, observe: observe) })
    {
      let isLeft = Set(left)
      let kept = entries.values.indices.filter { !isLeft.contains($0) }
      left = (left + found.places.map { kept[$0] }).sorted()
      fit = found.fit
    }
    let predictions = fit.model.values(at: entries)
    // What an exact fit of the others meets, or does not determine, was no outlier.
    let outliers =
      fit.isExact
      ? left.filter {
        fit.mask.determines(row: Int(entries.rows[$0]), column: Int(entries.columns[$0]))
          && abs(predictions[$0] - entries.values[$0]) > 1e-9 * abs(entries.values[$0])
      } : screen.beyondNoise(of: predictions)
    if outliers == left { return fit.namingSuspicious(outliers, in: entries) }
    return try fitKept(entries.leavingOut(outliers), observe: observe)
      .namingSuspicious(outliers, in: entries)
  }

  /// The fit of all entries there are.
  private func fitKept(
    _ entries: ObservedEntries, observe: (Progress) -> Bool
  ) throws -> Fit {
    let table = OccupiedTable(of: entries, keepsRows: hasOrderedRows)
    let occupied = table.compacted(entries)
    let fit = try fitOccupied(occupied, observe: observe)
    return table.isWhole ? fit : table.expanded(fit, AdditiveOffsets(fitting: occupied))
  }

  /// The fit of a table that has an entry in every column, and in every row that is no place in an order.
  private func fitOccupied(
    _ entries: ObservedEntries, observe: (Progress) -> Bool
  ) throws -> Fit {
    let scale = entries.values.reduce(0) { max($0, abs($1)) }
    guard scale > 0 else { return try zero(entries) }
    // Values of any size become values of size one.
    let unit = scale * rootMeanSquare(entries.values.map { $0 / scale })
    let normal = entries.replacingValues(entries.values.map { $0 / unit })
    var isInterrupted = false
    let isCancelled: (Double) -> Bool = { fraction in
      if !isInterrupted, !observe(Progress(fraction: fraction)) { isInterrupted = true }
      return isInterrupted
    }
    return try withoutActuallyEscaping(isCancelled) { isCancelled in
      var generator = SeededGenerator(seed: seed)
      if polish == .none {
        return try pathFit(entries, unit: unit, isCancelled, using: &generator)
      }
      let isLarge = entries.count > largeCount
      // A large table that is exact is recognised after the noisy fit: the tenth held out is not missed there.
      if !isLarge,
        let exact = try exactFit(entries, unit: unit, isCancelled, using: &generator)
      {
        return exact
      }
      var noisy = NoisyFit(
        depth: depth, width: width, initialScale: initialScale ?? Self.automaticScale,
        holdoutFraction: holdoutFraction, recordingInterval: recordingInterval,
        rank: rank, threadCount: threads(for: entries), isCalibrated: intervalCoverage != nil,
        isLarge: isLarge, scaling: scaling, effort: effort,
        isCancelled: { isCancelled(0.3 + 0.7 * $0) }
      )
      noisy.hasOrderedRows = hasOrderedRows
      var result = try noisy.fit(normal, using: &generator)
      let isQuiet = result.variational.map { $0.noiseVariance < 1e-3 } ?? false
      result.rescale(by: unit)
      if isQuiet, result.model.rank > 0,
        let exact = try exactFit(entries, near: result, unit: unit, isCancelled)
      {
        return exact
      }
      return try finished(entries, result, coverage: intervalCoverage)
    }
  }

  /// The answer for entries that are all zero.
  private func zero(_ entries: ObservedEntries) throws -> Fit {
    let model = CompletionModel(
      rowFactor: Matrix(rowCount: entries.rowCount, columnCount: 0),
      columnFactor: Matrix(rowCount: entries.columnCount, columnCount: 0))
    return try finished(
      entries, model, MaskReport(of: entries, rank: 0), isExact: true, iterations: 0,
      outcome: .converged)
  }

  static let automaticScale = 1e-5

  /// Up to this many entries a product takes less time than waking a second thread is worth.
  private static let threadedCount = 100_000

  func threads(for entries: ObservedEntries) -> Int {
    threadCount ?? (entries.count > Self.threadedCount ? RowBlocks.processorCount : 1)
  }

  /// How many starts are tried when the first fit leaves entries free to move.
  private static let startLimit = 4

  private func validate(_ entries: ObservedEntries) throws(Failure) {
    guard depth >= 1 else { throw .depthNotPositive(depth) }
    if let width, width < 1 { throw .widthNotPositive(width) }
    if let initialScale, !(initialScale > 0 && initialScale.isFinite) {
      throw .initialScaleNotPositive(initialScale)
    }
    if let rank, rank < 1 { throw .rankNotPositive(rank) }
    if let threadCount, threadCount < 1 { throw .threadCountNotPositive(threadCount) }
    guard holdoutFraction >= 0, holdoutFraction < 1 else {
      throw .holdoutOutOfRange(holdoutFraction)
    }
    if let intervalCoverage {
      guard intervalCoverage > 0, intervalCoverage < 1 else {
        throw .coverageOutOfRange(intervalCoverage)
      }
      guard holdoutFraction > 0 else { throw .intervalsNeedHoldout }
      guard polish == .auto else { throw .intervalsNeedPolish }
    }
    guard entries.count > 0 else { throw .noEntries }
  }

  /// Tables of at most so many entries are tried with offsets before noise is thought of.
  private static let offsetTrialCount = 5_000

  private func exactFit(
    _ entries: ObservedEntries, unit: Double, _ isCancelled: @escaping (Double) -> Bool,
    using generator: inout SeededGenerator
  ) throws -> Fit? {
    let rounding = EntryRounding(of: entries)
    var kinds = [ExactTable.Offsets.none]
    if entries.count <= Self.offsetTrialCount {
      kinds += [.init(columns: true), .init(rows: true)]
    }
    for offsets in kinds {
      let table = ExactTable(entries, rounding, unit: unit, offsets: offsets)
      guard table.hasSignal else { continue }
      let (exact, isNoise) = try exactFit(entries, table, isCancelled, using: &generator)
      if let exact { return exact }
      if isNoise { break }
    }
    return nil
  }

  private func exactFit(
    _ entries: ObservedEntries, _ table: ExactTable, _ isCancelled: @escaping (Double) -> Bool,
    using generator: inout SeededGenerator
  ) throws -> (fit: Fit?, isNoise: Bool) {
    let search = table.search { isCancelled(0.3 * $0) }
    var found: ExactRecovery.Found?
    var path = CompletionPath()
    var steps = 0
    func isAllowed(_ next: ExactRecovery.Found) -> Bool {
      next.columnFactor.columnCount - table.offsets.count <= rank ?? .max
        && (found == nil || !next.isFlexible)
    }
    // A fit that can still move is kept only when other starts lead to none better.
    for start in 0..<Self.startLimit {
      var descent = PathDescent(
        rowCount: table.entries.rowCount, columnCount: table.entries.columnCount,
        depth: depth, width: width ?? min(ExactRecovery.widestPath, table.entries.columnCount),
        initialScale: initialScale ?? Self.automaticScale, recordingInterval: recordingInterval,
        using: &generator)
      let ending = try search.search(&descent, anneals: start == 0, using: &generator)
      if ending.isNoise { return (nil, true) }
      let next = ending.found
      steps += descent.stepCount + (next?.iterations ?? 0)
      if let next, isAllowed(next) {
        found = next
        path = CompletionPath(points: descent.points, chosenStep: descent.stepCount)
      }
      guard let found, found.isFlexible else { break }
    }
    guard let found else { return (nil, false) }
    path.rescale(by: table.unit)
    return (try finished(entries, table, found, iterations: steps, path: path), false)
  }

  /// When a fit with noise finds almost none, the data may be exact after all: weak components, offsets, or few
  /// entries for each degree of freedom can hide it from the path.
  private func exactFit(
    _ entries: ObservedEntries, near noisy: NoisyFit.Result, unit: Double,
    _ isCancelled: @escaping (Double) -> Bool
  ) throws -> Fit? {
    let rounding = EntryRounding(of: entries)
    let kinds: [ExactTable.Offsets] =
      [.none]
      + (noisy.model.offsets == nil
        ? [] : [.init(columns: true), .init(rows: true), .init(rows: true, columns: true)])
    for offsets in kinds {
      let table = ExactTable(entries, rounding, unit: unit, offsets: offsets)
      guard table.hasSignal, let start = try table.start(noisy.model),
        let found = try table.search({ _ in isCancelled(0.95) }).search(from: start),
        found.columnFactor.columnCount - offsets.count <= rank ?? .max
      else { continue }
      return try finished(
        entries, table, found, iterations: noisy.iterations + found.iterations, path: noisy.path)
    }
    return nil
  }
}

extension ObservedEntries {
  /// The entries but some, by their places.
  func leavingOut(_ places: [Int]) -> ObservedEntries {
    if places.isEmpty { return self }
    let left = Set(places)
    return selecting(values.indices.filter { !left.contains($0) })
  }
}

extension CompletionPath {
  mutating func rescale(by unit: Double) {
    for index in points.indices {
      points[index].trainingError *= unit
      points[index].holdoutError = points[index].holdoutError.map { $0 * unit }
      points[index].singularValues = points[index].singularValues.map { $0 * unit }
    }
  }
}
