import DataFormats
import LinearAlgebra
import Testing

/// Measurements by hand: `DEEPLINEAR_MEASURE=1 swift test -c release --filter SpeedTests`.
@Suite(.enabled(if: environment("DEEPLINEAR_MEASURE") != nil), .serialized)
struct SpeedTests {
  @Test(arguments: [1_000_000, 10_000_000])
  func triplets(_ count: Int) throws {
    let folder = TemporaryFolder()
    var generator = Seeded(UInt64(count))
    var text: [UInt8] = Array("row,column,value\n".utf8)
    text.reserveCapacity(30 * count)
    for k in 0..<count {
      // Every position once, in an order that is far from sorted.
      let position = (k &* 7_368_787) % 24_000_000
      let value = Double.random(in: -3...3, using: &generator)
      let digits = value.description
      let padded = digits.contains("e") ? "0.12345678901234567" : digits
      text += "\(position / 4000),\(position % 4000),\(padded)\n".utf8
    }
    let path = folder.write(text, "o.csv")
    let size = text.count
    text = []
    let before = peakMemory()
    let clock = ContinuousClock()
    for _ in 0..<3 {
      var found = 0
      let time = try clock.measure {
        found = try DataFile.readObservedEntries(from: path).entries.count
      }
      print(
        "\(count) triplets, \(size / 1_000_000) MB: \(time), peak \(peakMemory() / 1_000_000) MB (\(before / 1_000_000) before)"
      )
      #expect(found == count)
    }
  }

  @Test func table() throws {
    let folder = TemporaryFolder()
    var generator = Seeded(5)
    let matrix = Matrix(
      rowCount: 1000, columnCount: 1000,
      elements: (0..<1_000_000).map { _ in Double.random(in: -1...1, using: &generator) })
    let clock = ContinuousClock()
    for name in ["t.csv", "t.npy", "t.mtx", "t.csv.gz"] {
      let writing = try clock.measure { try DataFile.writeMatrix(matrix, to: folder.file(name)) }
      var found = Matrix.zeros(1, 1)
      let reading = try clock.measure { found = try DataFile.readMatrix(from: folder.file(name)) }
      #expect(found == matrix)
      var count = 0
      let observed = try clock.measure {
        count = try DataFile.readObservedEntries(from: folder.file(name)).entries.count
      }
      #expect(count == 1_000_000)
      print(
        "10⁶ elements \(name): written in \(writing), read in \(reading), as entries in \(observed)"
      )
    }
  }
}
