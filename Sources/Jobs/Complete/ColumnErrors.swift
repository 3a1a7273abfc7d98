import DataFormats
import DeepLinear

/// The error of a completion on entries held out, column by column.
///
/// The fit of the answer takes all entries and cannot be judged by them: for the page it is made once more, or three
/// times if it is small, without a tenth of the entries.
struct ColumnErrors {
  /// Root mean square errors; NaN where no entry of a column was held out.
  let errors: [Double]
  let all: Double

  /// Tables of more entries take too long to be fitted again.
  private static let largestCount = 100_000

  init?(_ data: ObservedData, request: Completion, observer: JobObserver = .none) {
    let entries = data.entries
    guard entries.count >= 30, entries.count <= Self.largestCount,
      request.settledMethod == .deep, request.settledHoldout > 0
    else { return nil }
    let completer = request.completer(for: data)
    var generator = SeededGenerator(seed: request.settledSeed &+ 1)
    let parts = (0..<entries.count).map { _ in UInt8.random(in: 0..<10, using: &generator) }
    var squares = [Double](repeating: 0, count: entries.columnCount)
    var counts = [Int](repeating: 0, count: entries.columnCount)
    for part in 0..<UInt8(entries.count > 5_000 ? 1 : 3) {
      let kept = entries.values.indices.filter { parts[$0] != part }
      guard kept.count < entries.count, !kept.isEmpty,
        let fit = try? completer.fit(entries.selecting(kept))
      else { continue }
      let predictions = fit.completion()
      for k in entries.values.indices where parts[k] == part {
        let (row, column) = (Int(entries.rows[k]), Int(entries.columns[k]))
        let difference = entries.values[k] - predictions[row, column]
        squares[column] += difference * difference
        counts[column] += 1
      }
    }
    let count = Double(counts.reduce(0, +))
    guard count > 0 else { return nil }
    all = (squares.reduce(0, +) / count).squareRoot()
    errors = zip(squares, counts).map { $1 > 0 ? ($0 / Double($1)).squareRoot() : .nan }
  }
}
