/// Where a sheet holds formulas and cells that others cover, by lines from 1 and columns from 0 of the text that is read.
struct SheetFormulas: Equatable, Sendable {
  /// A cell without a value that must stay as it is.
  struct Place: Hashable, Sendable {
    var line: Int
    var column: Int
  }

  /// Cells whose formula has no saved value, and cells of a merged range but its first.
  var places: Set<Place> = []

  /// How many formulas have no saved value.
  var unsavedCount = 0

  /// Columns and lines most of whose cells are formulas: sums and the like.
  var columns: Set<Int> = []
  var rows: Set<Int> = []

  func holds(line: Int, column: Int) -> Bool {
    !places.isEmpty && places.contains(Place(line: line, column: column))
  }
}

extension SheetFormulas {
  /// - Parameters:
  ///   - firstColumn: the column of the sheet in which the text begins.
  init(_ cells: SheetCells, firstColumn: Int) {
    var counts:
      (columns: [Int: (formulas: Int, all: Int)], rows: [Int: (formulas: Int, all: Int)]) =
        ([:], [:])
    for cell in cells.all where cell.column >= firstColumn {
      let column = cell.column - firstColumn
      guard cell.isFormula || !cell.text.isEmpty else { continue }
      let one = cell.isFormula ? 1 : 0
      counts.columns[column, default: (0, 0)].formulas += one
      counts.columns[column, default: (0, 0)].all += 1
      counts.rows[cell.row + 1, default: (0, 0)].formulas += one
      counts.rows[cell.row + 1, default: (0, 0)].all += 1
      if cell.isFormula, cell.text.isEmpty {
        places.insert(Place(line: cell.row + 1, column: column))
        unsavedCount += 1
      }
    }
    // A heading is no formula, nor is the word before a line of sums.
    func are(_ count: (formulas: Int, all: Int)) -> Bool {
      count.formulas > 1 && 4 * count.formulas >= 3 * (count.all - 1)
    }
    columns = Set(counts.columns.filter { are($0.value) }.keys)
    rows = Set(counts.rows.filter { are($0.value) }.keys)
    // A sheet that is all formulas is a table of their values.
    let values = counts.rows.values.reduce(0) { $0 + $1.all - $1.formulas }
    let formulas = counts.rows.values.reduce(0) { $0 + $1.formulas }
    if formulas > 2 * values { (columns, rows) = ([], []) }
    for area in cells.merged {
      for row in area.rows {
        for column in area.columns where column >= firstColumn {
          if (row, column) == (area.rows.lowerBound, area.columns.lowerBound) { continue }
          places.insert(Place(line: row + 1, column: column - firstColumn))
        }
      }
    }
  }
}
