import DeepLinear
import Foundation
import Testing

/// What a program has by `import DeepLinear` alone.
@Suite struct UmbrellaTests {
  @Test func aTableIsReadFilledAndWrittenWithItsNames() throws {
    let folder = FileManager.default.temporaryDirectory
      .appendingPathComponent("deeplinear-\(UInt64.random(in: 0 ... .max))").path
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: folder) }
    let given = "\(folder)/sensors.csv", filled = "\(folder)/filled.csv"
    try Data("sensor,noon,evening,night\nroof,1,2,1\ncellar,2,,2\nyard,,6,3\ngate,4,8,4\n".utf8)
      .write(to: URL(fileURLWithPath: given))

    let table = try DataFile.readObservedEntries(from: given)
    let fit = try MatrixCompleter().fit(table.entries)
    try DataFile.writeMatrix(fit.completion(), to: filled, names: table.names)

    let again = try DataFile.readObservedEntries(from: filled)
    #expect(again.names == table.names && again.names.rows == ["roof", "cellar", "yard", "gate"])
    #expect(again.entries.count == 12)
    #expect(abs(again.entries.dense()[1, 1] - 4) < 1e-9)
  }

  @Test func entriesAreMadeOfWhatPeopleHave() throws {
    let table = try ObservedEntries([[1, nil, 3], [nil, 5, .nan]])
    let listed = try ObservedEntries(
      rowCount: 2, columnCount: 3, rows: [1, 0, 0], columns: [1, 2, 0], values: [5, 3, 1])
    #expect(table == listed && table.count == 3)
    #expect(throws: ObservedEntriesError.notFinite(index: 1, row: 0, column: 1, value: .infinity)) {
      try ObservedEntries([[1, .infinity]])
    }
    for (row, column) in [(2, 0), (0, 3), (-1, 0), (Int.max, 0)] {
      #expect(throws: ObservedEntriesError.self) {
        try ObservedEntries(
          rowCount: 2, columnCount: 3, rows: [row], columns: [column], values: [1])
      }
    }
  }

  @Test func errorsPrintTheirSentence() throws {
    let entries = try ObservedEntries([[1, nil], [2, 3]])
    let errors: [(any Error, String)] = [
      (ObservedEntriesError.duplicate(row: 1, column: 0, firstIndex: 2, secondIndex: 5), "row 1"),
      (LinearNetworkError.noLayers, "no layer"),
      (
        try #require(throws: MatrixCompleter.Failure.self) {
          try MatrixCompleter(depth: 0).fit(entries)
        }, "depth must be at least 1, not 0"
      ),
      (
        try #require(throws: DataFormatError.self) {
          try DataFile.readMatrix(from: "nowhere.csv")
        }, "nowhere.csv: there is no such file"
      ),
    ]
    for (error, words) in errors {
      #expect("\(error)".contains(words), "\(error)")
      #expect(error.localizedDescription == "\(error)")
    }
  }

  @Test func aFitPrintsWhatIsKnownAboutIt() throws {
    var generator = SeededGenerator(seed: 5)
    for noise in [0, 0.2] {
      let problem = CompletionTeacher(
        rowCount: 30, columnCount: 20, rank: 2, entryCount: 300, noise: noise
      ).problem(using: &generator)
      let fit = try MatrixCompleter(intervalCoverage: 0.9).fit(problem.entries)
      let lines = "\(fit)".split(separator: "\n")
      #expect((6...10).contains(lines.count), "\(fit)")
      #expect(lines[0].contains("30×20") && lines[0].contains("rank \(fit.rank)"))
      #expect(lines.allSatisfy { $0.count <= 90 })
    }
  }

  /// Points, outcome and recorded quantities are asked for by the same words.
  @Test func descentsAndFlowsHaveTheSameShape() throws {
    let network = LinearNetwork.identity(widths: [3, 3, 3], scale: 0.1)
    let objective = FactorizationObjective(.diagonal([3, 2, 1]))
    var loss = EndToEndLoss(objective, widths: network.widths)
    let descent = GradientDescent(
      step: .fixed(0.01), stepLimit: 200, recording: .spectrum(every: 50)
    ).run(&loss, from: network)
    let flow = GradientFlow(
      until: 2, recording: .at([0, 1, 2], of: [.singularValues])
    ).run(objective, from: network)
    #expect(descent.singularValues.map(\.count) == [3, 3, 3, 3, 3])
    #expect(flow.singularValues.map(\.count) == [3, 3, 3])
    #expect((descent.outcome, flow.outcome) == (.stepLimit(200), .ended))
    #expect(flow.times == [0, 1, 2] && descent.times == [0, 50, 100, 150, 200])
    #expect("\(descent)".contains("5 points") && "\(flow.trajectory)".contains("3 points"))
  }
}
