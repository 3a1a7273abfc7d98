import DataFormats
import LinearAlgebra
import Testing

/// Rows read in blocks are the rows read at once.
@Suite struct RowReaderTests {
  private static func all(
    _ reader: RowReader, blocks size: Int
  ) throws -> (rows: Matrix, labels: [String]) {
    var parts: [Matrix] = []
    var labels: [String] = []
    while let block = try reader.next(atMost: size) {
      #expect(block.rows.rowCount <= size)
      parts.append(block.rows)
      labels += block.labels ?? []
    }
    return (.verticallyStacked(parts), labels)
  }

  private static let images: [UInt8] =
    [0, 0, 8, 3, 0, 0, 0, 5, 0, 0, 0, 2, 0, 0, 0, 3] + (0..<30).map { UInt8($0 * 8) }

  @Test(arguments: [1, 2, 3, 5, 100])
  func blocksAreTheWhole(_ size: Int) throws {
    let matrix = Matrix(
      rowCount: 7, columnCount: 3, elements: (0..<21).map { Double($0) * 0.25 - 2 })
    let c = try NPYArray(matrix).encoded()
    let fortran = try NPYArray(
      shape: [7, 3], elements: NPYArray(matrix.transposed()).elements
    ).encoded().replacing(Array("False".utf8), with: Array("True ".utf8))
    let text = Array(
      (0..<7).map { i in (0..<3).map { "\(matrix[i, $0])" }.joined(separator: ",") }
        .joined(separator: "\n").utf8)
    for (bytes, name) in [(c, "x.npy"), (fortran, "x.npy"), (text, "x.csv")] {
      for source in [
        ByteSource(bytes, named: name), ByteSource(try Gzip.compressed(bytes), named: name + ".gz"),
      ] {
        let reader = try RowReader.open(source)
        #expect(reader.columnCount == 3)
        #expect(try Self.all(reader, blocks: size).rows == matrix)
      }
    }
    for source in [
      ByteSource(Self.images, named: "images-idx3-ubyte"),
      ByteSource(try Gzip.compressed(Self.images), named: "images-idx3-ubyte.gz"),
    ] {
      let reader = try RowReader.open(source)
      #expect(reader.rowCount == 5 && reader.columnCount == 6)
      let rows = try Self.all(reader, blocks: size).rows
      #expect(rows == (try DataFile.readMatrix(from: source)))
    }
  }

  @Test func aColumnHoldsLabelsOfAnyText() throws {
    let text = ",a,kind,b\nr,1,cat,2\ns,3,\"dog, big\",4\n"
    for column in [RowReader.LabelColumn.name("kind"), .position(2), .position(-2)] {
      let reader = try RowReader.open(
        ByteSource(Array(text.utf8), named: "x.csv"), labelColumn: column)
      let (rows, labels) = try Self.all(reader, blocks: 1)
      #expect(rows == Matrix(rows: [[1, 2], [3, 4]]))
      #expect(labels == ["cat", "dog, big"])
    }
  }

  @Test func recordsOfCIFARHaveTheirLabelsFirst() throws {
    func record(_ labels: [UInt8], _ value: UInt8) -> [UInt8] {
      labels + (0..<CIFARRecord.pixelCount).map { value &+ UInt8(truncatingIfNeeded: $0) }
    }
    let ten = record([3], 7) + record([9], 1) + record([0], 250)
    let hundred = record([19, 99], 7) + record([0, 5], 1)
    for (bytes, kind, count) in [(ten, CIFARRecord.cifar10, 3), (hundred, .cifar100, 2)] {
      let reader = try RowReader.open(ByteSource(bytes, named: "data_batch_1.bin"))
      #expect(reader.records == kind && reader.rowCount == count)
      let rows = try Self.all(reader, blocks: 2).rows
      #expect(rows.elements == bytes.map(Double.init))
      // Compressed, the size does not tell the kind.
      let packed = ByteSource(try Gzip.compressed(bytes), named: "data_batch_1.bin.gz")
      #expect(try Self.all(RowReader.open(packed, records: kind), blocks: 100).rows == rows)
    }
  }

  private static func source(_ text: String, _ name: String = "x.csv") -> ByteSource {
    ByteSource(Array(text.utf8), named: name)
  }

  static let sentences: [(ByteSource, RowReader.LabelColumn?, String)] = [
    (
      ByteSource(images.dropLast(4), named: "images-idx3-ubyte"), nil,
      "images-idx3-ubyte: 5×2×3 elements of 1 byte are announced, but only 26 bytes follow the header; the file is truncated or damaged, write it again."
    ),
    (
      ByteSource((try? Gzip.compressed(images.dropLast(4))) ?? [], named: "images-idx3-ubyte.gz"),
      nil,
      "images-idx3-ubyte.gz: 5×2×3 elements of 1 byte are announced, but only 26 bytes follow the header; the file is truncated or damaged, write it again."
    ),
    (
      ByteSource([1] + images.dropFirst(), named: "images-idx3-ubyte"), nil,
      "images-idx3-ubyte: this is not a valid IDX file (it does not begin with two zeros, a type and a dimension); check that the extension fits the contents."
    ),
    (
      ByteSource([UInt8](repeating: 1, count: 3075), named: "a.bin"), nil,
      "a.bin: 3075 bytes are no whole number of CIFAR records of 3073 or 3074; the file is truncated or of another kind, fetch it again."
    ),
    (
      ByteSource(
        (try? Gzip.compressed([UInt8](repeating: 1, count: 3075))) ?? [], named: "a.bin.gz"),
      nil,
      "a.bin.gz: record 1 has only 2 of 3073 bytes; the file is truncated or of another kind, fetch it again."
    ),
    (
      ByteSource([UInt8](repeating: 10, count: 3073), named: "a.bin"), nil,
      "a.bin: record 0 has the label 10, beyond 10 classes; check that the file is of cifar10."
    ),
    (
      source("1,2\n3\n"), nil,
      "x.csv, line 2: 1 cell where line 1 has 2; give every line the same number of cells."
    ),
    (
      source("1,2\n3,\n"), nil,
      "x.csv, line 2, column 2: the value is missing; fill it in, or leave the line out."
    ),
    (
      source("1,2\n3,x\n"), nil,
      "x.csv, line 2, column 2: 'x' is not a number; write a number, or leave the cell empty if it is unknown."
    ),
    (
      source("1,2\n"), .position(2),
      "x.csv, line 1: there is no column 2 among 2; count columns from 0, or from the end with -1."
    ),
    (
      source("a,b\n1,2\n"), .name("c"),
      "x.csv, line 1: no column is called 'c'; give the column's position, counted from 0."
    ),
    (
      source("1,2\n"), .name("c"),
      "x.csv, line 1: there is no header line to find 'c' in; give the column's position, counted from 0."
    ),
    (
      source("a\n1\n"), .name("a"),
      "x.csv: there is no column beside the labels; give the inputs too."
    ),
    (
      source("a,b\n1,\n"), .name("b"),
      "x.csv, line 2, column 2: the value is missing; fill it in, or leave the line out."
    ),
    (
      source("P2", "x.pgm"), nil,
      "x.pgm: the file's extension names no format known here; use one of .csv, .csv.gz, .npy, .npy.gz, .idx, .idx.gz, .bin, .bin.gz."
    ),
    (
      ByteSource(images, named: "images-idx3-ubyte"), .position(0),
      "images-idx3-ubyte: only CSV files have a column of labels; give the labels in a file."
    ),
  ]

  @Test(arguments: sentences.indices)
  func whatIsWrongIsOneSentence(_ index: Int) {
    let (source, column, sentence) = Self.sentences[index]
    let error = #expect(throws: DataFormatError.self) {
      let reader = try RowReader.open(source, labelColumn: column)
      while try reader.next(atMost: 2) != nil {}
    }
    #expect(error?.description == sentence)
  }
}
