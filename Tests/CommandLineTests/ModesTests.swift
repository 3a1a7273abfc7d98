import DataFormats
import Foundation
import LinearAlgebra
import Testing

@Suite struct ModesTests {
  /// Twenty samples whose second mode lowers the loss by more than the first.
  private static func prepare(_ command: Command) throws {
    var generator = SeededGenerator(seed: 5)
    let x = Matrix.gaussian(rowCount: 40, columnCount: 4, using: &generator)
      .scalingColumns(by: [3, 1, 0.5, 0.2])
    let map = Matrix(rows: [[0.5, 0.2, 0, 1], [0, 2, 0.3, 0], [0.1, 0, 2, 0]])
    let y =
      x.timesTransposed(map)
      + 0.1 * Matrix.gaussian(rowCount: 40, columnCount: 3, using: &generator)
    let files: [(String, Matrix)] = [
      ("x", x), ("y", y), ("sx", x.transposedTimes(x) / 40), ("syx", y.transposedTimes(x) / 40),
      ("short", y.firstRows(39)), ("zero", 0 * y), ("skew", Matrix(rows: [[1, 0.5], [0, 1]])),
      ("negative", .diagonal([1, -1])), ("two", .identity(2)),
    ]
    for (name, matrix) in files {
      try DataFile.writeMatrix(matrix, to: command.path("\(name).npy"))
    }
    let labels = (0..<40).map { y[$0, 1] > 0 ? "1" : "0" }.joined(separator: "\n")
    try command.write(labels + "\n", to: "labels.csv")
  }

  @Test func itsTextIsAsExpected() throws {
    try Command.inFolder { command in
      try Self.prepare(command)
      var transcript = ""
      for line in [
        "modes x.npy y.npy", "modes x.npy --labels labels.csv --depth 3 --start 1e-3 --step 0.01",
        "modes sx.npy syx.npy --covariances",
        "modes x.npy y.npy --centering center --output modes.npz --report report",
      ] {
        let ending = try command.run(line.split(separator: " ").map(String.init))
        #expect(ending.status == 0, "\(line): \(ending.error)")
        #expect(ending.error.isEmpty)
        #expect(ending.output.split(separator: "\n").allSatisfy { $0.count <= 120 })
        transcript += "$ deeplinear \(line)\n\(ending.output)\n"
      }
      try expectText(transcript.replacing(#/, \S+ s\n/#, with: ", # s\n"), equals: "modes.txt")
      #expect(try command.contents.contains("report/index.html"))
    }
  }

  /// What is written against its definition: U S Vᵀ is the cross-covariance, VᵀΣxV = diag(λ) + B.
  @Test func itsArraysAreWhatTheyAreCalled() throws {
    try Command.inFolder { command in
      try Self.prepare(command)
      let ending = try command.run("modes", "x.npy", "y.npy", "--output", "modes.npz", "--json")
      #expect(ending.status == 0)
      let json = try ending.json()
      #expect(
        Set(json.keys) == [
          "centering", "classes", "commutatorShare", "depth", "distanceFromWhite",
          "firstDisagreement", "hasLosses", "inputDimension", "inputs", "largestStableStep",
          "modes",
          "offDiagonalNorm", "offDiagonalShare", "ordersAgree", "output", "outputDimension",
          "plateaus", "samples", "seconds", "start", "step",
        ])
      let archive = try NPZArchive(reading: ByteSource(path: command.path("modes.npz")))
      func matrix(_ name: String) throws -> Matrix {
        let array = try #require(archive[name])
        return Matrix(
          rowCount: array.shape[0], columnCount: array.shape[1], elements: array.elements)
      }
      let (x, y) = (
        try DataFile.readMatrix(from: command.path("x.npy")),
        try DataFile.readMatrix(from: command.path("y.npy"))
      )
      let (sx, syx) = (x.transposedTimes(x) / 40, y.transposedTimes(x) / 40)
      let (u, v, σ) = (
        try matrix("outputVectors"), try matrix("inputVectors"),
        try #require(archive["correlations"]?.elements)
      )
      #expect(
        (u.scalingColumns(by: σ).timesTransposed(v.firstColumns(σ.count)) - syx).maxAbsolute < 1e-12
      )
      let rotated = v.transposedTimes(sx * v)
      let λ = try #require(archive["variances"]?.elements)
      #expect((rotated - .diagonal(λ) - (try matrix("offDiagonal"))).maxAbsolute < 1e-12)
      // The loss of W = 0 and of the minimiser.
      let losses = try #require(archive["optimumLosses"]?.elements)
      let rest = x.timesTransposed(try matrix("minimizer")) - y
      #expect(abs(losses[0] - y.inner(y) / 80) < 1e-12)
      #expect(abs(losses.last! - rest.inner(rest) / 80) < 1e-10)
    }
  }

  private static let refusals = """
    modes
    modes nowhere.npy y.npy
    modes x.npy
    modes x.npy short.npy
    modes x.npy zero.npy
    modes x.npy y.npy --depth 1
    modes x.npy y.npy --start 0
    modes x.npy y.npy --step -1
    modes x.npy y.npy --centering whiten
    modes x.npy y.npy --output modes.csv
    modes x.npy y.npy --output x.npy
    modes x.npy --covariances
    modes sx.npy x.npy --covariances --centering center
    modes x.npy syx.npy --covariances
    modes two.npy syx.npy --covariances
    modes skew.npy two.npy --covariances
    modes negative.npy two.npy --covariances
    """

  @Test func whatIsRefusedIsOneSentence() throws {
    try Command.inFolder { command in
      try Self.prepare(command)
      var transcript = ""
      for line in Self.refusals.split(separator: "\n") {
        let ending = try command.run(line.split(separator: " ").map(String.init))
        #expect(ending.status == 2, "\(line): \(ending.output)")
        #expect(ending.output.isEmpty, "\(line)")
        #expect(ending.error.split(separator: "\n").count == 1, "\(line): \(ending.error)")
        transcript += "$ deeplinear \(line)\n\(ending.error)"
      }
      try expectText(transcript, equals: "modes-refusals.txt")
    }
  }
}
