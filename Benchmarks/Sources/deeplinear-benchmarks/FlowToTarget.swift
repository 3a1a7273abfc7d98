import DeepLinear
import Foundation

/// Gradient flow of a 100×100 completion problem at depth 3 from near zero, until the mean squared residual is 1e-8.
///
/// With DEEPLINEAR_HEADLINE set to a folder with obs_2000.csv and init_normal_1.csv to init_normal_3.csv, on those
/// data; on a random instance otherwise.
enum FlowToTarget {
  private struct Peer: Decodable {
    var seconds: Double
    var evaluations: Int
    var time: Double
  }

  static func run() throws {
    let (entries, network) = try problem()
    print(
      "\nGradient flow, depth 3, \(entries.count) entries, relative tolerance 1e-8, to mean squared residual 1e-8"
    )
    let reference = flow(entries, network, tolerance: 1e-11).result.trajectory.finalNetwork
      .endToEnd()
    var times: [Double] = []
    var error = 0.0
    var evaluations = 0
    for _ in 0..<3 {
      let (result, seconds) = flow(entries, network, tolerance: 1e-8)
      times.append(seconds)
      evaluations = result.cost.evaluations + 2 * result.cost.jacobianProducts
      let end = result.trajectory.finalNetwork.endToEnd()
      error = (end - reference).frobeniusNorm / reference.frobeniusNorm
    }
    print(
      String(
        format: "ours      %8.2f CPU s  %8d evaluations  end within %.1e of tolerance 1e-11",
        median(times), evaluations, error))
    let folder = FileManager.default.temporaryDirectory
      .appendingPathComponent("deeplinear-flow-\(ProcessInfo.processInfo.processIdentifier)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    try write(entries, network, to: folder)
    let peer: Peer? = peer("gradient_flow.py", [folder.path, "1e-8", "1e-8"])
    guard let peer else { return print("DOP853    no Python with SciPy") }
    let theirs = try read(folder.appendingPathComponent("peer.csv"))
    print(
      String(
        format: "DOP853    %8.2f CPU s  %8d evaluations  end within %.1e; %.1f times as long",
        peer.seconds, peer.evaluations,
        (theirs - reference).frobeniusNorm / reference.frobeniusNorm, peer.seconds / median(times)))
  }

  private static func flow(
    _ entries: ObservedEntries, _ network: LinearNetwork, tolerance: Double
  ) -> (result: FlowResult, seconds: Double) {
    let start = processorSeconds()
    // Our loss is half of the mean square.
    let result = GradientFlow(
      until: .infinity, steps: .adaptive(relativeTolerance: tolerance), targetLoss: 0.5e-8
    ).run(CompletionObjective(entries), from: network)
    return (result, processorSeconds() - start)
  }

  private static func problem() throws -> (ObservedEntries, LinearNetwork) {
    let scale = cbrt(1e-3) / 10
    if let path = ProcessInfo.processInfo.environment["DEEPLINEAR_HEADLINE"] {
      let folder = URL(fileURLWithPath: path)
      let table = try read(folder.appendingPathComponent("obs_2000.csv"), skipping: 1)
      let layers = try (1...3).map {
        scale * (try read(folder.appendingPathComponent("init_normal_\($0).csv")))
      }
      return (
        try ObservedEntries(
          rowCount: 100, columnCount: 100, rows: table.column(0).map { Int32($0) },
          columns: table.column(1).map { Int32($0) }, values: table.column(2)),
        try LinearNetwork(layers: layers)
      )
    }
    var generator = SeededGenerator(seed: 2)
    let problem = CompletionTeacher(rowCount: 100, columnCount: 100, rank: 5, entryCount: 2000)
      .problem(using: &generator)
    let network = LinearNetwork.gaussian(
      widths: [100, 100, 100, 100], standardDeviation: scale, using: &generator)
    return (problem.entries, network)
  }

  private static func write(
    _ entries: ObservedEntries, _ network: LinearNetwork, to folder: URL
  ) throws {
    var text = "row,column,value\n"
    for k in entries.values.indices {
      text += "\(entries.rows[k]),\(entries.columns[k]),\(entries.values[k])\n"
    }
    try text.write(
      to: folder.appendingPathComponent("observed.csv"), atomically: true, encoding: .utf8)
    for (index, layer) in network.layers.enumerated() {
      let lines = (0..<layer.rowCount).map { layer.row($0).map { "\($0)" }.joined(separator: ",") }
      try (lines.joined(separator: "\n") + "\n").write(
        to: folder.appendingPathComponent("w\(index + 1).csv"), atomically: true, encoding: .utf8)
    }
  }

  private static func read(_ file: URL, skipping lineCount: Int = 0) throws -> Matrix {
    let lines = try String(contentsOf: file, encoding: .utf8).split(separator: "\n")
    return Matrix(
      rows: lines.dropFirst(lineCount).map { $0.split(separator: ",").compactMap { Double($0) } })
  }
}
