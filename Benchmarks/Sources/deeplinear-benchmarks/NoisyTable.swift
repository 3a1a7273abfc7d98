import DeepLinear
import Foundation

/// Known entries of a matrix of low rank with noise of a tenth of the signal, and some held out.
struct NoisyTable {
  let observed: ObservedEntries
  let heldOut: ObservedEntries
  /// The signal's standard deviation.
  let deviation: Double

  /// Positions are drawn without the dense matrix; a tenth of the entries is held out.
  init(rowCount: Int, columnCount: Int, rank: Int, count: Int) throws {
    var generator = SeededGenerator(seed: 11)
    let left = Matrix.gaussian(rowCount: rowCount, columnCount: rank, using: &generator)
    let right = Matrix.gaussian(rowCount: columnCount, columnCount: rank, using: &generator)
    let places = generator.sample(count, below: rowCount * columnCount)
    let zeros = try ObservedEntries(
      rowCount: rowCount, columnCount: columnCount, rows: places.map { Int32($0 / columnCount) },
      columns: places.map { Int32($0 % columnCount) },
      values: [Double](repeating: 0, count: count))
    var values = zeros.values
    ObservedPattern(of: zeros).products(left: left, right: right, into: &values)
    let deviation = (values.reduce(0) { $0 + $1 * $1 } / Double(count)).squareRoot()
    self.deviation = deviation
    let entries = zeros.replacingValues(
      values.map { $0 + 0.1 * deviation * generator.nextGaussian() })
    let isHeld = values.indices.map { _ in generator.nextUniform() < 0.1 }
    observed = entries.selecting(isHeld.indices.filter { !isHeld[$0] })
    heldOut = entries.selecting(isHeld.indices.filter { isHeld[$0] })
  }

  /// The root mean square error of a model on the entries held out, relative to the signal.
  func error(of model: CompletionModel) -> Double {
    let squares = zip(model.values(at: heldOut), heldOut.values).reduce(0) {
      $0 + ($1.0 - $1.1) * ($1.0 - $1.1)
    }
    return (squares / Double(heldOut.count)).squareRoot() / deviation
  }

  /// The observed entries as CSV triplets.
  func csv() -> String {
    var text = "row,column,value\n"
    for k in observed.values.indices {
      text += "\(observed.rows[k]),\(observed.columns[k]),\(observed.values[k])\n"
    }
    return text
  }
}
