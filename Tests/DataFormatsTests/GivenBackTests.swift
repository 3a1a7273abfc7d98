import DataFormats
import Foundation
import LinearAlgebra
import Testing

/// Workbooks, arrays, pictures and lists come back as they were.
@Suite struct GivenBackTests {
  static func path(_ name: String) -> String {
    URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Formats")
      .appending(path: name).path
  }

  static func read(_ text: String, _ options: ReadingOptions = ReadingOptions()) throws
    -> ObservedData
  {
    try DataFile.readObservedEntries(
      from: ByteSource(Array(text.utf8), named: "x.csv"), options: options)
  }

  static func value(_ row: Int, _ column: Int) -> Double { Double((row + 1) * (column + 2)) }

  static func inFolder<Result>(_ body: (URL) throws -> Result) throws -> Result {
    let folder = FileManager.default.temporaryDirectory
      .appendingPathComponent("given-back-\(UInt64.random(in: 0 ... .max))")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    return try body(folder)
  }

  // MARK: workbooks

  @Test func formulasAndCoveredCellsAreNeverTouched() throws {
    let data = try DataFile.readObservedEntries(from: Self.path("formulas.xlsx"))
    // The column and the row of sums are no data.
    #expect(data.names.columns == ["a", "b", "c", "d"])
    #expect(data.entries.rowCount == 8)
    // C8, a formula without a value, and E6, which D6 covers.
    #expect(data.held == [6 * 4 + 1, 4 * 4 + 3])
    #expect(data.entries.count == 32 - 3 - 2)
    let warnings = try #require(data.understanding?.warnings)
    #expect(warnings.contains { $0.contains("no saved value") && $0.contains("Excel") })
    let original = try #require(data.original)
    for everywhere in [false, true] {
      let bytes = try original.encoded(
        entries: data.entries, isFilledEverywhere: everywhere
      ) { row, column in
        data.held.contains(row * 4 + column) ? nil : Self.value(row, column)
      }
      let again = try DataFile.readObservedEntries(from: ByteSource(bytes, named: "x.xlsx"))
      #expect(again.held == data.held)
      #expect(again.entries.count == 30)
      for k in 0..<again.entries.count {
        let (row, column) = (Int(again.entries.rows[k]), Int(again.entries.columns[k]))
        #expect(again.entries.values[k] == Self.value(row, column))
      }
      try Self.inFolder { folder in
        let file = folder.appendingPathComponent("x.xlsx")
        try Data(bytes).write(to: file)
        let book = try Self.member("xl/workbook.xml", of: file)
        #expect(book.contains("fullCalcOnLoad=\"1\""))
        let sheet = try Self.member("xl/worksheets/sheet1.xml", of: file)
        #expect(sheet.contains("<f>B8*3/2</f>") && sheet.contains("<f>SUM(B2:E2)</f>"))
      }
    }
  }

  /// A member of a zip file, as another program reads it.
  static func member(_ name: String, of file: URL) throws -> String {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = [
      "python3", "-c",
      "import sys,zipfile;sys.stdout.write(zipfile.ZipFile(sys.argv[1]).read(sys.argv[2]).decode())",
      file.path, name,
    ]
    let pipe = Pipe()
    process.standardOutput = pipe
    try process.run()
    let data = pipe.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    return String(decoding: data, as: UTF8.self)
  }

  @Test func theFirstSheetThatIsShownIsRead() throws {
    let data = try DataFile.readObservedEntries(from: Self.path("hidden.xlsx"))
    #expect(data.names.columns == ["a", "b", "c"])
    #expect(data.understanding?.sentence.contains("sheet 'Data' of 3") == true)
    var options = ReadingOptions()
    options.sheet = "old"
    let hidden = try DataFile.readObservedEntries(from: Self.path("hidden.xlsx"), options: options)
    #expect(hidden.names.columns == ["a", "b"])
    options.sheet = "empty"
    let error = #expect(throws: DataFormatError.self) {
      try DataFile.readObservedEntries(from: Self.path("hidden.xlsx"), options: options)
    }
    #expect(error?.description.contains("'empty' is empty") == true)
    #expect(error?.description.contains("'Data'") == true)
  }

  @Test(arguments: ["cut.xlsx", "nostrings.xlsx"])
  func damagedWorkbooksAreRefused(_ name: String) {
    #expect(throws: DataFormatError.self) {
      try DataFile.readObservedEntries(from: Self.path(name))
    }
  }

  @Test func aWorkbookBecomesTextWithItsTextColumns() throws {
    let data = try DataFile.readObservedEntries(from: Self.path("hidden.xlsx"))
    try Self.inFolder { folder in
      let path = folder.appendingPathComponent("x.csv").path
      try DataFile.write(try #require(data.original), to: path, entries: data.entries) {
        Self.value($0, $1)
      }
      let lines = try String(contentsOfFile: path, encoding: .utf8).split(separator: "\n")
      #expect(lines[0] == "site,a,b,c")
      #expect(lines[3] == "s2,6,9,12")
    }
  }

  @Test func textBecomesTabbedTextWithItsDigits() throws {
    let data = try Self.read("name,note,a,b\nx,\"one, two\",1.50,2.0\ny,three,,4.0\n")
    try Self.inFolder { folder in
      let path = folder.appendingPathComponent("x.tsv").path
      try DataFile.write(try #require(data.original), to: path, entries: data.entries) { _, _ in
        5.999_999_999_999_982
      }
      #expect(
        try String(contentsOfFile: path, encoding: .utf8)
          == "name\tnote\ta\tb\nx\t\"one, two\"\t1.50\t2.0\ny\tthree\t6.00\t4.0\n")
    }
  }

  @Test func theFitHasTheDigitsOfItsColumn() throws {
    let data = try Self.read("name,a,n\nx,1.50,2\ny,,4\n")
    let bytes = try #require(data.original).encoded(
      entries: data.entries, isFilledEverywhere: true
    ) { _, _ in 1.0 / 3 }
    #expect(String(decoding: bytes, as: UTF8.self) == "name,a,n\nx,0.33,0.33\ny,0.33,0.33\n")
  }

  // MARK: lists

  @Test func aListBecomesATableInItsOwnStyle() throws {
    let data = try Self.read("Kunde;Film;Note\n10;B;4,50\n9;A;3,25\n10;A;2,00\n")
    #expect(data.names.rows == ["9", "10"])
    try Self.inFolder { folder in
      let path = folder.appendingPathComponent("x.csv").path
      let matrix = Matrix(rowCount: 2, columnCount: 2, elements: [1.0 / 3, 3.25, 4.5, 2])
      try DataFile.writeList(
        matrix, to: path, names: data.names, style: try #require(data.style), known: data.entries)
      #expect(
        try String(contentsOfFile: path, encoding: .utf8)
          == "Kunde;B;A\n9;0,33;3,25\n10;4,50;2,00\n")
    }
  }

  @Test func wholeRatingsStayWholeAndGuessesHaveTwoPlaces() throws {
    let data = try Self.read("user,item,rating\n1,1,5\n1,2,3\n2,1,4\n")
    try Self.inFolder { folder in
      let path = folder.appendingPathComponent("x.csv").path
      let matrix = Matrix(rowCount: 2, columnCount: 2, elements: [5, 3, 4, 2.0 + 1.0 / 3])
      try DataFile.writeList(
        matrix, to: path, names: data.names, style: try #require(data.style), known: data.entries)
      #expect(
        try String(contentsOfFile: path, encoding: .utf8) == "user,1,2\n1,5,3\n2,4,2.33\n")
    }
  }

  @Test func datesAndNumbersOfAListAreSorted() throws {
    let data = try Self.read(
      "user,item,rating\n2024-03-01,b,1\n2023-12-31,a,2\n2024-02-09,b,3\n2024-02-09,a,4\n")
    #expect(data.names.rows == ["2023-12-31", "2024-02-09", "2024-03-01"])
    #expect(data.names.columns == ["b", "a"])
    let german = try Self.read(
      "user;item;rating\n01.03.2024;10.5;1\n31.12.2023;9.5;2\n09.02.2024;10.5;3\n")
    #expect(german.names.rows == ["31.12.2023", "09.02.2024", "01.03.2024"])
    #expect(german.names.columns == ["9.5", "10.5"])
  }

  @Test func listsThatCountFromOneAreRecognised() throws {
    let data = try Self.read("row,column,value\n1,1,5\n1,2,3\n2,1,4\n3,2,1\n")
    #expect((data.entries.rowCount, data.entries.columnCount) == (3, 2))
    #expect(data.countsFromOne)
    #expect(data.understanding?.warnings.contains { $0.contains("count from 1") } == true)
    // A zero anywhere says otherwise, and so do the numbers of rows and columns.
    let zero = try Self.read("row,column,value\n1,1,5\n1,2,3\n2,0,4\n3,2,1\n")
    #expect((zero.entries.rowCount, zero.entries.columnCount) == (4, 3))
    let told = try Self.read(
      "row,column,value\n1,1,5\n1,2,3\n2,1,4\n3,2,1\n", ReadingOptions(rowCount: 4, columnCount: 3))
    #expect((told.entries.rowCount, told.entries.columnCount) == (4, 3))
  }

  @Test func declaredListsKeepTheWordsOfTheirHeader() throws {
    let options = ReadingOptions(layout: .triplets)
    let data = try Self.read("store,week,sales\n1,1,5\n1,2,3\n2,1,4\n3,2,1\n", options)
    #expect(data.names.rowHeading == "store")
    #expect(data.names.rows == ["1", "2", "3"])
    #expect(data.names.columns == ["1", "2"])
    let sparse = try Self.read("store,week,sales\n1001,1,5\n1001,52,3\n2040,1,4\n", options)
    #expect(sparse.names.rows == ["1001", "2040"])
    #expect(sparse.names.columns == ["1", "52"])
  }

  @Test func contradictingEntriesAreNamed() {
    let error = #expect(throws: DataFormatError.self) {
      try Self.read("user,movie,stars\nanna,Alien,5\nben,Alien,3\nanna,Alien,4\n")
    }
    #expect(error?.description.contains("'anna'") == true)
    #expect(error?.description.contains("'Alien'") == true)
  }

  // MARK: arrays

  /// The bytes of a `.npy` file with a given header.
  static func npy(_ header: String, _ bytes: [UInt8]) -> [UInt8] {
    var text = header
    while (10 + text.utf8.count + 1) % 64 != 0 { text += " " }
    text += "\n"
    return [0x93] + Array("NUMPY".utf8) + [1, 0, UInt8(text.utf8.count), 0] + Array(text.utf8)
      + bytes
  }

  @Test(arguments: ["<f4", ">f4", ">f8", "<f8"], ["False", "True"])
  func arraysKeepTypeAndOrder(_ type: String, _ order: String) throws {
    // 2×3 with a gap at row 1, column 0.
    let values = [1, 2, 3, Double.nan, 5, 6]
    let stored = order == "True" ? [0, 3, 1, 4, 2, 5].map { values[$0] } : values
    func encoded(_ value: Double) -> [UInt8] {
      let little: [UInt8] =
        type.hasSuffix("4")
        ? withUnsafeBytes(of: Float(value).bitPattern.littleEndian) { Array($0) }
        : withUnsafeBytes(of: value.bitPattern.littleEndian) { Array($0) }
      return type.hasPrefix(">") ? little.reversed() : little
    }
    let header = "{'descr': '\(type)', 'fortran_order': \(order), 'shape': (2, 3), }"
    let source = ByteSource(Self.npy(header, stored.flatMap(encoded)), named: "x.npy")
    let data = try DataFile.readObservedEntries(from: source)
    let bytes = try #require(data.original).encoded(entries: data.entries) { _, _ in 4 }
    let place = order == "True" ? 1 : 3
    var filled = stored
    filled[place] = 4
    #expect(bytes == Self.npy(header, filled.flatMap(encoded)))
  }

  @Test func anArchiveKeepsItsNamesAndChoosesByName() throws {
    let first = NPYArray(Matrix(rowCount: 2, columnCount: 2, elements: [1, 2, .nan, 4]))
    let second = NPYArray(Matrix(rowCount: 1, columnCount: 3, elements: [7, .nan, 9]))
    let archive = NPZArchive([.init(name: "arr_0", array: first), .init(name: "b", array: second)])
    let source = ByteSource(try archive.encoded(), named: "two.npz")
    let error = #expect(throws: DataFormatError.self) {
      try DataFile.readObservedEntries(from: source)
    }
    #expect(error?.description.contains("--sheet") == true)
    var options = ReadingOptions()
    options.sheet = "b"
    let data = try DataFile.readObservedEntries(from: source, options: options)
    #expect((data.entries.rowCount, data.entries.columnCount) == (1, 3))
    let bytes = try #require(data.original).encoded(entries: data.entries) { _, _ in 8 }
    let again = try NPZArchive(reading: ByteSource(bytes, named: "y.npz"))
    #expect(again.members.map(\.name) == ["arr_0", "b"])
    #expect(again["b"]?.elements == [7, 8, 9])
  }

  // MARK: pictures

  @Test func opacityStaysAndAnimationsAreRefused() throws {
    let data = try DataFile.readObservedEntries(from: Self.path("half.png"))
    #expect(data.entries.count == 47)
    #expect(data.understanding?.sentence == "8 × 6 pixels, gray, 1 unknown")
    let bytes = try #require(data.original).encoded(as: .png, entries: data.entries) { _, _ in 77 }
    let again = try DataFile.readObservedEntries(from: ByteSource(bytes, named: "x.png"))
    #expect(again.entries.count == 48)
    guard case .picture(let picture)? = again.original else {
      Issue.record("no picture")
      return
    }
    var opacity = [UInt16](repeating: 128, count: 48)
    opacity[2 * 8 + 3] = 255
    #expect(picture.opacity == opacity)
    #expect(picture.samples[2, 3] == 77)
    let error = #expect(throws: DataFormatError.self) {
      try DataFile.readObservedEntries(from: Self.path("moving.png"))
    }
    #expect(error?.description.contains("animated") == true)
  }

  @Test func grayMasksAreCutAtHalf() throws {
    try Self.inFolder { folder in
      let pixels = Matrix(rowCount: 2, columnCount: 3, elements: [10, 20, 30, 40, 50, 60])
      let mask = Matrix(rowCount: 2, columnCount: 3, elements: [255, 252, 3, 0, 128, 127])
      let (picture, drawn) = (
        folder.appendingPathComponent("x.png").path, folder.appendingPathComponent("m.png").path
      )
      try DataFile.writeMatrix(pixels, to: picture)
      try DataFile.writeMatrix(mask, to: drawn)
      let data = try DataFile.readObservedEntries(
        from: picture, options: ReadingOptions(maskPath: drawn))
      #expect(data.entries.values == [10, 20, 50])
      #expect(data.understanding?.warnings.contains { $0.contains("4 gray pixels") } == true)
      // A number that means missing counts in pictures, too.
      var options = ReadingOptions()
      options.missing = ["40"]
      let declared = try DataFile.readObservedEntries(from: picture, options: options)
      #expect(declared.entries.count == 5)
    }
  }
}
