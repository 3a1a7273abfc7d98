import DeepLinear

/// Which cells of new rows nothing determines, by the same rule as in a completion: rows without any known entry, columns
/// that the fit knows nothing of, and beside an exact fit what a row's own entries leave free.
struct OpenCells {
  private let model: CompletionModel
  private let emptyColumns: Set<Int>
  private let emptyRows: Set<Int>
  /// For rows that are too short for an exact fit, which columns they determine all the same.
  private var determined: [Int: Set<Int>] = [:]

  init(
    _ model: CompletionModel, _ entries: ObservedEntries, determined counts: [Int], isExact: Bool
  ) {
    self.model = model
    emptyColumns = Set(model.emptyColumns)
    var emptyRows: Set<Int> = []
    for row in 0..<entries.rowCount {
      let known = entries.rowStarts[row]..<entries.rowStarts[row + 1]
      if known.isEmpty { emptyRows.insert(row) }
      if isExact, !known.isEmpty, counts[row] < model.rank {
        determined[row] = Self.columns(
          of: model, from: known.map { Int(entries.columns[$0]) })
      }
    }
    self.emptyRows = emptyRows
  }

  func contains(row: Int, column: Int) -> Bool {
    if emptyRows.contains(row) || emptyColumns.contains(column) { return true }
    return determined[row].map { !$0.contains(column) } ?? false
  }

  /// The columns whose factors lie in the span of those of known columns, so that every row that meets the known
  /// entries has the same value there.
  private static func columns(of model: CompletionModel, from known: [Int]) -> Set<Int> {
    func factor(_ column: Int) -> [Double] {
      (0..<model.rank).map { model.columnFactor[column, $0] }
        + (model.offsets == nil ? [] : [1])
    }
    func norm(_ vector: [Double]) -> Double {
      vector.reduce(0) { $0 + $1 * $1 }.squareRoot()
    }
    var basis: [[Double]] = []
    // What is left of a vector beside the basis; twice, for what rounding leaves the first time.
    func remainder(_ vector: [Double]) -> [Double] {
      var result = vector
      for _ in 0..<2 {
        for direction in basis {
          let share = zip(direction, result).reduce(0) { $0 + $1.0 * $1.1 }
          for k in result.indices { result[k] -= share * direction[k] }
        }
      }
      return result
    }
    for column in known {
      let vector = factor(column)
      let rest = remainder(vector)
      let size = norm(rest)
      if size > 1e-8 * norm(vector) { basis.append(rest.map { $0 / size }) }
    }
    return Set(
      (0..<model.columnCount).filter { column in
        let vector = factor(column)
        return norm(remainder(vector)) <= 1e-6 * norm(vector)
      })
  }
}
