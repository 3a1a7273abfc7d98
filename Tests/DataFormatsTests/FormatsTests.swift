import DataFormats
import Foundation
import LinearAlgebra
import Testing

/// Workbooks, pictures, MATLAB and sparse files as other programs write them (pandas, openpyxl, SciPy, Pillow).
///
/// All hold 10 i + j at row i and column j of 12 and 6, unknown where i + 2 j is a multiple of 5.
@Suite struct FormatsTests {
  static let folder = URL(filePath: #filePath).deletingLastPathComponent().appending(
    path: "Formats")

  static func path(_ name: String) -> String { folder.appending(path: name).path }

  static func isKnown(_ row: Int, _ column: Int) -> Bool { (row + 2 * column) % 5 != 0 }

  static func value(_ row: Int, _ column: Int) -> Double { Double(10 * row + column) }

  func expectHoles(_ entries: ObservedEntries, scale: Double = 1, shift: Double = 0) {
    #expect((entries.rowCount, entries.columnCount) == (12, 6))
    #expect(entries.count == (0..<72).count { Self.isKnown($0 / 6, $0 % 6) })
    for k in 0..<entries.count {
      let (row, column) = (Int(entries.rows[k]), Int(entries.columns[k]))
      #expect(Self.isKnown(row, column))
      #expect(entries.values[k] == scale * Self.value(row, column) + shift)
    }
  }

  @Test(arguments: ["csr.npz", "csc.npz", "coo.npz", "full.mat", "compressed.mat", "sparse.mat"])
  func arraysWithHolesAreRead(_ name: String) throws {
    expectHoles(try DataFile.readObservedEntries(from: Self.path(name)).entries)
  }

  @Test func oneOfSeveralMatricesIsNamed() throws {
    var options = ReadingOptions()
    options.sheet = "A"
    expectHoles(
      try DataFile.readObservedEntries(from: Self.path("two.mat"), options: options).entries)
    let name = Self.path("two.mat")
    #expect(
      sentence { () throws(DataFormatError) in try DataFile.readObservedEntries(from: name) }
        == "\(name): there are 2 matrices in it; name one of 'A', 'B'.")
  }

  @Test func aWorkbookIsReadAsATable() throws {
    let data = try DataFile.readObservedEntries(from: Self.path("pandas.xlsx"))
    expectHoles(data.entries)
    #expect(data.names.columns == (0..<6).map { "c\($0)" })
    #expect(data.names.rows?.last == "site 11")
  }

  @Test func aSheetMayBeginAnywhereWithTitleUnitsAndDates() throws {
    var options = ReadingOptions()
    options.sheet = "Daten"
    let data = try DataFile.readObservedEntries(from: Self.path("sheets.xlsx"), options: options)
    expectHoles(data.entries, shift: 0.25)
    #expect(data.names.rows?.prefix(4) == ["2024-02-27", "2024-02-28", "2024-02-29", "2024-03-01"])
    #expect(data.names.rowHeading == "day")
    #expect(data.understanding?.rowsBy == "date")
    #expect(data.understanding?.columns.last?.unit == "°C")
    options.sheet = "Dates"
    let name = Self.path("sheets.xlsx")
    #expect(
      sentence { () throws(DataFormatError) in
        try DataFile.readObservedEntries(from: name, options: options)
      } == "\(name): no sheet is called 'Dates'; the sheets are 'Notes', 'Daten'.")
  }

  @Test(arguments: [("pandas.xlsx", nil), ("sheets.xlsx", "Daten")])
  func aWorkbookComesBackWithItsGapsFilled(_ name: String, _ sheet: String?) throws {
    var options = ReadingOptions()
    options.sheet = sheet
    let data = try DataFile.readObservedEntries(from: Self.path(name), options: options)
    let original = try #require(data.original)
    let filled = try original.encoded(entries: data.entries) { row, column in
      1000 + Self.value(row, column) + 0.25
    }
    let source = ByteSource(filled, named: "x.xlsx")
    let again = try DataFile.readObservedEntries(from: source, options: options)
    #expect(again.names == data.names)
    #expect(again.entries.count == 72)
    let whole = name == "pandas.xlsx"
    for row in 0..<12 {
      for column in 0..<6 {
        let wanted =
          Self.isKnown(row, column)
          ? Self.value(row, column) + (whole ? 0 : 0.25)
          : 1000 + Self.value(row, column) + (whole ? 0 : 0.25)
        #expect(again.entries.dense()[row, column] == wanted)
      }
    }
    // Other sheets stay.
    if sheet != nil {
      options.sheet = "Notes"
      #expect(throws: DataFormatError.self) {
        try DataFile.readObservedEntries(from: source, options: options)
      }
    }
  }

  @Test(arguments: ["gray.png", "gray16.png", "colour.png", "colour.ppm"])
  func picturesAreReadExactly(_ name: String) throws {
    let entries = try DataFile.readObservedEntries(from: Self.path(name)).entries
    let channels = name.hasPrefix("colour") ? 3 : 1
    #expect((entries.rowCount, entries.columnCount) == (12, 6 * channels))
    let scale = name == "gray16.png" ? 300.0 : 1
    for k in 0..<entries.count {
      let (row, column) = (Int(entries.rows[k]), Int(entries.columns[k]))
      #expect(entries.values[k] == scale * Self.value(row, column % 6) + Double(column / 6))
    }
  }

  /// The Pillow that wrote the files reads them with the same library; levels may differ by rounding of the transform.
  @Test(arguments: ["gray.jpg", "colour.jpg"])
  func photographsAreReadNearly(_ name: String) throws {
    let entries = try DataFile.readObservedEntries(from: Self.path(name)).entries
    let difference = zip(entries.values, 0...).map { value, index in
      let column = index % entries.columnCount
      return abs(value - Self.value(index / entries.columnCount, column % 6) - Double(column / 6))
    }
    #expect(difference.max() ?? 99 < 12)
  }

  @Test func transparentPixelsAreUnknownAndTheOthersStay() throws {
    let data = try DataFile.readObservedEntries(from: Self.path("transparent.png"))
    #expect(data.entries.count == 3 * (0..<72).count { Self.isKnown($0 / 6, $0 % 6) })
    let original = try #require(data.original)
    let bytes = try original.encoded(as: .png, entries: data.entries) { _, _ in 300 }
    let again = try DataFile.readObservedEntries(from: ByteSource(bytes, named: "x.png"))
    #expect(again.entries.count == 3 * 72)
    for k in 0..<again.entries.count {
      let (row, column) = (Int(again.entries.rows[k]), Int(again.entries.columns[k]))
      #expect(
        again.entries.values[k]
          == (Self.isKnown(row, column % 6)
            ? Self.value(row, column % 6) + Double(column / 6) : 255))
    }
  }

  @Test func aMaskOfPixelsHoldsForAllChannels() throws {
    let mask = try PGMImage(
      Matrix(rowCount: 12, columnCount: 6, elements: (0..<72).map { $0 % 2 == 0 ? 1 : 0 })
    ).encoded()
    let data = try DataFile.readObservedEntries(
      from: try ByteSource(path: Self.path("colour.png")), mask: ByteSource(mask, named: "m.pgm"))
    #expect(data.entries.count == 3 * 36)
    let original = try #require(data.original)
    for format in [DataFormat.png, .ppm] {
      let bytes = try original.encoded(as: format, entries: data.entries) { _, _ in 7 }
      let again = try DataFile.readObservedEntries(
        from: ByteSource(bytes, named: "x." + format.extensions[0])
      ).entries.dense()
      for row in 0..<12 {
        for column in 0..<18 {
          let isKnown = (row * 6 + column % 6) % 2 == 0
          #expect(
            again[row, column]
              == (isKnown ? Self.value(row, column % 6) + Double(column / 6) : 7))
        }
      }
    }
  }

  /// A name that says no more than that the file is compressed leaves the format to the first bytes.
  @Test func whatIsCompressedIsTold() throws {
    let elements = Matrix(rows: [[1, 2], [3, 5]])
    let pixels = try PGMImage(elements).encoded()
    let idx: [UInt8] = [0, 0, 8, 2, 0, 0, 0, 2, 0, 0, 0, 2, 1, 2, 3, 5]
    for bytes in [Array("a,b\n1,2\n3,5\n".utf8), pixels, idx] {
      let source = ByteSource(try Gzip.compressed(bytes), named: "folder.old/ratings.gz")
      #expect(try DataFile.readObservedEntries(from: source).entries.dense() == elements)
      #expect(try DataFile.readMatrix(from: source) == elements)
    }
    // An extension that nothing is known of stays a refusal.
    #expect(throws: DataFormatError.self) {
      try DataFile.readMatrix(
        from: ByteSource(try Gzip.compressed(idx), named: "ratings.unknown.gz"))
    }
  }
}
