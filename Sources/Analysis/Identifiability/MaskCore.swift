public import LinearAlgebra

// A matrix of rank r through its known entries: a row with fewer than r of them leaves its r coordinates
// undetermined whatever the columns are, and then tells nothing about the columns either. So such rows and
// columns are taken away, again and again, until every row and column left has at least r entries among
// those left: the r-core of the row–column graph. Parts of the core that share no entry are scaled and
// rotated independently, so entries between them are undetermined too.

/// The part of a mask of known entries that can determine a matrix of given rank, by counting alone.
public struct MaskCore: Equatable, Sendable {
  /// The rank r asked about.
  public let rank: Int
  /// For each row and column, the number of its connected part of the core; nil outside the core.
  public private(set) var partOfRow: [Int?]
  /// The part that each column belongs to; nil for none.
  public private(set) var partOfColumn: [Int?]
  /// How many connected parts the core has.
  public let partCount: Int
  /// How many known entries each part has beyond the r(rows + columns − r) numbers that a matrix of rank r
  /// has there; negative when there are too few.
  public let surpluses: [Int]
  /// Rows (by number) and columns (after all rows) outside the core, in the order in which they were taken away:
  /// each had fewer than ``rank`` entries among those left then.
  package private(set) var removalOrder: [Int]

  /// - Precondition: the rank is not negative.
  /// - Complexity: O(*entries* + *rows* + *columns*).
  public init(of entries: ObservedEntries, rank: Int) {
    precondition(rank >= 0, "a matrix cannot have rank \(rank)")
    let pattern = ObservedPattern(of: entries)
    let graph = BipartiteGraph(pattern)
    let (isKept, order) = graph.peeled(minimumDegree: rank)
    removalOrder = order
    let parts = graph.components(where: isKept)
    self.rank = rank
    partOfRow = (0..<entries.rowCount).map { isKept[$0] ? parts.label[$0] : nil }
    partOfColumn = (0..<entries.columnCount).map {
      isKept[entries.rowCount + $0] ? parts.label[entries.rowCount + $0] : nil
    }
    partCount = parts.count
    var vertices = [Int](repeating: 0, count: parts.count)
    var edges = vertices
    for (vertex, kept) in isKept.enumerated() where kept { vertices[parts.label[vertex]] += 1 }
    for k in 0..<entries.count {
      let row = Int(entries.rows[k])
      if isKept[row], isKept[entries.rowCount + Int(entries.columns[k])] {
        edges[parts.label[row]] += 1
      }
    }
    surpluses = zip(vertices, edges).map { $1 - rank * ($0 - rank) }
  }

  /// The same core with rows and columns numbered otherwise; nil leaves one out.
  func relocated(
    rows: [Int?], columns: [Int?], rowCount: Int, columnCount: Int
  ) -> MaskCore {
    func spread(_ parts: [Int?], _ places: [Int?], _ count: Int) -> [Int?] {
      var result = [Int?](repeating: nil, count: count)
      for (part, place) in zip(parts, places) { if let place { result[place] = part } }
      return result
    }
    var result = self
    result.partOfRow = spread(partOfRow, rows, rowCount)
    result.partOfColumn = spread(partOfColumn, columns, columnCount)
    result.removalOrder = removalOrder.compactMap {
      $0 < rows.count ? rows[$0] : columns[$0 - rows.count].map { $0 + rowCount }
    }
    return result
  }

  /// The known entries beyond what rank r needs, over all parts: how many chances the data had to
  /// contradict a fit of rank r.
  public var surplus: Int { surpluses.reduce(0) { $0 + max($1, 0) } }

  /// Whether counting leaves the entry at a position determined: row and column in one part of the core.
  public func connects(row: Int, column: Int) -> Bool {
    guard let a = partOfRow[row], let b = partOfColumn[column] else { return false }
    return a == b
  }
}
