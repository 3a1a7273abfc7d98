import DataFormats
import DeepLinear

/// The key `teacher`: a problem with a known answer, made from the seed and read as arrays.
///
/// A completion gives `observed` and `truth`, sensing `measurements`, `values` and `truth`, a regression `inputs`,
/// `targets` and `truth`, a factorization `target`.
struct TeacherSpec {
  static let kinds = ["completion", "sensing", "regression", "factorization"]

  let arrays: [String: NPYArray]

  init(_ node: SpecNode, seed: UInt64) throws {
    let keys = try node.mapping()
    // A stream of its own: the start takes the seed's first numbers.
    var random = SeededGenerator(seed: seed &+ 0x7EAC_4E12)
    let kind = try keys.required("kind").choice(Self.kinds)
    try keys.allow(in: "teacher", kind: kind)
    switch kind {
    case "completion":
      arrays = try Self.completion(keys, &random)
    case "sensing":
      arrays = try Self.sensing(keys, &random)
    case "regression":
      arrays = try Self.regression(keys, &random)
    default:
      arrays = try Self.factorization(keys, &random)
    }
  }

  private static func size(_ keys: SpecMapping, _ key: String) throws -> Int {
    let node = try keys.required(key)
    let size = try node.integer(from: 1)
    guard size <= 1 << 20 else {
      throw node.failure("\(node.name) is \(size), more than there is room for; make it smaller.")
    }
    return size
  }

  private static func noise(_ keys: SpecMapping) throws -> Double {
    guard let node = keys["noise"] else { return 0 }
    let value = try node.number()
    guard value >= 0 else { throw node.failure("\(node.name) must not be negative; correct it.") }
    return value
  }

  private static func shape(
    _ keys: SpecMapping, _ rows: String, _ columns: String
  ) throws -> (rows: Int, columns: Int, rank: Int) {
    let (rows, columns) = (try size(keys, rows), try size(keys, columns))
    let node = try keys.required("rank")
    let rank = try node.integer(from: 1)
    guard rank <= min(rows, columns) else {
      throw node.failure("a \(rows)×\(columns) matrix cannot have rank \(rank); correct one.")
    }
    var need = MemoryNeed()
    need.add(numbers: Double(rows), Double(columns), copies: 5)
    need.add(numbers: Double(rows + columns), Double(rank), copies: 2)
    if let shortage = need.shortage {
      throw keys.node.failure("a \(rows)×\(columns) truth \(shortage); make it smaller.")
    }
    return (rows, columns, rank)
  }

  /// A number, or a multiple of r(n + m − r), the degrees of freedom of a matrix of rank r.
  private static func count(
    _ keys: SpecMapping, _ name: String, of shape: (rows: Int, columns: Int, rank: Int)
  ) throws -> Int {
    let quotient = "\(name)PerDegree"
    if let node = keys[quotient] {
      if let other = keys[name] {
        throw other.failure("a teacher has \(name) or \(quotient), not both; remove one.")
      }
      let degrees = shape.rank * (shape.rows + shape.columns - shape.rank)
      let count = (try node.positiveNumber() * Double(degrees)).rounded()
      guard count >= 1, count <= 1e9 else {
        throw node.failure("\(node.name) makes \(count) \(name); correct it.")
      }
      return Int(count)
    }
    return try keys.required(name).integer(from: 1)
  }

  private static func completion(
    _ keys: SpecMapping, _ random: inout SeededGenerator
  ) throws -> [String: NPYArray] {
    let shape = try shape(keys, "rows", "columns")
    let count = try count(keys, "entries", of: shape)
    guard count <= shape.rows * shape.columns else {
      throw keys.node.failure(
        "\(count) entries are more than a \(shape.rows)×\(shape.columns) matrix has; ask for fewer."
      )
    }
    let problem = CompletionTeacher(
      rowCount: shape.rows, columnCount: shape.columns, rank: shape.rank, entryCount: count,
      noise: try noise(keys)
    ).problem(using: &random)
    return [
      "observed": NPYArray(problem.entries.dense(elsewhere: .nan)),
      "truth": NPYArray(problem.truth),
    ]
  }

  /// A truth of mean square one, as ``CompletionTeacher`` makes it.
  private static func truth(
    _ rows: Int, _ columns: Int, _ rank: Int, _ random: inout SeededGenerator
  ) -> Matrix {
    CompletionTeacher(rowCount: rows, columnCount: columns, rank: rank, entryCount: 0)
      .problem(using: &random).truth
  }

  private static func sensing(
    _ keys: SpecMapping, _ random: inout SeededGenerator
  ) throws -> [String: NPYArray] {
    let shape = try shape(keys, "rows", "columns")
    let count = try count(keys, "measurements", of: shape)
    let cells = shape.rows * shape.columns
    var need = MemoryNeed()
    need.add(numbers: Double(count), Double(cells), copies: 3)
    if let shortage = need.shortage {
      throw keys.node.failure(
        "making \(count) measurements of \(shape.rows)×\(shape.columns) matrices \(shortage); ask for fewer."
      )
    }
    let truth = truth(shape.rows, shape.columns, shape.rank, &random)
    let measurements = Matrix.gaussian(rowCount: count, columnCount: cells, using: &random)
    let noise = try noise(keys)
    let values = (measurements * truth.elements).map { $0 + noise * random.nextGaussian() }
    return [
      "measurements": NPYArray(
        shape: [count, shape.rows, shape.columns], elements: measurements.elements),
      "values": NPYArray(values), "truth": NPYArray(truth),
    ]
  }

  private static func regression(
    _ keys: SpecMapping, _ random: inout SeededGenerator
  ) throws -> [String: NPYArray] {
    let shape = try shape(keys, "outputs", "inputs")
    let samples = try size(keys, "samples")
    var need = MemoryNeed()
    need.add(numbers: Double(samples), Double(shape.rows + shape.columns), copies: 4)
    if let shortage = need.shortage {
      throw keys.node.failure("making \(samples) samples \(shortage); ask for fewer.")
    }
    let truth = truth(shape.rows, shape.columns, shape.rank, &random)
    let inputs = Matrix.gaussian(rowCount: samples, columnCount: shape.columns, using: &random)
    let noise = Matrix.gaussian(
      rowCount: samples, columnCount: shape.rows, standardDeviation: try noise(keys),
      using: &random)
    return [
      "inputs": NPYArray(inputs), "targets": NPYArray(inputs.timesTransposed(truth) + noise),
      "truth": NPYArray(truth),
    ]
  }

  /// Given singular values in random directions.
  private static func factorization(
    _ keys: SpecMapping, _ random: inout SeededGenerator
  ) throws -> [String: NPYArray] {
    let (rows, columns) = (try size(keys, "rows"), try size(keys, "columns"))
    let node = try keys.required("singularValues")
    let values = try node.list().map { try $0.number() }
    guard !values.isEmpty, values.count <= min(rows, columns), rows * columns <= 100_000_000 else {
      throw node.failure(
        "a \(rows)×\(columns) matrix has up to \(min(rows, columns)) singular values, not \(values.count); correct the list."
      )
    }
    let left = Matrix.orthogonal(rowCount: rows, columnCount: values.count, using: &random)
    let right = Matrix.orthogonal(rowCount: columns, columnCount: values.count, using: &random)
    return ["target": NPYArray(left.scalingColumns(by: values).timesTransposed(right))]
  }
}
