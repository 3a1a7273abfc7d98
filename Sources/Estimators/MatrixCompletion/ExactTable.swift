import Analysis
import LinearAlgebra
import RealModule

// A table W = 1 cᵀ + U Vᵀ is one of low rank whose column space holds the vector of ones. Beside a known column of
// ones it becomes a plain table of rank one more,
//
//     [W  1] = [1 U] [c 1; V 0]ᵀ,
//
// and search, counting and rigidity hold for it as they are: an offset for each column is counted by what it costs.
// The same with a known row of ones for an offset of each row; the corner of the two is zero.

/// A table as the search for an exact answer sees it: offsets turned into known lines of ones, rows and columns of
/// comparable size, and the longer side, which the polish eliminates, as rows.
struct ExactTable {
  /// What the table has beside a matrix of low rank.
  struct Offsets: Equatable {
    var rows = false
    var columns = false
    static let none = Offsets()
    var count: Int { (rows ? 1 : 0) + (columns ? 1 : 0) }
  }

  let offsets: Offsets
  /// What the search works on.
  let entries: ObservedEntries
  /// How far a fit of those may be from each.
  let tolerances: [Double]
  private let isFlipped: Bool
  private let shifts: MedianOffsets?
  /// What one in the search's view is in the data.
  let unit: Double
  /// With lines of ones, in the order of the original.
  private let whole: ObservedEntries
  private let rowUnits: [Double]
  private let columnUnits: [Double]
  private let rowCount: Int
  private let columnCount: Int

  /// - Parameters:
  ///   - original: rows and columns each with an entry.
  ///   - unit: the root mean square of the entries; used without offsets.
  init(_ original: ObservedEntries, _ rounding: EntryRounding, unit: Double, offsets: Offsets) {
    self.offsets = offsets
    rowCount = original.rowCount
    columnCount = original.columnCount
    var tolerances = rounding.tolerances
    var whole = original
    if offsets == .none {
      shifts = nil
      self.unit = unit
      whole = original.replacingValues(original.values.map { $0 / unit })
      tolerances = tolerances.map { $0 / unit }
    } else {
      let shifts = MedianOffsets(of: original, rows: offsets.rows, columns: offsets.columns)
      let centred = shifts.removed(from: original)
      self.shifts = shifts
      // A power of two changes no bits.
      self.unit = Self.powerOfTwo(Self.size(of: centred))
      let one = self.unit
      (whole, tolerances) = Self.withOnes(
        original.replacingValues(centred.map { $0 / one }), tolerances.map { $0 / one }, offsets)
    }
    self.whole = whole
    (rowUnits, columnUnits) = Self.units(whole)
    let scaled = whole.values.indices.map { [rowUnits, columnUnits] in
      (rowUnits[Int(whole.rows[$0])] * columnUnits[Int(whole.columns[$0])])
    }
    let comparable = whole.replacingValues(zip(whole.values, scaled).map { $0 / $1 })
    tolerances = zip(tolerances, scaled).map { $0 / $1 }
    isFlipped = comparable.columnCount > comparable.rowCount
    if isFlipped {
      entries = comparable.transposed()
      self.tolerances = comparable.replacingValues(tolerances).transposed().values
    } else {
      entries = comparable
      self.tolerances = tolerances
    }
  }

  /// Whether offsets leave something to be explained.
  var hasSignal: Bool { whole.values.contains { $0 != 0 } && unit > 0 }

  /// The search for an answer.
  func search(_ isCancelled: @escaping (Double) -> Bool) -> ExactRecovery {
    ExactRecovery(
      entries: entries, pattern: ObservedPattern(of: entries), tolerances: tolerances,
      isCancelled: isCancelled)
  }

  /// A column factor near the answer in the search's view, from a model near it.
  func start(_ model: CompletionModel) throws -> Matrix? {
    var near = model
    if let shifts, var own = near.offsets {
      for j in own.columns.indices { own.columns[j] -= shifts.columns[j] }
      for i in own.rows.indices { own.rows[i] -= shifts.rows[i] }
      near.offsets = own
    }
    var (left, right) = near.factorsWithOffsets()
    guard left.columnCount > 0 else { return nil }
    left.scale(by: 1 / unit)
    if offsets.columns { right = try Self.addingOnes(to: right, spannedBy: left) }
    if offsets.rows {
      left = try Self.addingOnes(to: left, spannedBy: right.firstRows(columnCount))
    }
    return isFlipped
      ? left.scalingRows(by: rowUnits.map { 1 / $0 })
      : right.scalingRows(by: columnUnits.map { 1 / $0 })
  }

  /// What was found, in the order and the units of the table with its lines of ones.
  func factors(_ found: ExactRecovery.Found) -> (left: Matrix, right: Matrix) {
    let (left, right) =
      isFlipped ? (found.columnFactor, found.rowFactor) : (found.rowFactor, found.columnFactor)
    return (left.scalingRows(by: rowUnits), right.scalingRows(by: columnUnits))
  }

  /// The answer and what its mask determines; coordinates left open are chosen.
  func answer(_ found: ExactRecovery.Found) -> (model: CompletionModel, mask: MaskReport) {
    var (left, right) = factors(found)
    let noise = found.relativeResidual
    let settled = OpenCoordinates.settled(whole, left: left, right: right, noise: noise)
    if agrees(settled.left, settled.right) { (left, right) = settled }
    let mask = MaskReport(
      of: whole, rank: right.columnCount, fit: (left: left, right: right), noise: noise)
    return (
      model(left, right),
      offsets == .none
        ? mask
        : mask.relocated(
          rank: right.columnCount - offsets.count,
          rows: (0..<whole.rowCount).map { $0 < rowCount ? $0 : nil },
          columns: (0..<whole.columnCount).map { $0 < columnCount ? $0 : nil },
          rowCount: rowCount, columnCount: columnCount, isPartial: true)
    )
  }

  /// Whether factors agree with the entries about as well as those that were found.
  private func agrees(_ left: Matrix, _ right: Matrix) -> Bool {
    var products = [Double](repeating: 0, count: whole.count)
    ObservedPattern(of: whole).products(left: left, right: right, into: &products)
    let squared = zip(products, whole.values).reduce(0) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) }
    let norm = whole.values.reduce(0) { $0 + $1 * $1 }
    return squared <= 1e-22 * norm
  }

  /// Factors of the table with lines of ones as low-rank factors and offsets.
  private func model(_ left: Matrix, _ right: Matrix) -> CompletionModel {
    guard let shifts else {
      return CompletionModel(rowFactor: unit * left, columnFactor: right)
    }
    // With w the coordinates of the column of ones, U w = 1: that direction of U is constant, and the same direction
    // of V is the columns' offset. z, of the row of ones, is orthogonal to w, as their corner is zero.
    var directions: [Matrix] = []
    var own = AdditiveOffsets(mean: 0, rows: shifts.rows, columns: shifts.columns)
    if offsets.columns {
      let (w, norm) = Self.direction(right.row(columnCount))
      directions.append(w)
      let along = right * w
      for j in 0..<columnCount { own.columns[j] += unit / norm * along[j, 0] }
    }
    if offsets.rows {
      let (z, norm) = Self.direction(left.row(rowCount))
      directions.append(z)
      let along = left * z
      for i in 0..<rowCount { own.rows[i] += unit / norm * along[i, 0] }
    }
    var model = CompletionModel(
      rowFactor: unit * left.firstRows(rowCount), columnFactor: right.firstRows(columnCount),
      offsets: own)
    let rest = Self.complement(of: directions, size: right.columnCount)
    model.rowFactor = model.rowFactor * rest
    model.columnFactor = model.columnFactor * rest
    model.ridge = [Double](repeating: 0, count: rest.columnCount)
    // Without offsets of rows a new row has none.
    model.offsetRidge = offsets.rows ? 0 : CompletionModel.noRowOffsets
    return model
  }

  private static func direction(_ row: [Double]) -> (Matrix, norm: Double) {
    let vector = Matrix(rowCount: row.count, columnCount: 1, elements: row)
    let norm = vector.frobeniusNorm
    return ((1 / norm) * vector, norm)
  }

  /// An orthonormal basis of what is orthogonal to some orthonormal vectors.
  private static func complement(of vectors: [Matrix], size: Int) -> Matrix {
    var projector = Matrix.identity(size)
    for vector in vectors { projector = projector - vector.timesTransposed(vector) }
    guard let eigen = try? SymmetricEigendecomposition(of: projector) else { return projector }
    return eigen.eigenvectors.selecting(
      columns: eigen.eigenvalues.indices.filter { eigen.eigenvalues[$0] > 0.5 })
  }

  /// The factor with one more row, the coordinates that give ones beside the other factor.
  private static func addingOnes(to factor: Matrix, spannedBy other: Matrix) throws -> Matrix {
    let ones = Matrix(rowCount: other.rowCount, columnCount: 1, repeating: 1)
    let coordinates = try LeastSquares(of: other, right: ones).solution
    return .verticallyStacked([factor, coordinates.transposed()])
  }

  /// Adds a known row and column of ones, with a zero in their corner.
  private static func withOnes(
    _ entries: ObservedEntries, _ tolerances: [Double], _ offsets: Offsets
  ) -> (ObservedEntries, [Double]) {
    var (rows, columns): ([Int32], [Int32]) = ([], [])
    var (values, allowed): ([Double], [Double]) = ([], [])
    func add(_ row: Int, _ column: Int, _ value: Double, _ tolerance: Double) {
      rows.append(Int32(row))
      columns.append(Int32(column))
      values.append(value)
      allowed.append(tolerance)
    }
    let rounding = 8192 * Double.ulpOfOne
    for row in 0..<entries.rowCount {
      for k in entries.rowStarts[row]..<entries.rowStarts[row + 1] {
        add(row, Int(entries.columns[k]), entries.values[k], tolerances[k])
      }
      if offsets.columns { add(row, entries.columnCount, 1, rounding) }
    }
    if offsets.rows {
      for column in 0..<entries.columnCount { add(entries.rowCount, column, 1, rounding) }
      if offsets.columns { add(entries.rowCount, entries.columnCount, 0, rounding) }
    }
    return (
      ObservedEntries(
        rowCount: entries.rowCount + (offsets.rows ? 1 : 0),
        columnCount: entries.columnCount + (offsets.columns ? 1 : 0), sortedRows: rows,
        columns: columns, values: values),
      allowed
    )
  }

  /// Powers of two that bring columns, and then rows, to comparable sizes; ones where they are already.
  private static func units(
    _ entries: ObservedEntries
  ) -> (rows: [Double], columns: [Double]) {
    let columns = lineUnits(entries.transposed())
    let scaled = entries.replacingValues(
      entries.values.indices.map { entries.values[$0] / columns[Int(entries.columns[$0])] })
    return (lineUnits(scaled), columns)
  }

  /// Sizes within a factor of eight of each other count as comparable.
  private static func lineUnits(_ entries: ObservedEntries) -> [Double] {
    let sizes = (0..<entries.rowCount).map { row in
      size(of: Array(entries.values[entries.rowStarts[row]..<entries.rowStarts[row + 1]]))
    }
    let positive = sizes.filter { $0 > 0 }
    guard let least = positive.min(), let greatest = positive.max(), greatest > 8 * least else {
      return [Double](repeating: 1, count: sizes.count)
    }
    return sizes.map { $0 > 0 ? powerOfTwo($0) : 1 }
  }

  /// The root mean square, whatever the size.
  private static func size(of values: [Double]) -> Double {
    let largest = values.reduce(0) { max($0, abs($1)) }
    return largest > 0 ? largest * rootMeanSquare(values.map { $0 / largest }) : 0
  }

  private static func powerOfTwo(_ size: Double) -> Double {
    size > 0 ? Double(sign: .plus, exponent: size.exponent, significand: 1) : 1
  }
}
