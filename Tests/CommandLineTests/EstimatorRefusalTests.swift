import DataFormats
import Foundation
import LinearAlgebra
import Testing

/// What `regress`, `sense`, `layers` and the nuclear norm refuse: exit status 2, one sentence on standard error,
/// nothing on standard output, and nothing written. The sentences stand in `Expected/refusals-estimators.txt`.
@Suite struct EstimatorRefusalTests {
  private static let lines = """
    regress
    regress x.npy
    regress nowhere.npy y.csv
    regress x.npy nowhere.csv
    regress x.npy small.csv
    regress x.npy holes.csv
    regress holes.csv holes.csv
    regress cube.npy y.csv
    regress x.npy y.csv --rank 9
    regress x.npy y.csv --rank -1
    regress x.npy y.csv --rank many
    regress x.npy y.csv --validation 1
    regress x.npy y.csv --predict x.npy
    regress x.npy y.csv --predict small.csv --predictions p.csv
    regress x.npy y.csv --output taken.csv
    regress x.npy y.csv --path out.npy
    regress x.npy y.csv --output out.csv --path out.csv
    regress x.npy y.csv --report taken-report
    regress x.npy y.csv --dept 3
    sense
    sense a.npy
    sense nowhere.npy b.npy
    sense a.npy nowhere.npy
    sense x.npy b.npy
    sense a.npy y.csv
    sense a.npy small-b.npy
    sense a.npy infinite.npy
    sense left.csv b.npy --right small.csv
    sense elements.csv b.npy
    sense elements.csv b.npy --rows 2 --columns 2
    sense small.csv b.npy --rows 2 --columns 2
    sense a.npy b.npy --truth small.csv
    sense a.npy b.npy --depth 0
    sense a.npy b.npy --holdout 1
    sense a.npy b.npy --initial-scale -1
    sense a.npy b.npy --output taken.csv
    sense a.npy b.npy --report taken-report
    layers foo
    layers expnd
    layers expand
    layers expand net.safetensors --output o.safetensors
    layers expand net.safetensors --layer fc1
    layers expand nowhere.safetensors --layer fc1 --output o.safetensors
    layers expand small.csv --layer fc1 --output o.safetensors
    layers expand net.safetensors --layer fc2 --output o.safetensors
    layers expand net.safetensors --layer classifier --output o.safetensors
    layers expand net.safetensors --layer norm --output o.safetensors
    layers expand net.safetensors --layer fc1 --layer fc1 --output o.safetensors
    layers expand net.safetensors --layer fc1 --depth 0 --output o.safetensors
    layers expand net.safetensors --layer fc1 --width 2 --output o.safetensors
    layers expand net.safetensors --layer fc1 --output net.safetensors
    layers expand net.safetensors --layer fc1 --output o.npy
    layers expand net.safetensors --layer fc1 --output o.safetensors --report taken-report
    layers collapse net.safetensors --layer dep --output o.safetensors
    layers collapse net.safetensors --layer fc1 --output o.safetensors
    layers collapse net.safetensors --layer odd --output o.safetensors
    layers collapse net.safetensors --layer gap --output o.safetensors
    layers compress net.safetensors --layer fc1 --output o.safetensors
    layers compress net.safetensors --layer fc1 --rank 2 --energy 0.9 --output o.safetensors
    layers compress net.safetensors --layer fc1 --rank 7 --output o.safetensors
    layers compress net.safetensors --layer fc1 --energy 1.5 --output o.safetensors
    layers compress net.safetensors --layer fc1 --error 1 --output o.safetensors
    complete small.csv --penalty auto
    complete small.csv --method nuclear --penalty 0
    complete small.csv --method nuclear --penalty auto --holdout 0
    complete small.csv --method nuclear --intervals 0.9
    """

  private static func prepare(_ command: Command) throws {
    try EstimatorProblems.regression(in: command)
    try EstimatorProblems.sensing(in: command)
    try EstimatorProblems.network(in: command)
    for (name, text) in [
      "small.csv": "1,2\n3,4\n", "taken.csv": "mine\n", "left.csv": "1,2,3\n4,5,6\n7,8,9\n",
      "elements.csv": "measurement,row,column,coefficient\n0,0,1,1\n1,0.5,0,1\n",
      "holes.csv": "1,2\n,4\n5,6\n",
    ] {
      try command.write(text, to: name)
    }
    func array(_ shape: [Int], _ name: String, _ value: Double) throws {
      let elements = [Double](repeating: value, count: shape.reduce(1, *))
      try DataFile.writeArray(NPYArray(shape: shape, elements: elements), to: command.path(name))
    }
    try array([2, 2, 2], "cube.npy", 1)
    try array([4], "small-b.npy", 1)
    try array([60], "infinite.npy", .infinity)
    try FileManager.default.createDirectory(
      at: command.folder.appendingPathComponent("taken-report"), withIntermediateDirectories: true)
    try command.write("mine\n", to: "taken-report/notes.txt")
  }

  @Test func eachIsOneSentenceAndNothingElse() throws {
    try Command.inFolder { command in
      try Self.prepare(command)
      try expectRefusals(of: Self.lines, by: command, equal: "refusals-estimators.txt")
    }
  }
}
