import DataFormats
import LinearAlgebra
import Testing

/// Numbers that are no measurements: what names rows, what orders them, what is a code.
@Suite struct ForeignColumnsTests {
  static func read(_ text: String, _ options: ReadingOptions = ReadingOptions()) throws
    -> ObservedData
  {
    try DataFile.readObservedEntries(
      from: ByteSource(Array(text.utf8), named: "x.csv"), options: options)
  }

  /// A table with two columns of data, one gap, and a column before them.
  static func table(_ heading: String, _ values: [String]) -> String {
    "\(heading),a,b\n"
      + values.enumerated().map { row, value in
        "\(value),\(1.5 * Double(row)),\(row == 1 ? "" : "\(0.25 * Double(row * row))")"
      }.joined(separator: "\n") + "\n"
  }

  @Test(arguments: [
    "ID", "id", "patient_id", "PatientID", "Kundennummer", "No.", "customer", "Respondent",
    "Sample No", "lfd. Nr.", "userId", "zip", "station",
  ])
  func aNumberUnderTheHeadingOfNamesIsAName(_ heading: String) throws {
    let data = try Self.read(Self.table(heading, ["55", "2", "83", "19", "7"]))
    #expect(data.entries.columnCount == 2)
    #expect(data.names.rows == ["55", "2", "83", "19", "7"])
    #expect(data.understanding?.gapCount == 1)
  }

  @Test(arguments: ["valid", "humid", "number of rooms", "paid", "score"])
  func otherHeadingsAreDataAndDoubtedWhereTheyLookLikeNumbers(_ heading: String) throws {
    let data = try Self.read(Self.table(heading, ["55", "2", "83", "19", "7"]))
    #expect(data.entries.columnCount == 3)
    let warning = try #require(data.understanding?.warnings.first)
    #expect(warning.hasPrefix("column '\(heading)' looks like row numbers and is used as data"))
    #expect(warning.contains("--ignore"))
  }

  @Test func anIdentifierMayBeMissing() throws {
    let data = try Self.read(Self.table("id", ["55", "", "83", "19", "7"]))
    #expect(data.entries.columnCount == 2)
    #expect(data.names.rows?[1] == "")
  }

  @Test func sequencesOrderTheRows() throws {
    for (heading, values) in [
      ("x", ["2000", "2001", "2002", "2003", "2004"]), ("n", ["1", "2", "3", "4", "5"]),
      ("t [ms]", ["0", "20", "40", "60", "80"]), ("elapsed", ["0.1", "0.2", "0.3", "0.4", "0.5"]),
      ("anything", ["0", "1", "2", "3", "4"]),
    ] {
      let text =
        "\(heading),a,b\n"
        + zip(values, ["3,1", "1,", "4,7", "1,2", "5,9"]).map { "\($0),\($1)" }
        .joined(separator: "\n") + "\n"
      let data = try Self.read(text)
      #expect(data.entries.columnCount == 2, "\(heading)")
      #expect(data.names.rows == values, "\(heading)")
    }
  }

  @Test func furtherIndexColumnsAreKept() throws {
    // pandas writes no headings over a MultiIndex.
    let pandas = try Self.read(",,a,b\nA,1,10,100\nA,2,20,\nB,1,30,300\nB,2,40,400\n")
    #expect(pandas.entries.columnCount == 2)
    #expect(pandas.names.columns == ["a", "b"])
    // The year counts within each site.
    let panel = try Self.read(
      "site,year,a,b\nA,2001,10,100\nA,2002,20,\nB,2001,30,300\nB,2002,40,400\n")
    #expect(panel.names.columns == ["a", "b"])
    // A repeat counts within each sample, whatever it is called.
    let repeats = try Self.read(
      "what,k,a,b\nA,1,10,100\nA,2,20,\nA,3,25,1\nB,1,30,300\nB,2,40,400\nB,3,4,9\n")
    #expect(repeats.names.columns == ["a", "b"])
    // Counts that do not rise within a name are data.
    let counts = try Self.read(
      "kind,k,a,b\nA,3,10,100\nA,2,20,\nA,3,25,1\nB,1,30,300\nB,2,40,400\nB,2,4,9\n")
    #expect(counts.names.columns == ["k", "a", "b"])
  }

  static let kept: [(String, [String])] = [
    ("code", ["00743", "01474", "", "20001", "00012"]),
    ("when", ["20240131", "20240201", "", "20240329", "20231231"]),
    ("timestamp", ["1700000000", "1700086400", "", "1700259200", "1700345600"]),
    ("c2", ["1700000040", "1700086440", "", "1700259240", "1700345640"]),
  ]

  @Test(arguments: kept)
  func codesAndDatesInsideATableStay(_ heading: String, _ values: [String]) throws {
    let lines = zip(values, ["3.5", "1.25", "4.5", "", "5.75"]).enumerated()
      .map { "r\($0),\($1.1),\($1.0),\(2 * $0)" }
    let text = "name,a,\(heading),b\n" + lines.joined(separator: "\n") + "\n"
    let data = try Self.read(text)
    #expect(data.names.columns == ["a", "b"])
    #expect(data.understanding?.sentence.contains("1 column left as it is (\(heading))") == true)
    let original = try #require(data.original)
    let bytes = try original.encoded(entries: data.entries) { _, _ in 9 }
    let expected = text.replacing("r3,,", with: "r3,9.0,")
    #expect(String(decoding: bytes, as: UTF8.self) == expected)
  }

  @Test func whatIsNotSureIsUsedAndSaid() throws {
    for (values, words) in [
      (["45000", "45001", "45003", "45004", "45007"], "Excel's day numbers"),
      (["4930123456", "4930201233", "4915279010", "4989000001", "4930111111"], "phone numbers"),
    ] {
      let lines = zip(values, ["3.5", "1.25", "4.5", "", "5.75"]).enumerated()
        .map { "r\($0),\($1.1),\($1.0)" }
      let data = try Self.read("name,a,c2\n" + lines.joined(separator: "\n") + "\n")
      #expect(data.names.columns == ["a", "c2"])
      #expect(data.understanding?.warnings.contains { $0.contains(words) } == true)
    }
  }

  @Test func coordinatesOfStationsAreKept() throws {
    let data = try Self.read(
      "station,lat,lon,a,b\nA,48.1,11.5,10,100\nB,52.5,13.4,20,\nC,50.1,8.7,30,300\n")
    #expect(data.names.columns == ["a", "b"])
  }

  @Test func yearMonthSalesIsATable() throws {
    let lines = (0..<24).map { "\(2020 + $0 / 12),\($0 % 12 + 1),\($0 == 5 ? "" : "\(17 + $0)")" }
    let data = try Self.read("year,month,sales\n" + lines.joined(separator: "\n") + "\n")
    #expect((data.entries.rowCount, data.entries.columnCount) == (24, 3))
    #expect(data.understanding?.warnings.contains { $0.contains("--ignore year") } == true)
  }

  @Test func yearsThatRepeatUnderDateAreWhen() throws {
    let data = try Self.read("date,a,b\n1991,1,2\n1991,3,\n1992,2,5\n1993,4,9\n1993,7,1\n")
    #expect(data.entries.columnCount == 2)
    #expect(data.names.rows == ["1991", "1991", "1992", "1993", "1993"])
  }

  @Test(arguments: ["", ","])
  func yearsOverNumbersAreAHeaderBesideSeveralNamesAndBeforeAnEmptyColumn(_ end: String) throws {
    let data = try Self.read(
      "Country,Code,Indicator,2000,2001,2002,2003\(end)\n"
        + (0..<6).map {
          "C\($0),K\($0),GDP (US$),\(60 + $0),\($0 == 2 ? "" : "\(35 - $0)"),50,\(2 * $0)\(end)\n"
        }
        .joined())
    #expect(data.entries.rowCount == 6)
    #expect(data.names.columns == ["2000", "2001", "2002", "2003"])
    #expect(data.names.rows?.last == "C5")
    #expect(data.understanding?.gapCount == 1)
  }

  @Test func largePowersOfTenKeepTheirDigits() throws {
    let data = try Self.read("a,b\n25e300,12e300\n39e300,\n11e300,90e300\n")
    let bytes = try #require(data.original).encoded(
      entries: data.entries, isFilledEverywhere: false
    ) { _, _ in 25e300 }
    #expect(String(decoding: bytes, as: UTF8.self).contains("39e300,2.5e301\n"))
    #expect(data.understanding?.warnings.isEmpty == true)
  }

  @Test func limitsStayAsTheyAre() throws {
    let text = "id,a,b\nr0,<0.05,1\nr1,0.5,\nr2,BDL,3\nr3,<LOD,4\nr4,0.25,5\n"
    let data = try Self.read(text)
    #expect(data.held == [0, 4, 6])
    #expect(data.understanding?.warnings.contains { $0.hasPrefix("3 cells say only") } == true)
    var options = ReadingOptions()
    options.missing = ["BDL", "<0.05"]
    let declared = try Self.read(text, options)
    #expect(declared.held == [6])
  }

  @Test func totalsAndSourcesAtTheEndAreLeftOut() throws {
    let text =
      "site,a,b\nA,1,10\nB,2,\nC,3,30\nTotal,6,40\n\nSource: the office,,\n"
    let data = try Self.read(text)
    #expect(data.entries.rowCount == 3)
    #expect(data.understanding?.sentence.contains("2 lines at the end left out") == true)
    let bytes = try #require(data.original).encoded(entries: data.entries) { _, _ in 20 }
    #expect(String(decoding: bytes, as: UTF8.self) == text.replacing("B,2,", with: "B,2,20"))
    // In the midst it is used, and said.
    let inside = try Self.read("site,a,b\nA,1,10\nB,2,\nTotal,6,40\nC,3,30\n")
    #expect(inside.entries.rowCount == 4)
    #expect(inside.understanding?.warnings.contains { $0.contains("'Total'") } == true)
  }

  @Test func theSentenceSaysWhatWasPassedOver() throws {
    let data = try Self.read(
      "Station Hamburg\nInstrument XY\nname,a,b\n,m,kg\nr0,1,NA\nr1,2,3\nr2,3,4\n")
    let sentence = try #require(data.understanding?.sentence)
    #expect(sentence.contains("2 lines above the header passed over"))
    #expect(sentence.contains("units under the headings"))
    #expect(sentence.contains("NA for missing"))
  }

  @Test func oneLongFractionDoesNotMakeAColumnOfFifteenPlaces() throws {
    var lines = (0..<12).map { "r\($0),\($0).25,1.5" }
    lines[3] = "r3,5.999999999999982,1.5"
    lines[7] = "r7,,1.5"
    let text = "id,a,b\n" + lines.joined(separator: "\n") + "\n"
    let data = try Self.read(text)
    let bytes = try #require(data.original).encoded(entries: data.entries) { _, _ in 1.0 / 3 }
    #expect(String(decoding: bytes, as: UTF8.self) == text.replacing("r7,,", with: "r7,0.33,"))
  }

  @Test func lakhsAreGroupedAsTheyCame() throws {
    let text = "id;a;b\nr0;12,34,567;1\nr1;;2\nr2;1,00,000;3\n"
    let data = try Self.read(text)
    #expect(data.entries.values == [1_234_567, 1, 2, 100_000, 3])
    let bytes = try #require(data.original).encoded(entries: data.entries) { _, _ in 987_654_321 }
    #expect(
      String(decoding: bytes, as: UTF8.self) == text.replacing("r1;;", with: "r1;98,76,54,321;"))
  }

  @Test func refusalsSayWhatToDo() throws {
    for (text, words) in [
      ("name,a,b\nx,8,05,3,10\ny,7,25,4,50\nz,1,10,2,20\n", "commas stand both"),
      ("a;b\nx;y\nz;w\n", "no column holds numbers"),
    ] {
      let error = #expect(throws: DataFormatError.self) { try Self.read(text) }
      #expect(error?.description.contains(words) == true, "\(error?.description ?? "")")
    }
    var options = ReadingOptions()
    options.delimiter = UInt8(ascii: ";")
    let error = #expect(throws: DataFormatError.self) {
      try Self.read("a,b,c\n1,2,3\n4,5,6\n", options)
    }
    #expect(error?.description.contains("in one column") == true)
    options = ReadingOptions()
    options.missing = ["12.83"]
    let unused = try Self.read("a,b\n1,\n3,4\n", options)
    #expect(unused.understanding?.warnings.contains { $0.contains("'12.83'") } == true)
  }

  @Test func namesThatMeanMissingElsewhereAreNames() throws {
    let data = try Self.read("id,NA,None,b\nNA,1,2,3\nnull,4,,6\nc,7,8,9\n")
    #expect(data.names.columns == ["NA", "None", "b"])
    #expect(data.names.rows == ["NA", "null", "c"])
  }

  @Test func aCellOfANoBreakSpaceIsBlank() throws {
    let data = try Self.read("id,a,b\nx,1,\u{A0}\ny,2,4\nz,3,6\n")
    #expect((data.entries.rowCount, data.entries.count) == (3, 5))
  }
}
