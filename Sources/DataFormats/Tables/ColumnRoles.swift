/// Decides what each column of a table is for: numbers to complete, names of rows, or something to pass through.
///
/// Numbers are not always measurements. What names its row (`ID`), what orders the rows (`year`, `t [ms]`), and what
/// is written like a code (`00743`, `20240131`) is kept as it is; where that is not sure the column is used and a
/// sentence says what it looks like.
struct ColumnRoles {
  let headings: [String]?
  let tallies: [ColumnTally]
  let rowCount: Int

  /// All cells, row after row; NaN where there is no number.
  let cells: [Double]

  /// Whether columns of numbers are data even if they look like names.
  let isCautious: Bool
  let isHeaderShort: Bool

  /// Columns most of whose cells are formulas.
  let formulas: Set<Int>

  /// The texts of a column.
  let texts: (Int) -> [String]

  private var width: Int { tallies.count }

  private func heading(_ column: Int) -> String { headings?[column] ?? "" }

  /// Text, if no cell is a number, or if few are among many different words.
  private func isText(_ column: Int) -> Bool {
    let tally = tallies[column]
    return tally.texts > 0
      && (tally.numbers == 0 || (tally.texts > tally.numbers && tally.words.count >= 3))
  }

  private func isEmpty(_ column: Int) -> Bool {
    let tally = tallies[column]
    return tally.numbers == 0 && tally.texts == 0 && tally.marked == 0 && tally.limits == 0
      && tally.firstInfinite == nil
  }

  /// The role of each column.
  func find() -> [TableColumn.Role] {
    var roles = (0..<width).map { isText($0) ? TableColumn.Role.kept : .data }
    let hasKnown = tallies.contains { $0.numbers > 0 }
    if hasKnown {
      for column in 0..<width where isEmpty(column) {
        let isLast = column == width - 1
        if headings == nil ? isLast && width > 1 : heading(column).isEmpty {
          roles[column] = .blank
        }
      }
      let others = roles.indices.filter { roles[$0] == .data && !formulas.contains($0) }
      if others.contains(where: { tallies[$0].numbers > 0 }) {
        for column in formulas where roles.indices.contains(column) && roles[column] == .data {
          roles[column] = .kept
        }
      }
    }
    if let names = namesColumn(roles) { roles[names] = .names }
    if !isCautious { keepKeys(&roles) }
    return roles
  }

  // MARK: names of rows

  /// The column that names the rows, if there is one.
  private func namesColumn(_ roles: [TableColumn.Role]) -> Int? {
    let data = roles.indices.filter { roles[$0] == .data }
    guard width > 1 else { return nil }
    if isHeaderShort { return 0 }
    if roles[0] == .kept, !formulas.contains(0) { return 0 }
    if roles[0] == .data, data.count > 1, ordersOrNamesRows() { return 0 }
    return roles.indices.first { roles[$0] == .kept && !formulas.contains($0) }
  }

  /// Whether the numbers of the first column order or name the rows.
  private func ordersOrNamesRows() -> Bool {
    let tally = tallies[0]
    guard let headings else {
      return !isCautious && rowCount >= 5 && tally.countsRows
        && !tallies.dropFirst().contains(where: \.countsRows)
    }
    let words = HeadingWords(headings[0])
    let name = words.words.joined()
    if name.isEmpty || name.hasPrefix("unnamed") { return true }
    guard !isCautious else { return false }
    if words.nameThings, tally.areWhole { return true }
    if words.mayNameThings, tally.areWhole, isGapFree(0), isDistinct(0) { return true }
    // Years that repeat under "date" are when; under "year" they may be a key of a list.
    let areWhen = tally.areYears && isGapFree(0) && words.isDate
    if words.isTime, tally.isStrictlyMonotone || areWhen { return true }
    if tally.areDates || tally.areCodes { return isGapFree(0) }
    guard rowCount >= 4, tally.isStrictlyMonotone else { return false }
    let others = tallies.dropFirst()
    return tally.countsRows && !others.contains(where: \.countsRows)
      || tally.hasSteps && tally.areYears && !others.contains(where: \.hasSteps)
  }

  private func isGapFree(_ column: Int) -> Bool {
    tallies[column].missing == 0 && tallies[column].numbers == rowCount
  }

  private func values(_ column: Int) -> [Double] {
    stride(from: column, to: rowCount * width, by: width).map { cells[$0] }
  }

  private func isDistinct(_ column: Int) -> Bool { Set(values(column)).count == rowCount }

  // MARK: further keys

  private func keepKeys(_ roles: inout [TableColumn.Role]) {
    let names = roles.firstIndex(of: .names)
    // pandas writes no heading over any of its index columns.
    if headings != nil, names == 0, heading(0).isEmpty {
      var column = 1
      while column < width, heading(column).isEmpty, roles[column] == .data {
        roles[column] = .kept
        column += 1
      }
    }
    let globe =
      roles.indices.contains(where: { HeadingWords(heading($0)).isLatitude })
      && roles.indices.contains(where: { HeadingWords(heading($0)).isLongitude })
    for column in roles.indices where roles[column] == .data {
      let tally = tallies[column]
      let words = HeadingWords(heading(column))
      let isKey =
        tally.areDates || tally.areCodes
        || words.nameThings && tally.areWhole
        || globe && (words.isLatitude || words.isLongitude)
        || tally.areTimes && (words.isTime || tally.areMinutes) && tally.numbers >= 3
        || names != nil && words.isCalendar && tally.areWhole && isGapFree(column)
      if isKey, roles.contains(where: { $0 == .data }), isOther(column, roles) {
        roles[column] = .kept
      }
    }
    if let names, roles.indices.contains(names + 1), roles[names + 1] == .data,
      isSecondKey(names + 1, under: names), isOther(names + 1, roles)
    {
      roles[names + 1] = .kept
    }
  }

  /// Whether a column with numbers is left besides this one.
  private func isOther(_ column: Int, _ roles: [TableColumn.Role]) -> Bool {
    roles.indices.contains(where: {
      $0 != column && roles[$0] == .data && tallies[$0].numbers > 0
    })
  }

  /// Whether a column counts within each run of rows of one name: the year of a country, the repeat of a sample.
  private func isSecondKey(_ column: Int, under names: Int) -> Bool {
    guard tallies[column].areWhole, isGapFree(column) else { return false }
    let names = texts(names)
    let values = values(column)
    var runs: [Range<Int>] = []
    for row in names.indices {
      if row > 0, names[row] == names[row - 1], let last = runs.popLast() {
        runs.append(last.lowerBound..<row + 1)
      } else {
        runs.append(row..<row + 1)
      }
    }
    guard 2 * runs.count <= rowCount else { return false }
    var distinct = Set<Double>()
    for run in runs {
      for row in run.dropFirst() where !(values[row] > values[row - 1]) { return false }
      for row in run { distinct.insert(values[row]) }
    }
    return runs.count > 1 && distinct.count <= (rowCount + 1) / 2 + 1
  }

  // MARK: what is not sure

  /// Sentences about columns that are used as data but look like something else.
  func doubts(_ roles: [TableColumn.Role]) -> [String] {
    guard !isCautious else { return [] }
    let data = roles.indices.filter { roles[$0] == .data && tallies[$0].numbers >= 3 }
    guard data.count > 1 else { return [] }
    var result: [String] = []
    func say(_ column: Int, _ looks: String) {
      let name = heading(column).isEmpty ? "\(column + 1)" : heading(column)
      result.append(
        "column '\(Excerpt.escaped(name.utf8))' \(looks) and is used as data (--ignore \(Self.argument(name)))"
      )
    }
    let stepped = data.filter {
      tallies[$0].isStrictlyMonotone && tallies[$0].hasSteps && rowCount >= 5
    }
    for column in data {
      let tally = tallies[column]
      let words = HeadingWords(heading(column))
      if tally.areTimes {
        say(column, "looks like times in seconds since 1970")
      } else if tally.areDayNumbers {
        say(column, "looks like Excel's day numbers")
      } else if tally.areWhole, tally.smallest >= 1e9, tally.exponents == 0 {
        say(column, "holds whole numbers of ten digits or more, like phone numbers or codes,")
      } else if stepped.contains(column), 3 * stepped.count <= data.count {
        say(column, "rises in equal steps")
      } else if words.isTime, tally.areWhole, isGapFree(column), tally.largest > tally.smallest {
        say(column, "looks like a time")
      } else if column == 0, tally.areWhole, isGapFree(0), rowCount >= 5, tally.smallest >= 0,
        tally.largest >= Double(rowCount), isDistinct(0),
        data.dropFirst().allSatisfy({ !tallies[$0].areWhole })
      {
        say(column, "looks like row numbers")
      }
      if result.count == 4 { break }
    }
    return result
  }

  /// A name as it is typed in a shell.
  private static func argument(_ name: String) -> String {
    let isPlain = name.allSatisfy { $0.isLetter || $0.isNumber || "_-.".contains($0) }
    return isPlain ? name : "'\(name)'"
  }
}
