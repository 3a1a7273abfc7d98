import DataFormats
import Foundation
import LinearAlgebra
import Testing

/// The same small data set in every format.
@Suite struct DatasetsTests {
  private static let count = 12

  /// Six inputs of a byte each, in 2×3 images.
  private static func pixel(_ sample: Int, _ index: Int) -> UInt8 {
    UInt8((sample * 37 + index * index * 11 + sample * index * 5) % 256)
  }

  private static func label(_ sample: Int) -> Int { (2 * sample + sample / 4) % 3 }

  private static func prepare(_ command: Command) throws {
    func write(_ bytes: [UInt8], _ name: String) throws {
      try Data(bytes).write(to: URL(fileURLWithPath: command.path(name)))
    }
    let samples = Array(0..<count)
    let images: [UInt8] =
      [0, 0, 8, 3, 0, 0, 0, UInt8(count), 0, 0, 0, 2, 0, 0, 0, 3]
      + samples.flatMap { i in (0..<6).map { pixel(i, $0) } }
    let labels: [UInt8] = [0, 0, 8, 1, 0, 0, 0, UInt8(count)] + samples.map { UInt8(label($0)) }
    try write(images, "images-idx3-ubyte")
    try write(labels, "labels-idx1-ubyte")
    let x = Tables.matrix(rows: count, columns: 6) { Double(pixel($0, $1)) }
    let y = Tables.matrix(rows: count, columns: 3) { label($0) == $1 ? 1 : 0 }
    try DataFile.writeMatrix(x, to: command.path("x.npy"))
    try DataFile.writeMatrix(y, to: command.path("y.npy"))
    try write(NPYArray(samples.map { Double(label($0)) }).encoded(as: .int64), "labels.npy")
    let kinds = ["ant", "bee", "cow"]
    try command.write(
      "a,b,c,d,e,f,kind\n"
        + samples.map { i in
          (0..<6).map { "\(pixel(i, $0))" }.joined(separator: ",") + ",\(kinds[label(i)])\n"
        }.joined(), to: "table.csv")
  }

  private static let same = [
    "images-idx3-ubyte --labels labels-idx1-ubyte", "x.npy --labels labels.npy",
    "x.npy --targets y.npy", "table.csv --label-column kind", "table.csv --label-column -1",
  ]

  @Test func itsTextIsAsExpected() throws {
    try Command.inFolder { command in
      try Self.prepare(command)
      let ending = try command.run(
        "datasets", "measure", "images-idx3-ubyte", "--labels", "labels-idx1-ubyte")
      #expect(ending.status == 0)
      #expect(ending.error.isEmpty)
      #expect(ending.output.split(separator: "\n").allSatisfy { $0.count <= 100 })
      try expectText(
        ending.output.replacing(#/, \S+ s\n/#, with: ", # s\n"), equals: "datasets-measure.txt")
    }
  }

  /// However the samples are stored, and however they are cut into files.
  @Test func everyFormatGivesTheSame() throws {
    try Command.inFolder { command in
      try Self.prepare(command)
      var first: [String: Any]?
      for line in Self.same {
        let ending = try command.run(
          ["datasets", "measure"] + line.split(separator: " ").map(String.init) + ["--json"])
        #expect(ending.status == 0, "\(line): \(ending.error)")
        let json = try ending.json()
        #expect(
          Set(json.keys) == [
            "centering", "classes", "commutatorMeasure", "commutatorMeasureRange", "commutatorNorm",
            "commutatorShare", "distanceFromWhite", "firstDisagreement", "ordersAgree",
            "halfOffDiagonalNorm", "identityMeasure", "identityMeasureRange",
            "inputCovarianceNorm", "inputDimension", "inputs", "offDiagonalNorm",
            "offDiagonalShare", "outputDimension", "samples", "seconds",
          ])
        #expect(json["samples"] as? Int == Self.count)
        #expect((json["inputDimension"] as? Int, json["outputDimension"] as? Int) == (6, 3))
        let expected = first ?? json
        first = expected
        for key in ["commutatorMeasure", "identityMeasure", "offDiagonalShare"] {
          let (a, b) = try (
            #require(json[key] as? Double), #require(expected[key] as? Double)
          )
          #expect(abs(a - b) <= 1e-12 * abs(b), "\(line): \(key)")
        }
      }
      let twice = try command.run(
        "datasets", "measure", "x.npy", "x.npy", "--labels", "labels.npy", "--labels", "labels.npy",
        "--json"
      ).json()
      #expect(twice["samples"] as? Int == 2 * Self.count)
      let (a, b) = try (
        #require(twice["commutatorMeasure"] as? Double),
        #require(first?["commutatorMeasure"] as? Double)
      )
      #expect(abs(a - b) <= 1e-12 * b)
    }
  }

  private static let refusals = """
    datasets
    datasets measure
    datasets measure nowhere.npy --labels labels.npy
    datasets measure x.npy
    datasets measure table.csv
    datasets measure x.npy --labels labels.npy --targets y.npy
    datasets measure x.npy --labels labels.npy --classes 0
    datasets measure x.npy --labels labels.npy --classes 2
    datasets measure x.npy --labels y.npy
    datasets measure x.npy --labels negative.csv
    datasets measure x.npy --labels halves.csv
    datasets measure x.npy --labels short.csv
    datasets measure x.npy --labels long.csv
    datasets measure x.npy --targets short.csv
    datasets measure x.npy --targets long.csv
    datasets measure x.npy y.npy --labels labels.npy
    datasets measure table.csv --label-column color
    datasets measure table.csv --label-column 7
    datasets measure table.csv --label-column kind --classes 2
    datasets measure table.csv --labels labels.npy
    datasets measure x.npy --label-column 1
    datasets measure cut-idx3-ubyte --labels labels-idx1-ubyte
    datasets measure wrong-idx3-ubyte --labels labels-idx1-ubyte
    datasets measure cut.bin
    datasets measure zero.csv --labels short.csv
    datasets measure zero.csv --labels short.csv --centering whiten
    datasets measure notes.docx --labels labels.npy
    """

  @Test func whatIsRefusedIsOneSentence() throws {
    try Command.inFolder { command in
      try Self.prepare(command)
      try command.write("0\n-1\n", to: "negative.csv")
      try command.write("0\n0.5\n", to: "halves.csv")
      try command.write("0\n1\n", to: "short.csv")
      try command.write(String(repeating: "1\n", count: 20), to: "long.csv")
      try command.write("0,0\n0,0\n", to: "zero.csv")
      try command.write("text", to: "notes.docx")
      var images = try command.bytes("images-idx3-ubyte")
      try images.dropLast(10).write(to: URL(fileURLWithPath: command.path("cut-idx3-ubyte")))
      images[0] = 7
      try images.write(to: URL(fileURLWithPath: command.path("wrong-idx3-ubyte")))
      try Data(repeating: 1, count: 4000).write(to: URL(fileURLWithPath: command.path("cut.bin")))
      var transcript = ""
      for line in Self.refusals.split(separator: "\n").dropFirst() {
        let ending = try command.run(line.split(separator: " ").map(String.init))
        #expect(ending.status == 2, "\(line): \(ending.output)")
        #expect(ending.output.isEmpty, "\(line)")
        #expect(ending.error.split(separator: "\n").count == 1, "\(line): \(ending.error)")
        transcript += "$ deeplinear \(line)\n\(ending.error)"
      }
      try expectText(transcript, equals: "datasets-refusals.txt")
    }
  }
}
