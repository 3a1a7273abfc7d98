import DataFormats
import LinearAlgebra
import Testing

/// Damaged files: whatever their bytes, a reader returns a value or throws a sentence, soon and in little memory.
///
/// More of them by hand: `DEEPLINEAR_FUZZ=100000 swift test -c release --filter FuzzTests` (a number for
/// each reader).
@Suite(.serialized) struct FuzzTests {
  struct Reader: CustomTestStringConvertible, Sendable {
    let testDescription: String
    let seeds: [[UInt8]]
    /// Files of thousands of bytes get only a part of the rounds.
    var part = 1
    let read: @Sendable ([UInt8]) throws(DataFormatError) -> Void
  }

  static let readers: [Reader] = [
    observed(
      "x.csv",
      [
        "row,column,value\n0,0,1\n3,2,-1.5e3\n1,1,NaN\n2,0,\"4\"\n",
        "1,,3\nNaN,5.5,1e300\n-1,2,NA\n",
        ",a,b\nx,1,2\ny,,4\n", "a;b;c;d\r\n1;2;;4\r\n5;6;7;8\r\n", "x\n1\n\n3\n",
        "0.1\t2\n12345678901234567890123\t4\n",
      ]),
    observed(
      "x.mtx",
      [
        "%%MatrixMarket matrix coordinate real general\n% c\n3 4 3\n1 1 1.5\n3 4 -2\n2 2 nan\n",
        "%%MatrixMarket matrix coordinate pattern symmetric\n3 3 2\n1 1\n3 1\n",
        "%%MatrixMarket matrix array real skew-symmetric\n3 3\n1\n2\n3\n",
        "%%MatrixMarket matrix array real symmetric\n2 2\n1\n2\n3\n",
        "%%MatrixMarket matrix array integer general\n2 3\n1\n2\n3\n4 5\n6\n",
      ]),
    observed(
      "x.pgm",
      [
        "P2\n# c\n3 2\n15\n1 2 3\n4 15 6\n", "P5 3 2 255\nabcdef", "P5 2 1 300\n\u{0}a\u{1}\u{3}",
      ]),
    Reader(testDescription: "npy", seeds: arrays) { bytes throws(DataFormatError) in
      let source = ByteSource(bytes, named: "x.npy")
      _ = try DataFile.readArray(from: source)
      _ = try DataFile.readObservedEntries(from: source)
    },
    Reader(testDescription: "npz", seeds: archives) { bytes throws(DataFormatError) in
      _ = try NPZArchive(reading: ByteSource(bytes, named: "x.npz"))
    },
    Reader(
      testDescription: "idx",
      seeds: [
        [0, 0, 8, 3, 0, 0, 0, 2, 0, 0, 0, 1, 0, 0, 0, 3, 1, 2, 3, 4, 5, 255],
        [0, 0, 0x0D, 1, 0, 0, 0, 2, 0x3F, 0xC0, 0, 0, 0, 0, 0, 0],
      ]
    ) { bytes throws(DataFormatError) in
      _ = try DataFile.readObservedEntries(from: ByteSource(bytes, named: "x.idx"))
    },
    Reader(testDescription: "safetensors", seeds: tensors) { bytes throws(DataFormatError) in
      for tensor in try Safetensors(reading: ByteSource(bytes, named: "x.safetensors")).tensors {
        _ = try tensor.array()
      }
    },
    Reader(testDescription: "gzip", seeds: packed) { bytes throws(DataFormatError) in
      _ = try DataFile.readObservedEntries(from: ByteSource(bytes, named: "x.csv.gz"))
    },
    rows("x.idx", [[0, 0, 8, 3, 0, 0, 0, 2, 0, 0, 0, 1, 0, 0, 0, 3, 1, 2, 3, 4, 5, 255]]),
    rows("x.npy", arrays),
    rows(
      "x.csv",
      ["1,2\n3,4\n5,6\n", ",a,b\nx,1,2\ny,3,4\n", "1;\"u;v\"\r\n-3;w\r\n"].map { Array($0.utf8) }),
    rows(
      "x.bin",
      [
        [UInt8](repeating: 7, count: 2 * 3073), [UInt8](repeating: 9, count: 3074),
        bytes { try Gzip.compressed([UInt8](repeating: 1, count: 3073)) },
      ], part: 10),
    Reader(testDescription: "mask", seeds: Array(arrays.prefix(3))) {
      bytes throws(DataFormatError) in
      _ = try DataFile.readObservedEntries(
        from: .text("1,2,3\n4,5,6\n"), mask: ByteSource(bytes, named: "m.npy"))
    },
  ]

  /// The reader of rows in small blocks, with and without a column of labels.
  static func rows(_ name: String, _ seeds: [[UInt8]], part: Int = 1) -> Reader {
    Reader(testDescription: "rows of \(name)", seeds: seeds, part: part) {
      bytes throws(DataFormatError) in
      let source = ByteSource(bytes, named: name)
      for column in name == "x.csv" ? [RowReader.LabelColumn.position(1), nil] : [nil] {
        // Words are sound as labels, not as numbers.
        if column == nil, bytes.contains(UInt8(ascii: "w")) { continue }
        let reader = try RowReader.open(source, labelColumn: column)
        while let block = try reader.next(atMost: 2) {
          precondition(block.rows.columnCount == reader.columnCount)
          precondition(block.rows.rowCount <= 2 && block.rows.elements.allSatisfy(\.isFinite))
        }
      }
    }
  }

  static func observed(_ name: String, _ texts: [String]) -> Reader {
    Reader(testDescription: name, seeds: texts.map { Array($0.utf8) }) {
      bytes throws(DataFormatError) in
      let source = ByteSource(bytes, named: name)
      // The length picks the options; as it is for the seeds: none.
      let layouts = ReadingOptions.Layout.allCases
      let policies = ObservedEntries.DuplicatePolicy.allCases
      let pick = texts.contains { $0.utf8.count == bytes.count } ? 0 : bytes.count
      let options = ReadingOptions(
        layout: layouts[pick % 3], oneBased: pick % 2 == 1, duplicates: policies[pick / 2 % 3])
      do throws(DataFormatError) { _ = try DataFile.readMatrix(from: source) } catch {}
      _ = try DataFile.readObservedEntries(from: source, options: options)
    }
  }

  static func bytes(_ body: () throws -> [UInt8]) -> [UInt8] { (try? body()) ?? [] }

  static var arrays: [[UInt8]] {
    let matrix = NPYArray(shape: [2, 3], elements: [1, 2, 3, 4, 5, 6])
    let flat = NPYArray([1, 0, 1])
    let encoded = [
      bytes { try matrix.encoded() }, bytes { try matrix.encoded(as: .float16) },
      bytes { try matrix.encoded(as: .int64) }, bytes { try flat.encoded(as: .bool) },
    ]
    return encoded + [
      replaced(encoded[0], "False", "True "), replaced(encoded[1], "<f2", ">f2"),
    ]
  }

  static func replaced(_ bytes: [UInt8], _ old: String, _ new: String) -> [UInt8] {
    bytes.replacing(Array(old.utf8), with: Array(new.utf8))
  }

  static var archives: [[UInt8]] {
    let archive = NPZArchive([
      .init(name: "a", array: NPYArray([1, 2, 3])), .init(name: "b", array: NPYArray(.identity(2))),
    ])
    return [
      bytes { try archive.encoded() }, bytes { try archive.encoded(compressed: true) },
      bytes { try archive.encoded(wideFrom: 0) },
    ]
  }

  static var tensors: [[UInt8]] {
    [
      bytes {
        try Safetensors(
          [
            .init(name: "a\"", type: .float16, shape: [2, 2], values: [1, 2, 3, 4]),
            .init(name: "b", type: .int64, shape: [], values: [9]),
          ], metadata: ["k": "v\n"]
        ).encoded()
      }
    ]
  }

  static var packed: [[UInt8]] {
    [
      bytes { try Gzip.compressed(Array("1,2,3\n4,5,6\n7,8,9\n".utf8)) },
      bytes { try Gzip.compressed(Array("1,2\n".utf8)) + Gzip.compressed(Array("3,4\n".utf8)) },
    ]
  }

  static let interesting: [[UInt8]] =
    [
      "9999999999", "-1", "0", "2147483647", "4294967296", "9223372036854775807",
      "18446744073709551616", "1e999", "nan",
      "inf", "\"", ",", "\n", "\r\n", "(", ")", "{", "}", "[", "1000000", "999999", "\u{0}",
      "3000000000",
    ].map { Array($0.utf8) } + [
      [0xFF], [0xFF, 0xFF, 0xFF, 0xFF], [0, 0, 0, 0x80], [0x7F, 0xFF, 0xFF, 0xFF],
    ]

  static func mutated(_ seed: [UInt8], using generator: inout Seeded) -> [UInt8] {
    var bytes = seed
    for _ in 0..<Int.random(in: 1...4, using: &generator) {
      let place = Int.random(in: 0...bytes.count, using: &generator)
      let rest = bytes.count - place
      switch Int.random(in: 0..<8, using: &generator) {
      case 0 where rest > 0: bytes[place] = .random(in: .min ... .max, using: &generator)
      case 1 where rest > 0: bytes[place] ^= 1 << UInt8.random(in: 0..<8, using: &generator)
      case 2: bytes.removeLast(rest)
      case 3:
        bytes.removeSubrange(place..<place + Int.random(in: 0...min(rest, 8), using: &generator))
      case 4:
        bytes.insert(contentsOf: interesting.randomElement(using: &generator) ?? [], at: place)
      case 5:
        let word = interesting.randomElement(using: &generator) ?? []
        bytes.replaceSubrange(place..<place + min(rest, word.count), with: word)
      case 6:
        let length = Int.random(in: 0...min(rest, 40), using: &generator)
        bytes.insert(contentsOf: Array(bytes[place..<place + length]), at: place)
      default:
        if rest > 0, (48..<58).contains(bytes[place]) {
          bytes[place] = .random(in: 48..<58, using: &generator)
        }
      }
    }
    return bytes
  }

  static let rounds = environment("DEEPLINEAR_FUZZ").flatMap { Int($0) } ?? 11_500

  @Test(arguments: readers)
  func damageNeverCrashes(_ reader: Reader) {
    for seed in reader.seeds {
      #expect(throws: Never.self, "the seed itself is sound") { try reader.read(seed) }
    }
    let rounds = Self.rounds / reader.part
    var generator = Seeded(0xF00D)
    var refused = 0
    var longest = Duration.zero
    let clock = ContinuousClock()
    let begin = clock.now
    for round in 0..<rounds {
      let bytes = Self.mutated(reader.seeds[round % reader.seeds.count], using: &generator)
      let start = clock.now
      do throws(DataFormatError) {
        try reader.read(bytes)
      } catch {
        refused += 1
        let text = error.description
        if text.contains("\n") || !text.hasSuffix(".") || text.isEmpty {
          Issue.record("not one sentence: \(text)")
        }
      }
      longest = max(longest, clock.now - start)
    }
    #expect(refused > rounds / 4, "damage should be noticed more often than \(refused) times")
    // Inputs have a few hundred bytes; the largest allocation any of them may ask for is that of 10⁷ elements.
    #expect(peakMemory() < 1_000_000_000)
    if environment("DEEPLINEAR_FUZZ") != nil {
      print(
        "\(reader.testDescription): \(rounds) inputs, \(refused) refused in \(clock.now - begin), slowest \(longest), peak \(peakMemory() >> 20) MiB"
      )
    }
  }
}
