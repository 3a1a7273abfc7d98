import DataFormats
import LinearAlgebra
import Testing

@Suite struct RoundTripTests {
  @Test(arguments: ["csv", "tsv", "txt", "mtx", "npy", "npz", "csv.gz", "mtx.gz", "npy.gz"])
  func matricesReadBackToTheSameBits(_ suffix: String) throws {
    var generator = Seeded(11)
    let folder = TemporaryFolder()
    for (k, shape) in [(1, 1), (5, 4), (2, 900), (900, 2)].enumerated() {
      let matrix = generator.matrix(shape.0, shape.1)
      let path = folder.file("m\(k).\(suffix)")
      try DataFile.writeMatrix(matrix, to: path)
      #expect(bits(try DataFile.readMatrix(from: path).elements) == bits(matrix.elements))
      try DataFile.writeMatrix(.identity(3), to: path, overwrite: true)
      #expect(try DataFile.readMatrix(from: path) == .identity(3))
      #expect(folder.names == (0...k).map { "m\($0).\(suffix)" }, "nothing but the files written")
      if suffix.hasSuffix("gz") {
        #expect(folder.read("m\(k).\(suffix)").starts(with: [0x1F, 0x8B]))
      }
    }
  }

  @Test func aPipeIsReadLikeAFile() throws {
    let folder = TemporaryFolder()
    let path = folder.file("p.csv")
    #expect(shell("mkfifo \(path) && (printf 'a,b,c\\n0,1,2\\n0.5,1,2\\n' > \(path) &)") == 0)
    #expect(try DataFile.readObservedEntries(from: path).entries.values == [0, 1, 2, 0.5, 1, 2])
  }

  @Test func aFailedWriteLeavesNothing() throws {
    let folder = TemporaryFolder()
    #expect(throws: DataFormatError.self) {
      try DataFile.writeArray(NPYArray([1, 2, 0.5]), to: folder.file("a.npy"), as: .int8)
    }
    #expect(throws: DataFormatError.self) {
      try DataFile.writeMatrix(Matrix(rows: [[1, .nan]]), to: folder.file("a.pgm"))
    }
    #expect(throws: DataFormatError.self) {
      try DataFile.writeMatrix(
        .identity(2), to: folder.file("a.csv"), names: TableNames(columns: ["1", ""]))
    }
    #expect(folder.names == [])
  }

  @Test(arguments: ScalarType.allCases)
  func arraysOfEveryTypeReadBack(_ type: ScalarType) throws {
    guard type != .bfloat16 else { return }
    let values: [Double] =
      switch type {
      case .bool, .uint8: [0, 1, 1, 0, 0, 1]
      case .uint16, .uint32, .uint64: [0, 1, 65535, 77, 3, 4]
      case .int8, .int16, .int32, .int64: [0, 1, -128, 127, 3, -4]
      case .float16, .float32, .float64, .bfloat16:
        [0, -1.5, .infinity, 0.25, 6.103515625e-05, -65504]
      }
    for shape in [[6], [2, 3], [1, 3, 2], [2, 1, 1, 3]] {
      let array = NPYArray(shape: shape, elements: values)
      #expect(
        try NPYArray(reading: ByteSource(try array.encoded(as: type), named: "a.npy")) == array)
    }
  }

  @Test func arraysWithoutElementsOrDimensionsReadBack() throws {
    for array in [
      NPYArray(shape: [], elements: [7]), NPYArray(shape: [3, 0, 2], elements: []), NPYArray([]),
    ] {
      #expect(try NPYArray(reading: ByteSource(try array.encoded(), named: "a.npy")) == array)
    }
  }

  @Test(arguments: [0xFFFF_FFFF, 100, 0])
  func archivesReadBackWithShortAndWideSizes(_ wideFrom: Int) throws {
    var generator = Seeded(12)
    var archive = NPZArchive()
    archive["times"] = NPYArray([1, 2, 3])
    archive["weights/1 é"] = NPYArray(generator.matrix(4, 5))
    archive["endToEnd"] = NPYArray(shape: [2, 3, 4], elements: (0..<24).map(Double.init))
    archive["number"] = NPYArray(shape: [], elements: [-0.0])
    let wide = try archive.encoded(wideFrom: wideFrom)
    #expect(try NPZArchive(reading: ByteSource(wide, named: "a.npz")) == archive)
    let deflated = try archive.encoded(compressed: true)
    #expect(try NPZArchive(reading: ByteSource(deflated, named: "a.npz")) == archive)
    #expect(try archive.encoded(compressed: true) == deflated)
    archive["times"] = nil
    #expect(archive.members.count == 3)
  }

  @Test func everyBitOfAnArchivesDataIsGuarded() throws {
    let archive = NPZArchive([.init(name: "a", array: NPYArray([1, 2, 3]))])
    for compressed in [false, true] {
      let bytes = try archive.encoded(compressed: compressed)
      for index in 35..<(compressed ? 70 : 180) {
        var damaged = bytes
        damaged[index] ^= 4
        #expect(throws: DataFormatError.self, "byte \(index)") {
          try NPZArchive(reading: ByteSource(damaged, named: "a.npz"))
        }
      }
    }
  }

  @Test func gzipIsChecked() throws {
    let text = Array("1,2\n3,4\n".utf8)
    let packed = try Gzip.compressed(text)
    let expected = Matrix(rows: [[1, 2], [3, 4]])
    #expect(try DataFile.readMatrix(from: ByteSource(packed, named: "x.csv.gz")) == expected)
    #expect(
      try DataFile.readMatrix(from: ByteSource(packed, named: "x.csv")) == expected,
      "known by its bytes")
    #expect(try DataFile.readMatrix(from: ByteSource(text, named: "x.csv.gz")) == expected)
    let twice =
      try Gzip.compressed(Array("1,2\n".utf8)) + Gzip.compressed(Array("3,4\n".utf8)) + [0, 0, 0]
    #expect(try DataFile.readMatrix(from: ByteSource(twice, named: "x.csv.gz")) == expected)
    var wrong = packed
    wrong[wrong.count - 8] ^= 1
    #expect(
      sentence { () throws(DataFormatError) in
        try DataFile.readMatrix(from: ByteSource(wrong, named: "x.csv.gz"))
      }
        == "x.csv.gz: the compressed data are damaged (incorrect data check); copy or compress the file again."
    )
    let short = Array(packed.dropLast(9))
    #expect(
      sentence { () throws(DataFormatError) in
        try DataFile.readMatrix(from: ByteSource(short, named: "x.csv.gz"))
      }
        == "x.csv.gz: the compressed data are damaged (they end too early); copy or compress the file again."
    )
  }

  @Test func gzipIsCheckedBehindTheLastElement() throws {
    let array = try NPYArray([1, 2]).encoded()
    let image = try PGMImage(.identity(2)).encoded()
    let idx: [UInt8] = [0, 0, 8, 1, 0, 0, 0, 2, 1, 2]
    for (bytes, name) in [(array, "a.npy.gz"), (image, "a.pgm.gz"), (idx, "a.idx.gz")] {
      var packed = try Gzip.compressed(bytes)
      #expect(throws: Never.self) { try DataFile.readMatrix(from: ByteSource(packed, named: name)) }
      packed[packed.count - 5] ^= 1
      #expect(throws: DataFormatError.self) {
        try DataFile.readMatrix(from: ByteSource(packed, named: name))
      }
    }
  }

  @Test func whatExpandsWithoutEndIsStopped() throws {
    let bomb = try Gzip.compressed([UInt8](repeating: UInt8(ascii: "7"), count: 80_000_000))
    #expect(
      sentence { () throws(DataFormatError) in
        try DataFile.readMatrix(from: ByteSource(bomb, named: "x.csv.gz"))
      }
        == "x.csv.gz: the compressed data expand to more than 67108864 bytes; decompress the file first if it can be trusted."
    )
    let zeros = NPZArchive([
      .init(name: "z", array: NPYArray([Double](repeating: 0, count: 10_000_000)))
    ])
    let packed = try zeros.encoded(compressed: true)
    #expect(
      sentence { () throws(DataFormatError) in
        try NPZArchive(reading: ByteSource(packed, named: "x.npz"))
      }
        == "x.npz: the compressed data expand to more than 67108864 bytes; decompress the file first if it can be trusted."
    )
  }

  @Test(arguments: [1, 9, 255, 256, 65_535])
  func imagesReadBack(_ maximum: Int) throws {
    var generator = Seeded(13)
    let pixels = Matrix(
      rowCount: 7, columnCount: 11,
      elements: (0..<77).map { _ in Double(Int.random(in: 0...maximum, using: &generator)) })
    let image = PGMImage(pixels, maximum: maximum)
    #expect(image.pixels == pixels)
    #expect(try PGMImage(reading: ByteSource(try image.encoded(), named: "a.pgm")) == image)
    let plain =
      "P2 # comment\n# another\n11\t7\n\(maximum)\n"
      + pixels.elements.map { "\(Int($0))" }.joined(separator: " \n")
    #expect(try PGMImage(reading: .text(plain, "a.pgm")) == image)
  }

  @Test func pixelsAreRoundedAndCut() {
    #expect(
      PGMImage(Matrix(rows: [[-3, 0.4, 0.6, 254.5, 999]])).pixels.elements == [0, 0, 1, 255, 255])
  }

  @Test func aMaskHidesWhatIsZeroInIt() throws {
    let image = try PGMImage(Matrix(rows: [[1, 2], [3, 4]])).encoded()
    let maskImage = try PGMImage(Matrix(rows: [[255, 0], [0, 255]])).encoded()
    let maskOfOnes = try PGMImage(Matrix(rows: [[1, 0], [0, 1]])).encoded()
    // Grays that drawing or JPEG leaves near black are black.
    let maskWithGrays = try PGMImage(Matrix(rows: [[250, 3], [0, 255]])).encoded()
    let maskArray = try NPYArray(Matrix(rows: [[1, 0], [0, 1]])).encoded(as: .bool)
    for mask in [
      ByteSource(maskImage, named: "m.pgm"), ByteSource(maskOfOnes, named: "ones.pgm"),
      ByteSource(maskWithGrays, named: "grays.pgm"), ByteSource(maskArray, named: "m.npy"),
      .text("1,0\n0,2\n", "m.csv"),
    ] {
      let data = try DataFile.readObservedEntries(
        from: ByteSource(image, named: "x.pgm"), mask: mask)
      #expect(data.entries.values == [1, 4])
      #expect(data.entries.columns == [0, 1])
    }
    let folder = TemporaryFolder()
    folder.write(maskImage, "m.pgm")
    let path = folder.write(image, "x.pgm")
    let options = ReadingOptions(maskPath: folder.file("m.pgm"))
    #expect(try DataFile.readObservedEntries(from: path, options: options).entries.count == 2)
    #expect(try DataFile.readObservedEntries(from: path).entries.count == 4)
  }

  @Test func idxIsReadInEveryType() throws {
    let bytes: [UInt8] = [0, 0, 8, 3, 0, 0, 0, 2, 0, 0, 0, 1, 0, 0, 0, 3, 1, 2, 3, 4, 5, 255]
    let source = ByteSource(bytes, named: "train-images-idx3-ubyte")
    #expect(try IDX.read(source) == NPYArray(shape: [2, 1, 3], elements: [1, 2, 3, 4, 5, 255]))
    #expect(try DataFile.readMatrix(from: source) == Matrix(rows: [[1, 2, 3], [4, 5, 255]]))
    let packed = ByteSource(try Gzip.compressed(bytes), named: "train-images-idx3-ubyte.gz")
    #expect(try DataFile.readArray(from: packed).shape == [2, 1, 3])
    let shorts: [UInt8] = [0, 0, 0x0B, 1, 0, 0, 0, 2, 0xFF, 0xFE, 1, 0]
    #expect(try IDX.read(ByteSource(shorts, named: "a.idx")).elements == [-2, 256])
    let floats: [UInt8] = [0, 0, 0x0D, 1, 0, 0, 0, 1, 0x3F, 0xC0, 0, 0]
    #expect(try IDX.read(ByteSource(floats, named: "a.idx")).elements == [1.5])
  }

  @Test func matrixMarketKnowsSymmetryAndPatterns() throws {
    func read(_ text: String) throws -> Matrix {
      try DataFile.readMatrix(from: .text("%%MatrixMarket matrix " + text, "x.mtx"))
    }
    #expect(
      try read("coordinate real general\n% c\n2 3 2\n1 3 1.5\n2 1 -2\n")
        == Matrix(rows: [[0, 0, 1.5], [-2, 0, 0]]))
    #expect(
      try read("coordinate integer symmetric\n2 2 2\n1 1 3\n2 1 -2\n")
        == Matrix(rows: [[3, -2], [-2, 0]]))
    #expect(
      try read("coordinate real skew-symmetric\n2 2 1\n2 1 -2\n")
        == Matrix(rows: [[0, 2], [-2, 0]]))
    #expect(
      try read("coordinate pattern general\n2 2 1\n2 1\n") == Matrix(rows: [[0, 0], [1, 0]]))
    #expect(try read("array real general\n2 2\n1\n2\n3 4\n") == Matrix(rows: [[1, 3], [2, 4]]))
    #expect(try read("array real symmetric\n2 2\n1\n2\n3\n") == Matrix(rows: [[1, 2], [2, 3]]))
    #expect(try read("array real skew-symmetric\n2 2\n2\n") == Matrix(rows: [[0, -2], [2, 0]]))
  }
}
