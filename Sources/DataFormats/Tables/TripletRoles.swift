/// Which columns of a text hold rows, columns and values of single entries.
struct TripletRoles {
  /// What the cells in the columns of rows and columns are.
  enum Kind: Equatable {
    /// Numbers counted from 0, or from 1 if so declared.
    case positions
    /// Names or numbers of things, each a row or column of its own.
    case labels
  }

  var row: Int
  var column: Int
  var value: Int
  var kind: Kind

  /// How many cells a line has.
  var width: Int
  var headings: [String]?

  /// Where the first line of data begins.
  var dataStart: Int
  var dataLine: Int
  var firstLine: Int

  /// Whether the caller says that there are triplets and the header gives rows and columns names of its own:
  /// `store,week,sales`. They are then called by their numbers.
  var hasOwnWords = false

  private static let positionRows: Set<String> = [
    "row", "rows", "rowindex", "rowid", "rowno", "i", "r",
  ]
  private static let positionColumns: Set<String> = [
    "column", "columns", "col", "cols", "columnindex", "colindex", "columnid", "colid", "j", "c",
  ]
  private static let labelRows: Set<String> = [
    "user", "userid", "users", "username", "uid", "u", "customer", "customerid", "client",
    "clientid",
    "person", "personid", "member", "memberid", "reviewer", "reviewerid", "rater", "raterid",
    "student", "studentid", "subject", "subjectid", "patient", "patientid", "participant",
    "participantid", "respondent", "respondentid", "visitor", "visitorid", "account", "accountid",
    "viewer", "reader", "voter", "judge", "benutzer", "kunde", "nutzer", "utilisateur", "usuario",
  ]
  private static let labelColumns: Set<String> = [
    "item", "itemid", "items", "iid", "movie", "movieid", "film", "filmid", "product", "productid",
    "asin", "isbn", "book", "bookid", "song", "songid", "artist", "artistid", "track", "trackid",
    "business", "businessid", "restaurant", "restaurantid", "question", "questionid", "problem",
    "problemid", "article", "articleid", "game", "gameid", "anime", "animeid", "joke", "jokeid",
    "course", "courseid", "place", "placeid", "title", "sku", "document", "documentid", "docid",
    "word", "term", "show", "showid", "recipe", "recipeid", "beer", "beerid", "wine", "wineid",
    "venue", "venueid", "artikel", "produkt", "produit", "producto",
  ]
  private static let values: Set<String> = [
    "value", "values", "val", "v", "x", "rating", "ratings", "score", "scores", "star", "stars",
    "count", "counts", "plays", "playcount", "weight", "w", "data", "entry", "response", "answer",
    "correct", "overall", "bookrating", "amount", "quantity", "frequency", "vote", "grade", "mark",
    "points", "reviewoverall", "wert", "bewertung", "note", "valeur", "valor",
  ]

  /// The roles that a header line's words give, that a well-known form has, or that the caller says there are.
  ///
  /// - Returns: nil if the text is a table.
  static func find(_ sample: TableSample, options: ReadingOptions) -> TripletRoles? {
    guard options.layout != .table, let first = sample.head.first else { return nil }
    let missing = MissingMarks(options.missing)
    let columns = SampledColumns(sample, CellReader(sample.text, sample.dialect, missing: missing))
    let width = sample.width
    guard width >= 3, first.cells.count == width else { return nil }
    let isHeader = !first.cells.contains(where: columns.isNumber)
    var roles: TripletRoles?
    if isHeader {
      let headings = first.cells.map { columns.content($0) }
      roles = named(headings)
      roles?.headings = headings
    }
    let body = columns.body(skippingFirst: isHeader)
    if roles == nil, options.layout == .triplets {
      roles = TripletRoles(0, 1, 2, .positions)
      let headings = isHeader ? first.cells.map { columns.content($0) } : nil
      roles?.headings = headings
      roles?.hasOwnWords = headings.map { !areUsual($0) } ?? false
    } else if roles == nil, options.layout == .automatic {
      roles = unnamed(body, columns, width)
      roles?.headings = isHeader ? first.cells.map { columns.content($0) } : nil
    }
    guard var found = roles else { return nil }
    found.width = width
    if found.kind == .positions,
      columns.areNames(body, found.row) || columns.areNames(body, found.column)
    {
      found.kind = .labels
    }
    let start = isHeader ? sample.head.dropFirst().first : first
    found.dataStart = start?.row.range.lowerBound ?? sample.text.count
    found.dataLine = start?.row.line ?? first.row.line + 1
    found.firstLine = first.row.line
    return found
  }

  private init(_ row: Int, _ column: Int, _ value: Int, _ kind: Kind) {
    self.row = row
    self.column = column
    self.value = value
    self.kind = kind
    width = 3
    dataStart = 0
    dataLine = 1
    firstLine = 1
  }

  private static func named(_ headings: [String]) -> TripletRoles? {
    let words = headings.map { $0.lowercased().filter { $0.isLetter || $0.isNumber } }
    func position(_ wanted: Set<String>, but taken: Int? = nil) -> Int? {
      words.indices.first { $0 != taken && wanted.contains(words[$0]) }
    }
    func others(_ row: Int, _ column: Int) -> [Int] {
      words.indices.filter { $0 != row && $0 != column && !words[$0].isEmpty }
    }
    func roles(_ row: Int?, _ column: Int?, _ kind: Kind) -> TripletRoles? {
      guard let row, let column, row != column else { return nil }
      let rest = others(row, column)
      let value = rest.first { values.contains(words[$0]) }
      // Without a word for the value only a third column can be meant, with a time beside it at most.
      guard let value = value ?? (rest.count <= 2 ? rest.first { !isTime(words[$0]) } : nil)
      else { return nil }
      return TripletRoles(row, column, value, kind)
    }
    // u, i, r: here i is the item.
    if words.contains("u") || words.contains("user"), let item = words.firstIndex(of: "i") {
      return roles(position(labelRows), item, .labels)
    }
    return roles(position(positionRows), position(positionColumns), .positions)
      ?? roles(position(labelRows), position(labelColumns), .labels)
  }

  /// Whether headings are the letters and words that mathematicians give to positions.
  private static func areUsual(_ headings: [String]) -> Bool {
    let words = headings.prefix(2).map { $0.lowercased().filter { $0.isLetter || $0.isNumber } }
    return words.allSatisfy {
      $0.count < 2 || positionRows.contains($0) || positionColumns.contains($0)
    }
  }

  private static func isTime(_ word: String) -> Bool {
    ["timestamp", "time", "date", "datetime", "unixtime", "unixreviewtime", "tstamp", "ts"]
      .contains(word)
  }

  /// Forms without telling words: four whole numbers, the last a time in seconds (`u.data`); two columns of names that
  /// come again and again, and a number.
  private static func unnamed(
    _ body: [TableSample.Row], _ columns: SampledColumns, _ width: Int
  ) -> TripletRoles? {
    guard body.count >= 3 else { return nil }
    // Double colons make every second column blank.
    let filled = (0..<width).filter { column in
      body.contains { !$0.cells[column].content.isEmpty }
    }
    guard (3...4).contains(filled.count) else { return nil }
    let (row, column, value) = (filled[0], filled[1], filled[2])
    if filled.count == 4, columns.areTimes(body, filled[3]), columns.areWhole(body, row),
      columns.areWhole(body, column), columns.areNumbers(body, value), columns.repeats(body, row)
    {
      return TripletRoles(row, column, value, .labels)
    }
    guard columns.areNames(body, row), columns.areNames(body, column),
      columns.areNumbers(body, value),
      filled.count == 3 || !columns.areNumbers(body, filled[3])
        || columns.areTimes(body, filled[3]),
      columns.repeats(body, row), columns.repeats(body, column),
      columns.areDistinctPairs(body, row, column)
    else { return nil }
    return TripletRoles(row, column, value, .labels)
  }
}

/// What the columns of a sample look like.
struct SampledColumns {
  private let sample: TableSample
  private let reader: CellReader

  init(_ sample: TableSample, _ reader: CellReader) {
    self.sample = sample
    self.reader = reader
  }

  func body(skippingFirst: Bool) -> [TableSample.Row] {
    (sample.head.dropFirst(skippingFirst ? 1 : 0) + sample.middle)
      .filter { $0.cells.count == sample.width }
  }

  func content(_ cell: TextCell) -> String { sample.text.string(cell.content) }

  func number(_ cell: TextCell) -> Double? {
    if case .number(let value) = reader.read(cell.content) { return value }
    return nil
  }

  func isNumber(_ cell: TextCell) -> Bool { number(cell) != nil }

  func areNumbers(_ body: [TableSample.Row], _ column: Int) -> Bool {
    let numbers = body.count { isNumber($0.cells[column]) }
    return 10 * numbers >= 9 * body.count
  }

  func areWhole(_ body: [TableSample.Row], _ column: Int) -> Bool {
    body.allSatisfy { row in
      number(row.cells[column]).map { $0 == $0.rounded() && $0 >= 0 } ?? false
    }
  }

  /// Seconds or milliseconds since 1970, between 1973 and 2065.
  func areTimes(_ body: [TableSample.Row], _ column: Int) -> Bool {
    body.allSatisfy { row in
      guard let time = number(row.cells[column]), time == time.rounded() else { return false }
      return (1e8...3e9).contains(time) || (1e11...3e12).contains(time)
    }
  }

  func areNames(_ body: [TableSample.Row], _ column: Int) -> Bool {
    guard !body.isEmpty else { return false }
    let texts = body.count { row in
      if case .text = reader.read(row.cells[column].content) { true } else { false }
    }
    return 2 * texts > body.count
  }

  func repeats(_ body: [TableSample.Row], _ column: Int) -> Bool {
    Set(body.map { content($0.cells[column]) }).count < body.count
  }

  func areDistinctPairs(_ body: [TableSample.Row], _ first: Int, _ second: Int) -> Bool {
    let pairs = body.map { content($0.cells[first]) + "\u{0}" + content($0.cells[second]) }
    return Set(pairs).count == pairs.count
  }
}
