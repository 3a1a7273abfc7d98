import DataFormats
import LinearAlgebra
import Testing

@Suite struct DelimitedTextTests {
  func observed(
    _ text: String, _ options: ReadingOptions = ReadingOptions()
  ) throws -> ObservedData {
    try DataFile.readObservedEntries(from: .text(text), options: options)
  }

  @Test func holesInATableAreUnknown() throws {
    let data = try observed("1,,3\nNaN,5.5,NA\n , nan ,-9e-2\n")
    #expect(data.entries.rows == [0, 0, 1, 2])
    #expect(data.entries.columns == [0, 2, 1, 2])
    #expect(data.entries.values == [1, 3, 5.5, -0.09])
    #expect((data.entries.rowCount, data.entries.columnCount) == (3, 3))
    #expect(data.layout == .table)
    #expect(data.names.columns == nil)
  }

  @Test(arguments: [",", ";", "\t"], ["\n", "\r\n"])
  func separatorsAndLineEndingsAreRecognised(_ separator: String, _ ending: String) throws {
    let lines = [["a", "b", "c d"], ["1", "", "3"], ["", "-2.5", " 4 "]]
    let text = lines.map { $0.joined(separator: separator) }.joined(separator: ending)
    for tail in ["", ending, ending + ending] {
      let data = try observed("\u{FEFF}" + text + tail)
      #expect(data.entries.values == [1, 3, -2.5, 4])
      #expect(data.names.columns == ["a", "b", "c d"])
    }
  }

  @Test func quotedCellsMayHoldSeparatorsAndQuotes() throws {
    let data = try observed("\"a,b\",\"say \"\"x\"\"\",c,d\n\"1\",\" 2 \",\"\",4\n")
    #expect(data.names.columns == ["a,b", "say \"x\"", "c", "d"])
    #expect(data.entries.values == [1, 2, 4])
    #expect(data.entries.columns == [0, 1, 3])
  }

  @Test func aFirstColumnWithoutHeadingHoldsRowNames() throws {
    let data = try observed(",x,y,z\nanna,1,2,\n\"b, c\",,4,5\n")
    #expect(data.names.rows == ["anna", "b, c"])
    #expect(data.names.columns == ["x", "y", "z"])
    #expect(data.entries.values == [1, 2, 4, 5])
  }

  @Test func aFirstColumnOfTextHoldsRowNames() throws {
    let data = try observed("name,x,y,z\nanna,1,2,\nbert,,4,5\n")
    #expect(
      data.names
        == TableNames(columns: ["x", "y", "z"], rows: ["anna", "bert"], rowHeading: "name"))
    #expect(data.entries.values == [1, 2, 4, 5])
    let bytes = try DataFile.encoded(
      .identity(3), as: .csv,
      names: TableNames(
        columns: ["x", "y", "z"], rows: ["anna", "b, c", "1"]))
    #expect(
      String(decoding: bytes, as: UTF8.self) == ",x,y,z\nanna,1,0,0\n\"b, c\",0,1,0\n1,0,0,1\n")
  }

  @Test func aHeaderThatNamesRowsAndColumnsMakesTriplets() throws {
    let data = try observed("row,column,value\n2,0,5\n0,3,-1.5\n\n1,1,0\n")
    #expect(data.layout == .triplets)
    #expect((data.entries.rowCount, data.entries.columnCount) == (3, 4))
    #expect(data.entries.rows == [0, 1, 2])
    #expect(data.entries.columns == [3, 1, 0])
    #expect(data.entries.values == [-1.5, 0, 5])
    #expect(data.names.rows == nil)
    for header in ["i,j,x", "Row,Col,Val", "r;c;v", "row\tcolumn\tsomething"] {
      let mark = header.first { ",;\t".contains($0) } ?? ","
      let lines = ["1.0, 2 ,\"3\"", "0,0e0,7"].map { $0.replacing(",", with: "\(mark)") }
      let data = try observed(([header] + lines).joined(separator: "\n"))
      #expect(data.layout == .triplets, "\(header)")
      #expect((data.entries.rowCount, data.entries.columnCount) == (2, 3))
    }
  }

  @Test func tripletsOfThingsKeepTheirNames() throws {
    let data = try observed("stars,movie,user\n5,Alien,anna\n2.5,\"Up, up\",bert\n1,Alien,bert\n")
    #expect(data.layout == .triplets)
    #expect(
      data.names
        == TableNames(columns: ["Alien", "Up, up"], rows: ["anna", "bert"], rowHeading: "user"))
    #expect(data.entries.values == [5, 1, 2.5])
    // Numbers of things need not be without gaps, and come in ascending order.
    let sparse = try observed("userId,movieId,rating\n900,31,5\n7,1029,3\n7,31,4\n")
    #expect(sparse.names.rows == ["7", "900"])
    #expect(sparse.names.columns == ["31", "1029"])
    #expect(sparse.entries.values == [4, 3, 5])
    // Names without telling headings, that come again and again.
    let names = try observed("anna,Alien,5\nbert,Alien,3\nanna,Up,4\n")
    #expect(names.names.rows == ["anna", "bert"])
    #expect(names.entries.values == [5, 4, 3])
    #expect(
      try observed("1::1193::5::978300760\n1::661::3::978302109\n2::661::4::978301968\n").names
        .columns == ["661", "1193"])
  }

  @Test func theSameLineTwiceContradictsNothing() throws {
    let text = "row,column,value\n0,0,1\n1,1,3\n0,0,1\n"
    #expect(try observed(text).entries.values == [1, 3])
  }

  @Test(arguments: [
    "1,2,3\n4,5,6\n", "a,b,c\n1,2,3\n4.5,5,6\n", "a,b,c\n1,2,3\n,5,6\n", "a,b,c\n-1,0,3\n1,0.5,6\n",
    "a,b,c,d\n1,2,3,4\n0,0,0,0\n", ",b,c\n1,2,3\n4,5,6\n",
    "t,id,x\n9999999999,1,2\n8999999999,0.5,3\n", "q1,q2,q3\n0,1,4\n2,0,2\n3,3,2\n",
    "year,month,sales\n2024,1,17\n2024,2,19\n2024,3,18\n",
  ])
  func everythingElseIsATable(_ text: String) throws {
    #expect(try observed(text).layout == .table)
  }

  @Test func theLayoutCanBeForced() throws {
    let table = try observed("a,b,c\n1,2,3\n4,5,6\n", ReadingOptions(layout: .table))
    #expect(table.entries.values == [1, 2, 3, 4, 5, 6])
    let triplets = try observed("1,2,3\n4,5,6\n", ReadingOptions(layout: .triplets))
    #expect(triplets.entries.values == [3, 6])
    #expect(triplets.entries.rowCount == 5)
  }

  @Test func tripletsCountFromOneIfSoDeclared() throws {
    let data = try observed("r,c,v\n1,1,5\n2,3,6\n", ReadingOptions(oneBased: true))
    #expect((data.entries.rowCount, data.entries.columnCount) == (2, 3))
    #expect(data.entries.rows == [0, 1])
    #expect(data.entries.columns == [0, 2])
  }

  @Test func aMissingValueOfATripletIsUnknownButItsRowExists() throws {
    let data = try observed("r,c,v\n0,0,5\n7,3,NaN\n")
    #expect((data.entries.rowCount, data.entries.columnCount) == (8, 4))
    #expect(data.entries.count == 1)
  }

  @Test func duplicatesFollowThePolicy() throws {
    let text = "r,c,v\n0,0,1\n0,1,9\n0,0,2\n0,0,6\n"
    #expect(try observed(text, ReadingOptions(duplicates: .mean)).entries.values == [3, 9])
    #expect(try observed(text, ReadingOptions(duplicates: .last)).entries.values == [6, 9])
    let huge = "r,c,v\n0,0,1.7e308\n0,0,-1.7e308\n"
    #expect(try observed(huge, ReadingOptions(duplicates: .mean)).entries.values == [0])
  }

  @Test func blankLinesAreMissingValuesOnlyInATableOfOneColumn() throws {
    #expect(try observed("x\n1\n\n3\n\n\n").entries.rows == [0, 2])
    #expect(try observed("x\n\n3\n").entries.rows == [1])
    #expect(try observed("1,2\n\n3,4\n").entries.rowCount == 2)
  }

  @Test func tablesReadBackToTheSameBits() throws {
    var generator = Seeded(7)
    for shape in [(1, 1), (1, 9), (9, 1), (13, 7), (40, 3)] {
      let matrix = generator.matrix(shape.0, shape.1)
      for names in [nil, (0..<shape.1).map { "näme, \"\($0)\"" }] {
        let bytes = try DataFile.encoded(matrix, as: .csv, names: TableNames(columns: names))
        let source = ByteSource(bytes, named: "x.csv")
        #expect(bits(try DataFile.readMatrix(from: source).elements) == bits(matrix.elements))
        #expect(
          try DataFile.readObservedEntries(from: source, options: ReadingOptions(layout: .table))
            .names.columns == names)
      }
    }
  }

  @Test func entriesReadBackToTheSameBits() throws {
    var generator = Seeded(8)
    let entries = try ObservedEntries(
      rowCount: 9, columnCount: 8, rows: [8, 0, 3, 3], columns: [7, 2, 5, 4],
      values: (0..<4).map { _ in generator.anyDouble() })
    for format in [DataFormat.csv, .matrixMarket, .npy] {
      let bytes = try DataFile.encoded(entries, as: format)
      let source = ByteSource(bytes, named: "x." + format.extensions[0])
      let back = try DataFile.readObservedEntries(from: source).entries
      #expect(back == entries)
      #expect(bits(back.values) == bits(entries.values))
    }
  }

  @Test func linesLongerThanTheBufferAreRead() throws {
    var generator = Seeded(9)
    let matrix = Matrix(
      rowCount: 3, columnCount: 40_000,
      elements: (0..<120_000).map { _ in .random(in: -1...1, using: &generator) })
    let bytes = try DataFile.encoded(matrix, as: .csv)
    for source in [
      ByteSource(bytes, named: "x.csv"), ByteSource(try Gzip.compressed(bytes), named: "x.csv.gz"),
    ] {
      #expect(try DataFile.readMatrix(from: source) == matrix)
    }
  }

  @Test func manyLinesAcrossManyBuffersKeepTheirPlaces() throws {
    var text = "row,column,value\n"
    for k in 0..<60_000 { text += "\(59_999 - k),\(k % 7),\(k).25\n" }
    let entries = try observed(text).entries
    #expect(entries.count == 60_000)
    #expect(entries.values == (0..<60_000).map { Double(59_999 - $0) + 0.25 })
    #expect(entries.columns == (0..<60_000).map { Int32((59_999 - $0) % 7) })
  }
}
