import DataFormats
import DeepLinear

/// The key `objective`: what is made small.
struct ObjectiveSpec {
  static let kinds = [
    "regression", "covariance", "completion", "sensing", "factorization", "power", "logistic",
    "sigmoid", "linear",
  ]

  let kind: String
  let objective: any Objective

  init(_ node: SpecNode, in file: SpecFile) throws {
    let keys = try node.mapping()
    kind = try keys.required("kind").choice(Self.kinds)
    try keys.allow(in: "objective", kind: kind)
    func matrix(_ key: String) throws -> Matrix { try file.matrix(try keys.required(key)) }
    do {
      switch kind {
      case "regression":
        objective = try RegressionObjective(
          inputs: try matrix("inputs"), targets: try matrix("targets"))
      case "covariance":
        objective = try RegressionObjective(
          inputCovariance: try matrix("inputCovariance"),
          crossCovariance: try matrix("crossCovariance"))
      case "completion":
        let data = try file.reading(try keys.required("observed")) {
          try $0.observedEntries(in: $1)
        }
        objective = CompletionObjective(data.entries)
      case "sensing":
        objective = try Self.sensing(keys, file)
      case "factorization":
        objective = FactorizationObjective(try matrix("target"))
      case "power":
        objective = try PowerObjective(
          inputs: try matrix("inputs"), targets: try matrix("targets"),
          power: try keys.required("power").number())
      case "logistic":
        objective = try LogisticObjective(
          inputs: try matrix("inputs"), targets: try matrix("targets"))
      case "linear": objective = LinearObjective(slope: try matrix("slope"))
      default:
        objective = try SigmoidObjective(
          inputs: try matrix("inputs"), targets: try matrix("targets"))
      }
    } catch let error as ObjectiveError {
      throw node.failure("\(error); correct the files or the kind.")
    } catch is DecompositionError {
      throw node.failure("the data of this objective cannot be decomposed; check them.")
    }
  }

  private static func sensing(_ keys: SpecMapping, _ file: SpecFile) throws -> SensingObjective {
    let measurements = try keys.required("measurements")
    let array = try file.reading(measurements) { try $0.array(in: $1) }
    guard array.shape.count == 3 else {
      throw measurements.failure(
        "\(measurements.name) has \(array.shape.count) dimensions; give an array of shape m × d_N × d_0."
      )
    }
    let (count, rows, columns) = (array.shape[0], array.shape[1], array.shape[2])
    let values = try file.reading(try keys.required("values")) { try $0.array(in: $1) }
    return try SensingObjective(
      measurements: Matrix(
        rowCount: count, columnCount: rows * columns, elements: array.elements),
      values: values.elements, outputCount: rows, inputCount: columns)
  }
}
