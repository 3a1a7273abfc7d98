import DataFormats
import LinearAlgebra
import Testing

/// Every complaint is one sentence, word for word.
@Suite struct SentenceTests {
  static let options = ReadingOptions()

  static let texts: [(String, ReadingOptions, String)] = [
    ("", options, "x.csv: the file is empty; give a file with data."),
    ("\n\n", options, "x.csv: the file is empty; give a file with data."),
    (
      "1,2,3\n4,5\n", options,
      "x.csv, line 2: 2 cells where line 1 has 3; give every line the same number of cells."
    ),
    (
      "1,2\n\n4,5,6,7\n", options,
      "x.csv, line 3: 4 cells where line 1 has 2; give every line the same number of cells."
    ),
    (
      "1,2\n3,abc\n", options,
      "x.csv, line 2, column 2: 'abc' is not a number; write a number, or leave the cell empty if it is unknown."
    ),
    (
      "1,2\n3,\u{1B}[31mred\u{7}\n", options,
      "x.csv, line 2, column 2: '\\x1B[31mred\\x07' is not a number; write a number, or leave the cell empty if it is unknown."
    ),
    (
      "1,2\n3,abcdefghijklmnopqrstuvwxyz\n", options,
      "x.csv, line 2, column 2: 'abcdefghijklmnopqrstuvwx…' is not a number; write a number, or leave the cell empty if it is unknown."
    ),
    (
      "name,a\n1,2\nanna,3\n", options,
      "x.csv, line 3, column 1: 'anna' is not a number; write a number, or leave the cell empty if it is unknown."
    ),
    (
      "name,a\nanna,3\n1,2\n", options,
      "x.csv, line 2, column 1: 'anna' is not a number; write a number, or leave the cell empty if it is unknown."
    ),
    (
      "1,inf\n2,3\n", options,
      "x.csv, line 1, column 2: 'inf' is not finite; write a finite number, or NaN if it is unknown."
    ),
    (
      "1,2\n2,-1e999\n", options,
      "x.csv, line 2, column 2: '-1e999' is not finite; write a finite number, or NaN if it is unknown."
    ),
    (
      "row,column,value\n0,0,1\n-1,0,2\n", options,
      "x.csv, line 3, column 1: the index '-1' is below 0; count rows and columns from 0, or read the file as a table."
    ),
    (
      "row,column,value\n0,0,1\n1,0,2\n", ReadingOptions(oneBased: true),
      "x.csv, line 2, column 1: the index '0' is below 1; count rows and columns from 1."
    ),
    (
      "row,column,value\n0,0,1\n0,9999999999,2\n", options,
      "x.csv, line 3, column 2: the column index '9999999999' is beyond the last column, 2147483645; correct the index or the shape."
    ),
    (
      "row,column,value\n0,0,1\n0,1e300,2\n", options,
      "x.csv, line 3, column 2: the column index '1e300' is beyond the last column, 2147483645; correct the index or the shape."
    ),
    (
      "row,column,value\n0,0,1\n4,0,2\n", ReadingOptions(rowCount: 3),
      "x.csv, line 3: the row index '4' is beyond the last row, 2; correct the index or the shape."
    ),
    (
      "row,column,value\n0,0,1\n5000000,0,2\n", options,
      "x.csv: 5000001 rows for 2 entries would waste memory; number the rows without gaps, or give the number of rows explicitly."
    ),
    (
      "row,column,value\n0,0,1\n\n1,1,3\n0,0,2\n", options,
      "x.csv, line 5: row 0, column 0 was already given on line 2; remove one of the two lines, or let duplicates be averaged or the last one count."
    ),
    (
      "row,column,value\n1,1,1\n1,1,3\n", ReadingOptions(oneBased: true),
      "x.csv, line 3: row 1, column 1 was already given on line 2; remove one of the two lines, or let duplicates be averaged or the last one count."
    ),
    (
      "row,column,value\n0,0,1\n0,1\n", options,
      "x.csv, line 3: 2 cells where line 1 has 3; give every line the same number of cells."
    ),
    (
      "row,column,value\n0,0,1\n0,x,1\n", options,
      "x.csv, line 3, column 2: 'x' is not a row or column number; write an integer counted from 0, or from 1 if so declared."
    ),
    (
      "row,column,value\n0,0,x\n", options,
      "x.csv, line 2, column 3: 'x' is not a number; write a number, or leave the cell empty if it is unknown."
    ),
    (
      "row,column,value\n", options,
      "x.csv: there is no line of data after the header; give at least one known entry."
    ),
    (
      "a,b\n", options,
      "x.csv: there is no line of data after the header; give at least one known entry."
    ),
    (
      "row,column,value\n0,0,\n", options,
      "x.csv: every entry is missing; give at least one known entry."
    ),
    (",,\n,,\n", options, "x.csv: every entry is missing; give at least one known entry."),
    ("a,b\nNA,NaN\n", options, "x.csv: every entry is missing; give at least one known entry."),
    (
      "1,2\n", ReadingOptions(layout: .triplets),
      "x.csv, line 1: 2 cells where triplets have 3; write row, column and value on each line."
    ),
    (
      "1,2\n3,4\n", ReadingOptions(rowCount: 3),
      "x.csv: the matrix is 2×2 where 3×2 is expected; correct the file or the shape."
    ),
    (
      "\u{1}\u{2},3\n", options,
      "x.csv: this is not a valid text file (line 1 has control characters); check that the extension fits the contents."
    ),
  ]

  @Test(arguments: texts.indices)
  func csv(_ index: Int) {
    let (text, options, expected) = Self.texts[index]
    #expect(
      sentence { () throws(DataFormatError) in
        try DataFile.readObservedEntries(from: .text(text), options: options)
      } == expected)
  }

  static let markets: [(String, String)] = [
    (
      "3 3 1\n1 1 1\n",
      "x.mtx: this is not a valid Matrix Market file (line 1 is not '%%MatrixMarket matrix …' with five words); check that the extension fits the contents."
    ),
    (
      "%%MatrixMarket matrix coordinate complex general\n",
      "x.mtx, line 1: 'complex' matrices are not supported; use real, integer or, for coordinates, pattern."
    ),
    (
      "%%MatrixMarket matrix coordinate real hermitian\n",
      "x.mtx, line 1: 'hermitian' matrices are not supported; use general, symmetric or skew-symmetric."
    ),
    (
      "%%MatrixMarket matrix coordinate real general\n% a\n3 3\n",
      "x.mtx, line 3: the sizes are missing or not integers; write rows, columns and number of entries."
    ),
    (
      "%%MatrixMarket matrix coordinate real general\n3 3 5\n1 1 1.0\n",
      "x.mtx: the header announces 5 entries, the file has 1; correct the header or add what is missing."
    ),
    (
      "%%MatrixMarket matrix coordinate real general\n3 3 1\n4 1 1.0\n",
      "x.mtx, line 3, column 1: the row index '4' is beyond the last row, 3; correct the index or the shape."
    ),
    (
      "%%MatrixMarket matrix coordinate real general\n3 3 1\n1 0 1.0\n",
      "x.mtx, line 3, column 2: the index '0' is below 1; count rows and columns from 1."
    ),
    (
      "%%MatrixMarket matrix coordinate real general\n3 3 1\n1 1 x\n",
      "x.mtx, line 3, column 3: 'x' is not a number; write a number, or NaN if it is unknown."
    ),
    (
      "%%MatrixMarket matrix coordinate real general\n3 3 1\n1 1 inf\n",
      "x.mtx, line 3, column 3: 'inf' is not finite; write a finite number, or NaN if it is unknown."
    ),
    (
      "%%MatrixMarket matrix coordinate real general\n3 3 1\n1 1\n",
      "x.mtx, line 3: the line has only 2 numbers; write row, column and, unless the field is pattern, value."
    ),
    (
      "%%MatrixMarket matrix coordinate real general\n3 3 2\n2 1 1\n2 1 2\n",
      "x.mtx, line 4: row 2, column 1 was already given on line 3; remove one of the two lines, or let duplicates be averaged or the last one count."
    ),
    (
      "%%MatrixMarket matrix coordinate real general\n2147483646 3 1\n2 1 1\n",
      "x.mtx: 2147483646 rows for 1 entry would waste memory; number the rows without gaps, or give the number of rows explicitly."
    ),
    (
      "%%MatrixMarket matrix coordinate real general\n3 9999999999999 1\n2 1 1\n",
      "x.mtx: 9999999999999 columns for 1 entry would waste memory; number the columns without gaps, or give the number of columns explicitly."
    ),
    (
      "%%MatrixMarket matrix array real general\n3000000000 3000000000\n1\n",
      "x.mtx: 3000000000×3000000000 entries are announced, but only 65 bytes follow the header; the file is truncated or damaged, write it again."
    ),
    (
      "%%MatrixMarket matrix array real symmetric\n9223372036854775807 9223372036854775807\n1\n",
      "x.mtx: 9223372036854775807×9223372036854775807 entries are announced, but only 85 bytes follow the header; the file is truncated or damaged, write it again."
    ),
    (
      "%%MatrixMarket matrix array real general\n1 2\n1\n",
      "x.mtx: the header announces 2 entries, the file has 1; correct the header or add what is missing."
    ),
    (
      "%%MatrixMarket matrix coordinate real symmetric\n1 2 1\n1 1 1\n",
      "x.mtx: the matrix is 1×2 where a square matrix, as it is symmetric, is expected; correct the file or the shape."
    ),
    (
      "%%MatrixMarket matrix coordinate real general\n3 3 0\n",
      "x.mtx: every entry is missing; give at least one known entry."
    ),
  ]

  @Test(arguments: markets.indices)
  func matrixMarket(_ index: Int) {
    let (text, expected) = Self.markets[index]
    #expect(
      sentence { () throws(DataFormatError) in
        try DataFile.readObservedEntries(from: .text(text, "x.mtx"))
      } == expected)
  }

  /// A file of nine doubles under a header with some of its text replaced.
  static func npy(_ old: String, _ new: String, dropping: Int = 0) -> ByteSource {
    var header = Array("\u{0}NUMPY\u{1}\u{0}\u{76}\u{0}".utf8)
    header[0] = 0x93
    let dictionary = "{'descr': '<f8', 'fortran_order': False, 'shape': (3, 3), }".replacing(
      old, with: new)
    header +=
      Array(dictionary.utf8) + [UInt8](repeating: 32, count: 117 - dictionary.utf8.count) + [10]
    return ByteSource(
      Array((header + [UInt8](repeating: 0, count: 72)).dropLast(dropping)), named: "x.npy")
  }

  static let arrays: [(ByteSource, String)] = [
    (
      npy("", "", dropping: 5),
      "x.npy: 3×3 elements of 8 bytes are announced, but only 67 bytes follow the header; the file is truncated or damaged, write it again."
    ),
    (
      npy("(3, 3)", "(3000000000, 3000000000)"),
      "x.npy: 3000000000×3000000000 elements of 8 bytes are announced, but only 72 bytes follow the header; the file is truncated or damaged, write it again."
    ),
    (
      npy("(3, 3)", "(99999999999999999999,)"),
      "x.npy: this is not a valid npy file (its header cannot be understood); check that the extension fits the contents."
    ),
    (
      npy("<f8", "<c16"),
      "x.npy: the array holds complex numbers (dtype '<c16'); save it as real numbers, say float64."
    ),
    (
      npy("<f8", "|O"),
      "x.npy: the array holds Python objects (dtype '|O'); save it as real numbers, say float64."
    ),
    (
      npy("<f8", "<U5"),
      "x.npy: the array holds text (dtype '<U5'); save it as real numbers, say float64."
    ),
    (
      npy("'<f8'", "[('a', '<f8'), ('b', '<i4')]"),
      "x.npy: the array holds records with several fields (a structured type); save it as real numbers, say float64."
    ),
    (
      npy("<f8", "<M8[s]"),
      "x.npy: the array holds dates or times (dtype '<M8[s]'); save it as real numbers, say float64."
    ),
    (
      npy("(3, 3)", "(1, 3, 3)"),
      "x.npy: an array of shape (1, 3, 3) is not a matrix; give an array of one or two dimensions."
    ),
    (
      npy("(3, 3)", "(0, 3)"),
      "x.npy: an array of shape (0, 3) has no elements; give at least one row and one column."
    ),
    (
      npy("", "", dropping: 100),
      "x.npy: this is not a valid npy file (its header is cut off); check that the extension fits the contents."
    ),
    (
      ByteSource(Array("\u{93}NUMPX".utf8), named: "x.npy"),
      "x.npy: this is not a valid npy file (it does not begin with \\x93NUMPY); check that the extension fits the contents."
    ),
    (ByteSource([], named: "x.npy"), "x.npy: the file is empty; give a file with data."),
    (
      ByteSource([80, 75, 3, 4], named: "x.npz"),
      "x.npz: this is not a valid npz file (it has no zip directory); check that the extension fits the contents."
    ),
    (
      .text("P5\n3000000000 2\n255\n", "x.pgm"),
      "x.pgm: this is not a valid PGM file (its header lacks width, height or maximum); check that the extension fits the contents."
    ),
    (
      .text("P5\n30000 20000\n255\nabc", "x.pgm"),
      "x.pgm: 20000×30000 pixels are announced, but only 3 bytes follow the header; the file is truncated or damaged, write it again."
    ),
    (
      .text("P2\n2 1\n9\n1 10\n", "x.pgm"),
      "x.pgm, row 0, column 1 (counted from 0): the pixel 10 is brighter than the maximum 9; correct the header or the pixel."
    ),
    (
      .text("P6\n", "x.pgm"),
      "x.pgm: this is not a valid PGM file (it begins with neither P2 nor P5); check that the extension fits the contents."
    ),
    (
      ByteSource(
        [0, 0, 8, 2, 255, 255, 255, 255, 255, 255, 255, 255, 1], named: "t10k-images-idx3-ubyte"),
      "t10k-images-idx3-ubyte: 4294967295×4294967295 elements of 1 byte are announced, but only 1 bytes follow the header; the file is truncated or damaged, write it again."
    ),
    (
      .text("1,2\n", "x.docx"),
      "x.docx: the file's extension names no format known here; use one of .csv, .tsv, .txt, .csv.gz, .xlsx, .mtx, .mtx.gz, .npy, .npy.gz, .npz, .mat, .png, .jpg, .jpeg, .pgm, .pgm.gz, .ppm, .ppm.gz, .idx, .idx.gz."
    ),
    (
      .text("1,2\n", "x.xlsx"),
      "x.xlsx: this is text, not a workbook; call it .csv, or say --format csv."
    ),
    (
      .text("PNG", "x.png"),
      "x.png: this is not a valid PNG file (the file is cut off); check that the extension fits the contents."
    ),
    (
      .text("1,2\n", "x.mat"),
      "x.mat: this is not a valid MATLAB file (its header is cut off); check that the extension fits the contents."
    ),
  ]

  @Test(arguments: arrays.indices)
  func binary(_ index: Int) {
    let (source, expected) = Self.arrays[index]
    #expect(
      sentence { () throws(DataFormatError) in try DataFile.readObservedEntries(from: source) }
        == expected)
  }

  @Test func elements() throws {
    #expect(
      sentence { () throws(DataFormatError) in try DataFile.readMatrix(from: .text("1,2\n3,\n")) }
        == "x.csv, row 1, column 1 (counted from 0): the value is missing; give a matrix without empty or NaN cells here."
    )
    let infinite = try NPYArray([1, -.infinity]).encoded()
    #expect(
      sentence { () throws(DataFormatError) in
        try DataFile.readObservedEntries(from: ByteSource(infinite, named: "x.npy"))
      }
        == "x.npy, row 1, column 0 (counted from 0): -inf is not finite; give a finite number, or NaN if it is unknown."
    )
    var wide = try NPYArray([1]).encoded(as: .int64)
    wide[wide.count - 8..<wide.count] = [1, 0, 0, 0, 0, 0, 0x40, 0]
    #expect(
      sentence { () throws(DataFormatError) in
        try NPYArray(reading: ByteSource(wide, named: "x.npy"))
      }
        == "x.npy: the integer 18014398509481985 (element 0) is not exact as a double; give integers of at most 2⁵³, or floating-point numbers."
    )
  }

  @Test func masks() {
    let options = ReadingOptions()
    #expect(
      sentence { () throws(DataFormatError) in
        try DataFile.readObservedEntries(
          from: .text("1,2\n3,4\n"), mask: .text("1,0,1\n", "m.csv"), options: options)
      }
        == "m.csv: the matrix is 1×3 where the mask of a 2×2 matrix is expected; correct the file or the shape."
    )
    #expect(
      sentence { () throws(DataFormatError) in
        try DataFile.readObservedEntries(
          from: .text("1,2\n3,4\n"), mask: .text("0,0\n0,0\n", "m.csv"), options: options)
      } == "x.csv: every entry is missing; give at least one known entry.")
  }

  @Test func paths() throws {
    let folder = TemporaryFolder()
    let missing = folder.file("missing.csv")
    #expect(
      sentence { () throws(DataFormatError) in try DataFile.readMatrix(from: missing) }
        == "\(missing): there is no such file; check the path.")
    #expect(
      sentence { () throws(DataFormatError) in try ByteSource(path: folder.path) }
        == "\(folder.path): this is a folder; name a file.")
    let existing = folder.write(Array("1,2\n".utf8), "there.csv")
    #expect(
      sentence { () throws(DataFormatError) in try DataFile.writeMatrix(.identity(2), to: existing)
      }
        == "\(existing): the file exists already; choose another name or allow it to be overwritten."
    )
    #expect(folder.read("there.csv") == Array("1,2\n".utf8))
    let astray = folder.file("no/way.csv")
    #expect(
      sentence { () throws(DataFormatError) in try DataFile.writeMatrix(.identity(2), to: astray) }
        == "\(astray): the folder \(folder.path)/no does not exist; create it or choose another.")
    #expect(
      sentence { () throws(DataFormatError) in try DataFile.checkOutput(folder.file("a.doc")) }
        == "\(folder.file("a.doc")): the file's extension names no format known here; use one of .csv, .tsv, .txt, .csv.gz, .mtx, .mtx.gz, .npy, .npy.gz, .npz, .pgm, .pgm.gz, .png."
    )
    #expect(folder.names == ["there.csv"])
    #expect(DataFormatErrorExample.evil.hasPrefix("a\\x0Ab.csv: "))
  }
}

enum DataFormatErrorExample {
  static var evil: String {
    sentence { () throws(DataFormatError) in try DataFile.readMatrix(from: .text("", "a\nb.csv")) }
  }
}
