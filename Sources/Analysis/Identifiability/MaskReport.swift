public import LinearAlgebra

/// Whether a mask of known entries can determine a matrix of a given rank, and which entries it cannot.
///
/// Counting gives necessary conditions (``MaskCore``). Where a fit is given, every row and column is examined by what
/// its known entries span (`EntrySpans`): a column that no other is related to determines none of its entries.
/// Where the fit is small enough, so is the Jacobian of the known entries with respect to the factors
/// (`LocalRigidity`): an entry is undetermined when the fit can move, keeping the rank and every known entry, so
/// that the entry changes.
public struct MaskReport: Equatable, Sendable {
  /// The rank the report is about.
  public private(set) var rank: Int
  /// The connected components of the row–column graph, rows and columns without an entry not counted.
  public let componentCount: Int
  /// Rows and columns without a known entry.
  public private(set) var emptyRows: [Int]
  /// The columns without a known entry.
  public private(set) var emptyColumns: [Int]
  /// Rows and columns that their known entries leave open, ascending: those with too few that count, of which an
  /// unknown entry is undetermined, and those of which every unknown entry is; empty ones are among them.
  public private(set) var undeterminedRows: [Int]
  /// The same of columns.
  public private(set) var undeterminedColumns: [Int]
  /// How many unknown entries the mask does not determine.
  public private(set) var undeterminedEntryCount: Int
  /// Whether the Jacobian was examined, or the report rests on counting alone.
  public let isRigidityChecked: Bool
  private var core: MaskCore
  private var movable: MovableEntries
  private var columnCount: Int

  /// Examines a mask.
  ///
  /// - Parameters:
  ///   - entries: the known entries.
  ///   - rank: the rank of the matrix to be determined.
  ///   - fit: factors of a matrix of that rank that agrees with the entries; without them only counting is
  ///     done.
  ///   - noise: ‖e‖/‖b‖ of the fit; directions that small cannot be told from none.
  public init(
    of entries: ObservedEntries, rank: Int, fit: (left: Matrix, right: Matrix)? = nil,
    noise: Double = 0
  ) {
    let pattern = ObservedPattern(of: entries)
    let graph = BipartiteGraph(pattern)
    let occupied = graph.core(minimumDegree: 1)
    let core = MaskCore(of: entries, rank: max(rank, 1))
    self.rank = rank
    self.core = core
    columnCount = entries.columnCount
    componentCount = graph.components(where: occupied).count
    emptyRows = (0..<entries.rowCount).filter { !occupied[$0] }
    emptyColumns = (0..<entries.columnCount).filter { !occupied[entries.rowCount + $0] }
    var rigidity: LocalRigidity?
    var movable = MovableEntries()
    if let fit, rank > 0 {
      rigidity = LocalRigidity(of: entries, core: core, left: fit.left, right: fit.right)
      movable = MovableEntries(
        of: entries, core: core,
        flexiblePositions: (rigidity?.flexiblePositions ?? []).filter {
          core.connects(row: $0 / entries.columnCount, column: $0 % entries.columnCount)
        },
        spans: EntrySpans(
          of: entries, core: core, left: fit.left, right: fit.right, noise: noise))
    }
    isRigidityChecked = rigidity != nil
    self.movable = movable
    undeterminedEntryCount =
      Self.disconnectedCount(entries, core) - movable.fixedOutside.count + movable.inside.count
    let openRows = movable.linesAllOpen(entries, core)
    undeterminedRows = openRows.rows
    undeterminedColumns = openRows.columns
  }

  /// Whether the fit cannot move within the core as a whole: what is undetermined there, rows or columns leave open
  /// one by one. True as well when the Jacobian was not examined.
  public var isCoreRigid: Bool { !movable.isFlexible }

  /// Whether an entry that is not known is determined by those that are.
  public func determines(row: Int, column: Int) -> Bool {
    let position = row * columnCount + column
    return core.connects(row: row, column: column)
      ? !movable.inside.contains(position) : movable.fixedOutside.contains(position)
  }

  /// The same report with rows and columns numbered otherwise: as part of a larger table, whose other rows and columns
  /// have no entry, or without lines that were added to the table and have no unknown entry.
  ///
  /// - Parameters:
  ///   - rows: for each row its new number; nil leaves it out.
  ///   - isPartial: whether lines are left out, rather than put among others.
  package func relocated(
    rank: Int, rows: [Int?], columns: [Int?], rowCount: Int, columnCount: Int, isPartial: Bool
  ) -> MaskReport {
    var result = self
    result.rank = rank
    result.core = core.relocated(
      rows: rows, columns: columns, rowCount: rowCount, columnCount: columnCount)
    let oldWidth = self.columnCount
    result.movable = movable.relocated { position in
      guard let row = rows[position / oldWidth], let column = columns[position % oldWidth] else {
        return nil
      }
      return row * columnCount + column
    }
    result.columnCount = columnCount
    func lines(_ old: [Int], _ places: [Int?], _ count: Int) -> [Int] {
      let kept = old.compactMap { places[$0] }
      guard !isPartial, places.count < count else { return kept }
      var isThere = [Bool](repeating: false, count: count)
      for place in places { if let place { isThere[place] = true } }
      for place in kept { isThere[place] = false }
      return isThere.indices.filter { !isThere[$0] }
    }
    result.emptyRows = lines(emptyRows, rows, rowCount)
    result.emptyColumns = lines(emptyColumns, columns, columnCount)
    result.undeterminedRows = lines(undeterminedRows, rows, rowCount)
    result.undeterminedColumns = lines(undeterminedColumns, columns, columnCount)
    if !isPartial {
      result.undeterminedEntryCount += rowCount * columnCount - rows.count * columns.count
    }
    return result
  }

  /// Unknown entries whose row and column are not in one part of the core.
  private static func disconnectedCount(_ entries: ObservedEntries, _ core: MaskCore) -> Int {
    var rowsOfPart = [Int](repeating: 0, count: core.partCount)
    var columnsOfPart = rowsOfPart
    for part in core.partOfRow { if let part { rowsOfPart[part] += 1 } }
    for part in core.partOfColumn { if let part { columnsOfPart[part] += 1 } }
    let connected = zip(rowsOfPart, columnsOfPart).reduce(0) { $0 + $1.0 * $1.1 }
    var knownOutside = 0
    for k in 0..<entries.count
    where !core.connects(row: Int(entries.rows[k]), column: Int(entries.columns[k])) {
      knownOutside += 1
    }
    return entries.rowCount * entries.columnCount - connected - knownOutside
  }
}
