import DataFormats
import DeepLinear
import FoundationEssentials

/// What a model file keeps about the table it was fitted to: names, units, scales and kinds of columns, names of rows,
/// and the error on entries held out.
struct ModelColumns: Codable, Equatable {
  struct Column: Codable, Equatable {
    var name: String
    var unit: String?
    /// `integer` or `decimal`.
    var kind: String
    /// The most decimal places that one of its numbers has.
    var decimals: Int
    /// Its smallest and largest known number.
    var smallest: Double?
    var largest: Double?
  }

  var columns: [Column]?
  var columnNames: [String]?
  var rowNames: [String]?
  var rowHeading: String?
  var heldOutError: Double?
  var isExact: Bool?
  /// Whether the rows and columns of the list that was fitted count from 1.
  var countsFromOne: Bool?

  init() {}

  init(_ data: ObservedData, fit: MatrixCompleter.Fit) {
    columnNames = data.names.columns
    rowNames = data.names.rows
    rowHeading = data.names.rowHeading
    heldOutError = fit.holdoutError?.finite ?? fit.trainingError.finite
    isExact = fit.isExact
    countsFromOne = data.countsFromOne ? true : nil
    let described = data.understanding?.columns.filter { $0.role == .data } ?? []
    guard described.count == data.entries.columnCount else { return }
    columns = described.map { column in
      Column(
        name: column.heading, unit: column.unit,
        kind: column.format.isInteger ? "integer" : "decimal",
        decimals: column.format.decimals.upperBound, smallest: column.range?.lowerBound,
        largest: column.range?.upperBound)
    }
  }

  init?(json: String) {
    guard let found = try? JSONDecoder().decode(Self.self, from: Data(json.utf8)) else {
      return nil
    }
    self = found
  }

  func fits(_ rowCount: Int, _ columnCount: Int) -> Bool {
    rowNames.map { $0.count == rowCount } ?? true
      && columnNames.map { $0.count == columnCount } ?? true
      && columns.map { $0.count == columnCount } ?? true
  }

  /// Rows and columns exchanged.
  var transposed: ModelColumns {
    var result = self
    result.columnNames = rowNames
    result.rowNames = columnNames
    result.rowHeading = nil
    result.columns = nil
    return result
  }
}

extension CompletionModel {
  /// The model of the transposed matrix. A ridge is the noise over the spread of a coordinate: it is carried over to
  /// the other side by the quotient of their spreads.
  var transposed: CompletionModel {
    func meanSquare(_ values: some Sequence<Double>, _ count: Int) -> Double {
      values.reduce(0) { $0 + $1 * $1 } / Double(max(count, 1))
    }
    func column(_ matrix: Matrix, _ k: Int) -> [Double] {
      (0..<matrix.rowCount).map { matrix[$0, k] }
    }
    // Beside noise of each column the ridges are in its units; the other side has none of its own.
    let unit = columnNoise.map { meanSquare($0, columnCount) } ?? 1
    func carried(_ ridge: Double, from own: Double, to other: Double) -> Double {
      let plain = unit * (ridge >= Self.noRowOffsets ? 0 : ridge)
      return other > 0 ? plain * own / other : plain
    }
    let ridges = ridge.indices.map { k in
      carried(
        ridge[k], from: meanSquare(column(rowFactor, k), rowCount),
        to: meanSquare(column(columnFactor, k), columnCount))
    }
    func turned(_ offsets: AdditiveOffsets) -> AdditiveOffsets {
      AdditiveOffsets(mean: offsets.mean, rows: offsets.columns, columns: offsets.rows)
    }
    let offsetRidge =
      offsets.map {
        carried(
          self.offsetRidge, from: meanSquare($0.rows, rowCount),
          to: meanSquare($0.columns, columnCount))
      } ?? 0
    return CompletionModel(
      rowFactor: columnFactor, columnFactor: rowFactor, offsets: offsets.map(turned), ridge: ridges,
      offsetRidge: offsetRidge, fallback: fallback.map(turned), emptyRows: emptyColumns,
      emptyColumns: emptyRows)
  }
}
