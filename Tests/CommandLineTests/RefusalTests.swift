import DataFormats
import Foundation
import LinearAlgebra
import Testing

/// Bad input and bad usage: exit status 2, one sentence on standard error, nothing on standard output, and
/// nothing written. The sentences stand in `Expected/refusals.txt`.
@Suite struct RefusalTests {
  /// The files that are there before each command, and stay as they are.
  private static func prepare(_ command: Command) throws {
    let files = [
      "good.csv": "1,2,3\n2,,6\n3,6,\n4,8,12\n",
      "empty.csv": "", "ragged.csv": "1,2,3\n4,5\n", "text.csv": "1,2\n3,abc\n",
      "infinite.csv": "1,inf\n2,3\n", "missing.csv": ",,\n,,\n", "header.csv": "row,column,value\n",
      "negative.csv": "row,column,value\n0,0,1\n-1,0,2\n",
      "duplicate.csv": "row,column,value\n0,0,1\n0,0,2\n1,1,3\n",
      "beyond.csv": "row,column,value\n0,0,1\n5,0,2\n",
      "zero.csv": "row,column,value\n1,1,1\n0,1,2\n",
      "count.mtx": "%%MatrixMarket matrix coordinate real general\n3 3 5\n1 1 1.0\n",
      "beyond.mtx": "%%MatrixMarket matrix coordinate real general\n3 3 1\n4 1 1.0\n",
      "small.csv": "1,2\n3,4\n", "wide.csv": "1,2,3,4\n", "taken.csv": "mine\n",
      "not-a-model.safetensors": "none", "notes.docx": "text",
    ]
    for (name, text) in files { try command.write(text, to: name) }
    for (name, text) in specifications { try command.write(text, to: name) }
    try DataFile.writeMatrix(.identity(3), to: command.path("identity.npy"))
    let array = try command.bytes("identity.npy")
    try array.dropLast(5).write(to: command.folder.appendingPathComponent("short.npy"))
    var complex = array
    let type = try #require(array.range(of: Data("<f8".utf8)))
    complex.replaceSubrange(type, with: Data("<c8".utf8))
    try complex.write(to: command.folder.appendingPathComponent("complex.npy"))
    for folder in ["folder", "taken-report"] {
      try FileManager.default.createDirectory(
        at: command.folder.appendingPathComponent(folder), withIntermediateDirectories: true)
    }
    try command.write("mine\n", to: "taken-report/notes.txt")
    try prepareTrajectories(command)
    let ending = try command.run("complete", "good.csv", "--model", "model.safetensors")
    #expect(ending.status == 0, "\(ending.error)")
  }

  /// Trajectories of `two-layers.yaml` that `certify` refuses, but for the first.
  private static func prepareTrajectories(_ command: Command) throws {
    let ending = try command.run("simulate", "two-layers.yaml", "--output", "path.npz")
    #expect(ending.status == 0, "\(ending.error)")
    let path = try NPZArchive(reading: ByteSource(path: command.path("path.npz")))
    func write(_ name: String, _ change: (inout NPZArchive) throws -> Void) throws {
      var archive = path
      try change(&archive)
      try archive.write(to: command.path("\(name).npz"))
    }
    func changed(_ name: String, _ change: (inout [Double]) -> Void) throws -> NPYArray {
      let array = try #require(path[name])
      var elements = array.elements
      change(&elements)
      return NPYArray(shape: array.shape, elements: elements)
    }
    try write("no-loss") { $0["loss"] = nil }
    try write("nothing") { $0 = NPZArchive() }
    try write("no-times") { archive in
      for member in path.members {
        archive[member.name] = NPYArray(
          shape: [0] + member.array.shape.dropFirst(), elements: [])
      }
    }
    try write("one-layer") { $0["layer2"] = nil }
    try write("long") { $0["loss"] = NPYArray([1, 2, 3, 4]) }
    try write("other-shape") {
      $0["endToEnd"] = NPYArray(shape: [3, 2, 2], elements: .init(repeating: 0, count: 12))
    }
    try write("undefined") { $0["layer1"] = try changed("layer1") { $0[7] = .nan } }
    try write("unsorted") { $0["times"] = NPYArray([0, 2, 2]) }
    try write("before") { $0["times"] = NPYArray([-1, 1, 2]) }
    try write("elsewhere") { $0["layer2"] = try changed("layer2") { $0[0] += 0.5 } }
  }

  /// Specifications, most of which `simulate` refuses.
  private static let specifications = [
    "key.yaml": """
    objective: { kind: factorization, target: identity.npy }
    network: { kind: layered, width: [3, 3, 3], initial: { kind: balanced, scale: 1e-3 } }
    dynamics: { kind: flow }
    recording: { times: [0, 1] }
    """,
    "type.yaml": """
    objective: { kind: factorization, target: identity.npy }
    network: { widths: [3, three, 3], initial: { kind: balanced, scale: 1e-3 } }
    dynamics: { kind: flow }
    recording: { times: [0, 1] }
    """,
    "lost.yaml": """
    objective: { kind: factorization, target: nowhere.npy }
    network: { widths: [3, 3, 3], initial: { kind: balanced, scale: 1e-3 } }
    dynamics: { kind: flow }
    recording: { times: [0, 1] }
    """,
    "shapes.yaml": """
    objective: { kind: factorization, target: identity.npy }
    network: { widths: [4, 3, 3], initial: { kind: balanced, scale: 1e-3 } }
    dynamics: { kind: flow }
    recording: { times: [0, 1] }
    """,
    "step.yaml": """
    objective: { kind: factorization, target: identity.npy }
    network: { widths: [3, 3, 3], initial: { kind: balanced, scale: 1e-3 } }
    dynamics: { kind: descent, stepSize: -0.1 }
    recording: { times: [0, 1] }
    """,
    "times.yaml": """
    objective: { kind: factorization, target: identity.npy }
    network: { widths: [3, 3, 3], initial: { kind: balanced, scale: 1e-3 } }
    dynamics: { kind: flow }
    recording: { times: [0, 2, 1] }
    """,
    "depth.yaml": """
    objective: { kind: factorization, target: identity.npy }
    network: { widths: [3, 3, 3], initial: { kind: layers, files: [identity.npy] } }
    dynamics: { kind: flow }
    recording: { times: [0, 1] }
    """,
    "closed.yaml": """
    objective: { kind: completion, observed: good.csv }
    network: { widths: [3, 3, 4], initial: { kind: balanced, scale: 1e-3 } }
    dynamics: { kind: exact }
    recording: { times: [0, 1] }
    """,
    "two-layers.yaml": """
    objective: { kind: factorization, target: identity.npy }
    network: { widths: [3, 3, 3], initial: { kind: identity, scale: 0.5 } }
    dynamics: { kind: flow }
    recording: { times: [0, 1, 2], quantities: [endToEnd, layers] }
    """,
    "other-seed.yaml": """
    objective: { kind: factorization, target: identity.npy }
    network: { widths: [3, 3, 3], initial: { kind: gaussian, standardDeviation: 0.5 } }
    dynamics: { kind: flow }
    recording: { times: [0, 1, 2], quantities: [endToEnd, layers] }
    """,
    "braces.yaml": """
    objective: { kind: factorization
    """,
  ]

  /// What is asked, without the name of the program.
  private static let lines = """
    nonsense
    complet good.csv
    complete
    complete good.csv small.csv
    complete good.csv --no-such-option
    complete good.csv --dept 2
    complete good.csv --output
    complete good.csv --depth three
    complete good.csv --depth 0
    complete good.csv --depth -1
    complete good.csv --width 0
    complete good.csv --initial-scale 0
    complete good.csv --holdout 1
    complete good.csv --holdout -0.1
    complete good.csv --holdout nan
    complete good.csv --intervals 1
    complete good.csv --intervals 0.9 --holdout 0
    complete good.csv --interval-output widths.csv
    complete good.csv --clip 5,1
    complete good.csv --seed -1
    complete good.csv --method guess
    complete good.csv --polish some
    complete good.csv --polish none --intervals 0.9
    complete good.csv --polish none --method nuclear
    complete good.csv --rows 0
    complete nowhere.csv
    complete folder
    complete notes.docx
    complete empty.csv
    complete ragged.csv
    complete text.csv
    complete infinite.csv
    complete missing.csv
    complete header.csv
    complete negative.csv
    complete zero.csv --one-based
    complete duplicate.csv
    complete beyond.csv --rows 3
    complete short.npy
    complete complex.npy
    complete count.mtx
    complete beyond.mtx
    complete good.csv --mask small.csv
    complete good.csv --truth small.csv
    complete good.csv --truth good.csv
    complete good.csv --truth nowhere.npy
    complete good.csv --output taken.csv
    complete good.csv --output nowhere/out.csv
    complete good.csv --output out.docx
    complete good.csv --output folder
    complete good.csv --output out.npy --intervals 0.9 --interval-output out.npy
    complete good.csv --model fit.npy
    complete good.csv --model model.safetensors
    complete good.csv --report taken-report
    complete good.csv --report taken-report --force
    complete good.csv --report nowhere/report
    complete good.csv --report taken.csv --force
    predict
    predict model.safetensors
    predict good.csv good.csv
    predict not-a-model.safetensors good.csv
    predict nowhere.safetensors good.csv
    predict model.safetensors wide.csv
    predict model.safetensors good.csv --output taken.csv
    predict model.safetensors nowhere.csv
    simulate key.yaml --output t.npz
    simulate type.yaml --output t.npz
    simulate lost.yaml --output t.npz
    simulate shapes.yaml --output t.npz
    simulate step.yaml --output t.npz
    simulate times.yaml --output t.npz
    simulate depth.yaml --output t.npz
    simulate closed.yaml --output t.npz
    simulate braces.yaml --output t.npz
    simulate nowhere.yaml --output t.npz
    certify
    certify key.yaml
    certify nowhere.yaml
    certify two-layers.yaml --trajectory nowhere.npz
    certify two-layers.yaml --trajectory good.csv
    certify two-layers.yaml --trajectory identity.npy
    certify two-layers.yaml --trajectory no-loss.npz
    certify two-layers.yaml --trajectory nothing.npz
    certify two-layers.yaml --trajectory no-times.npz
    certify two-layers.yaml --trajectory one-layer.npz
    certify two-layers.yaml --trajectory long.npz
    certify two-layers.yaml --trajectory other-shape.npz
    certify two-layers.yaml --trajectory undefined.npz
    certify two-layers.yaml --trajectory unsorted.npz
    certify two-layers.yaml --trajectory before.npz
    certify two-layers.yaml --trajectory elsewhere.npz
    certify other-seed.yaml --trajectory path.npz
    certify other-seed.yaml --trajectory path.npz --seed 7
    certify two-layers.yaml --trajectory path.npz --report taken-report
    """

  @Test func eachIsOneSentenceAndNothingElse() throws {
    try Command.inFolder { command in
      try Self.prepare(command)
      try expectRefusals(of: Self.lines, by: command, equal: "refusals.txt")
    }
  }

  @Test(.enabled(if: geteuid() != 0, "The administrator may read every file."))
  func aFileWithoutPermissionIsRefused() throws {
    try Command.inFolder { command in
      try command.write("1,2\n3,4\n", to: "secret.csv")
      try FileManager.default.setAttributes(
        [.posixPermissions: 0], ofItemAtPath: command.path("secret.csv"))
      let ending = try command.run("complete", "secret.csv")
      #expect(ending.status == 2)
      #expect(ending.error.hasPrefix("deeplinear: secret.csv: the file cannot be read"))
    }
  }

  @Test func whatTheSentencesAdviseWorks() throws {
    try Command.inFolder { command in
      try Self.prepare(command)
      for line in [
        "complete duplicate.csv --duplicates mean", "complete duplicate.csv --duplicates last",
        "complete good.csv --output taken.csv --force", "complete beyond.csv --rows 6",
        "predict model.safetensors good.csv --output taken.csv --force",
      ] {
        let ending = try command.run(line.split(separator: " ").map(String.init))
        #expect(ending.status == 0, "\(line): \(ending.error)")
      }
      #expect(try command.read("taken.csv") != "mine\n")
    }
  }
}
