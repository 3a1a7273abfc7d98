import Analysis
import LinearAlgebra

// An exact fit W = U Vᵀ is not alone where its known entries leave directions of a row's coordinates open: adding
// N_i t to u_i changes entries that nothing determines, and no others. Among all such fits this takes the one nearest
// to what each column predicts by itself, its mean. The true row is one of those fits; the nearest point of a linear
// space to the mean is nearer to every point of the space than the mean is (Pythagoras), so that no row's entries are
// filled worse than by their columns' means.
//
// Rows and columns with too few entries come last, in the reverse of the order in which counting took them away: each
// then has fewer equations than coordinates.

/// Chooses the coordinates that the known entries of an exact fit leave open.
struct OpenCoordinates {
  private let entries: ObservedEntries
  private let turned: ObservedEntries
  private let core: MaskCore
  private var rows: Side
  private var columns: Side
  private let means: [Double]
  private let tolerance: Double

  /// The factor of one side, with its coordinates Q = D⁻¹ F R⁻¹.
  private struct Side {
    var factor: Matrix
    var q: Matrix
    var lengths: [Double]
    var inverse: Matrix
    var isPresent: [Bool]

    /// Takes a line's row of the factor over into its coordinates.
    mutating func refresh(_ line: Int) {
      let row = Matrix(rowCount: 1, columnCount: factor.columnCount, elements: factor.row(line))
      let length = row.frobeniusNorm
      lengths[line] = length > 0 ? length : 1
      let coordinates = (1 / lengths[line]) * (row * inverse)
      for k in 0..<factor.columnCount { q[line, k] = coordinates[0, k] }
    }
  }

  /// Lines of which coordinates are chosen, and places looked at for them, are at most so many: an exact table with
  /// more of them keeps what the fit has there.
  private static let lineLimit = 100_000
  private static let placeLimit = 100_000_000

  /// The fit with its open coordinates chosen; the same where there are none.
  static func settled(
    _ entries: ObservedEntries, left: Matrix, right: Matrix, noise: Double
  ) -> (left: Matrix, right: Matrix) {
    let core = MaskCore(of: entries, rank: right.columnCount)
    guard
      let spans = EntrySpans(of: entries, core: core, left: left, right: right, noise: noise)
    else { return (left, right) }
    let lines = core.removalOrder.count + spans.openOfRow.count + spans.openOfColumn.count
    guard lines > 0, lines <= lineLimit,
      lines * max(entries.rowCount, entries.columnCount) <= placeLimit
    else { return (left, right) }
    var choice = OpenCoordinates(entries, core, spans, left, right, noise)
    choice.settleCore(spans)
    for vertex in core.removalOrder.reversed() { choice.add(vertex) }
    return (choice.rows.factor, choice.columns.factor)
  }

  private init(
    _ entries: ObservedEntries, _ core: MaskCore, _ spans: EntrySpans, _ left: Matrix,
    _ right: Matrix, _ noise: Double
  ) {
    self.entries = entries
    self.core = core
    turned = entries.transposed()
    tolerance = EntrySpans.tolerance(noise: noise)
    rows = Side(
      factor: left, q: spans.rowCoordinates, lengths: spans.rowLengths,
      inverse: spans.rowInverse, isPresent: core.partOfRow.map { $0 != nil })
    columns = Side(
      factor: right, q: spans.columnCoordinates, lengths: spans.columnLengths,
      inverse: spans.columnInverse, isPresent: core.partOfColumn.map { $0 != nil })
    means = (0..<entries.columnCount).map { [turned] column in
      let range = turned.rowStarts[column]..<turned.rowStarts[column + 1]
      return range.isEmpty ? 0 : turned.values[range].reduce(0, +) / Double(range.count)
    }
  }

  private mutating func settleCore(_ spans: EntrySpans) {
    for row in spans.openOfRow.keys.sorted() where core.partOfRow[row] != nil {
      guard let open = spans.openOfRow[row] else { continue }
      move(row, of: \.rows, against: \.columns, along: open, known: entries) { core, column in
        core.partOfColumn[column] == core.partOfRow[row]
      }
    }
    for column in spans.openOfColumn.keys.sorted() where core.partOfColumn[column] != nil {
      guard let open = spans.openOfColumn[column] else { continue }
      move(column, of: \.columns, against: \.rows, along: open, known: turned) { core, row in
        core.partOfRow[row] == core.partOfColumn[column]
      }
    }
  }

  /// Gives a line outside the core coordinates that agree with its entries among the lines that are there already.
  private mutating func add(_ vertex: Int) {
    if vertex < entries.rowCount {
      solve(vertex, of: \.rows, against: \.columns, known: entries)
    } else {
      solve(vertex - entries.rowCount, of: \.columns, against: \.rows, known: turned)
    }
  }

  private mutating func solve(
    _ line: Int, of side: WritableKeyPath<Self, Side>, against other: KeyPath<Self, Side>,
    known: ObservedEntries
  ) {
    let across = self[keyPath: other]
    let range = (known.rowStarts[line]..<known.rowStarts[line + 1]).filter {
      across.isPresent[Int(known.columns[$0])]
    }
    let places = range.map { Int(known.columns[$0]) }
    var coordinates = Matrix(rowCount: across.q.columnCount, columnCount: 1)
    var open = Matrix.identity(across.q.columnCount)
    if !range.isEmpty {
      let system = across.q.selecting(rows: places)
      let right = Matrix(
        rowCount: range.count, columnCount: 1,
        elements: range.map { known.values[$0] / across.lengths[Int(known.columns[$0])] })
      if let solved = try? LeastSquares(of: system, right: right, tolerance: tolerance) {
        coordinates = solved.solution
      }
      open = EntrySpans.openDirections(system, tolerance)
    }
    let own = across.inverse * coordinates
    for k in 0..<own.rowCount { self[keyPath: side].factor[line, k] = own[k, 0] }
    self[keyPath: side].isPresent[line] = true
    if open.columnCount > 0 {
      move(line, of: side, against: other, along: open, known: known) { _, _ in true }
    }
    self[keyPath: side].refresh(line)
  }

  /// Moves a line's coordinates along open directions so that its unknown entries are nearest to their predictions.
  private mutating func move(
    _ line: Int, of side: WritableKeyPath<Self, Side>, against other: KeyPath<Self, Side>,
    along open: Matrix, known: ObservedEntries, where isWanted: (MaskCore, Int) -> Bool
  ) {
    let across = self[keyPath: other]
    let isRow = side == \Self.rows
    var isKnown = Set<Int>()
    for k in known.rowStarts[line]..<known.rowStarts[line + 1] {
      isKnown.insert(Int(known.columns[k]))
    }
    let places = across.isPresent.indices.filter {
      across.isPresent[$0] && !isKnown.contains($0) && isWanted(core, $0)
        && EntrySpans.moves(across.q, $0, along: open)
    }
    guard !places.isEmpty else { return }
    let motion = (across.q.selecting(rows: places) * open)
      .scalingRows(by: places.map { across.lengths[$0] })
    let own = Matrix(
      rowCount: 1, columnCount: open.rowCount, elements: self[keyPath: side].factor.row(line))
    let fitted = across.factor.selecting(rows: places).timesTransposed(own)
    let missing = Matrix(
      rowCount: places.count, columnCount: 1,
      elements: places.indices.map { (isRow ? means[places[$0]] : means[line]) - fitted[$0, 0] })
    guard let solved = try? LeastSquares(of: motion, right: missing) else { return }
    let change = across.inverse * (open * solved.solution)
    for k in 0..<change.rowCount { self[keyPath: side].factor[line, k] += change[k, 0] }
    self[keyPath: side].refresh(line)
  }
}
