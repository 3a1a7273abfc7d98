public import LinearAlgebra

/// Whether a mask of known entries can determine a matrix of a given rank, and which entries it cannot.
///
/// Counting gives necessary conditions (``MaskCore``). Where a fit is given and it is small enough, the
/// Jacobian of the known entries with respect to the factors is examined as well (`LocalRigidity`): an entry
/// is undetermined when the fit can move, keeping the rank and every known entry, so that the entry changes.
public struct MaskReport: Equatable, Sendable {
  /// The rank the report is about.
  public let rank: Int
  /// The connected components of the row–column graph, rows and columns without an entry not counted.
  public let componentCount: Int
  /// Rows and columns without a known entry.
  public let emptyRows: [Int]
  /// The columns without a known entry.
  public let emptyColumns: [Int]
  /// Rows and columns of which an unknown entry is undetermined because they have too few known entries that
  /// count, ascending; empty ones are among them.
  public let undeterminedRows: [Int]
  /// The columns that the known entries do not determine.
  public let undeterminedColumns: [Int]
  /// How many unknown entries the mask does not determine.
  public let undeterminedEntryCount: Int
  /// Whether the Jacobian was examined, or the report rests on counting alone.
  public let isRigidityChecked: Bool
  private let core: MaskCore
  private let flexibleEntries: Set<Int>
  private let columnCount: Int

  /// Examines a mask.
  ///
  /// - Parameters:
  ///   - entries: the known entries.
  ///   - rank: the rank of the matrix to be determined.
  ///   - fit: factors of a matrix of that rank that agrees with the entries; without them only counting is
  ///     done.
  public init(of entries: ObservedEntries, rank: Int, fit: (left: Matrix, right: Matrix)? = nil) {
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
    let fullRows = (0..<entries.rowCount).map {
      pattern.rowStarts[$0 + 1] - pattern.rowStarts[$0] == entries.columnCount
    }
    let fullColumns = (0..<entries.columnCount).map {
      pattern.columnStarts[$0 + 1] - pattern.columnStarts[$0] == entries.rowCount
    }
    undeterminedRows = (0..<entries.rowCount).filter { core.partOfRow[$0] == nil && !fullRows[$0] }
    undeterminedColumns = (0..<entries.columnCount).filter {
      core.partOfColumn[$0] == nil && !fullColumns[$0]
    }

    var undetermined = Self.disconnectedCount(entries, core)
    var flexible: Set<Int> = []
    var isChecked = false
    if let fit, rank > 0,
      let rigidity = LocalRigidity(of: entries, core: core, left: fit.left, right: fit.right)
    {
      isChecked = true
      flexible = Set(
        rigidity.flexiblePositions.filter {
          core.connects(row: $0 / entries.columnCount, column: $0 % entries.columnCount)
        })
      undetermined += flexible.count
    }
    undeterminedEntryCount = undetermined
    flexibleEntries = flexible
    isRigidityChecked = isChecked
  }

  /// Whether no entry within the core can move: all that is undetermined is so by counting. True as well
  /// when the Jacobian was not examined.
  public var isCoreRigid: Bool { flexibleEntries.isEmpty }

  /// Whether an entry that is not known is determined by those that are.
  public func determines(row: Int, column: Int) -> Bool {
    core.connects(row: row, column: column)
      && !flexibleEntries.contains(row * columnCount + column)
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
