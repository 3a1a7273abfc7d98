import DataFormats
import Foundation
import Jobs
import LinearAlgebra

/// What was understood of a table, and the table itself with its holes.
struct TablePreview: Codable {
  var file: UploadedFile
  var reading: Reading?

  /// Tables of more cells are described, not shown.
  static let mostCells = 4_000_000

  func answer() throws -> Answer {
    let data = try file.source(reading).observedEntries(in: try file.context())
    return Answer(data)
  }

  struct Answer: Encodable {
    struct Column: Encodable {
      var heading: String
      var unit: String?
      var role: String
      var lowest: Double?
      var highest: Double?
      var known: Int
    }

    var rows: Int
    var columns: Int
    var known: Int
    var format: String
    var layout: String
    var sentence: String?
    var traits: [String]
    var warnings: [String]
    var rowsBy: String?
    /// The columns of the file, those that are not data included.
    var fileColumns: [Column]
    var rowNames: [String]?
    var columnNames: [String]?
    /// Row after row, NaN where nothing is known; nil for a table too large to be shown.
    var cells: SentArray?
    /// Whether the file can be given back in the form it came in.
    var comesBack: Bool

    init(_ data: ObservedData) {
      let entries = data.entries
      rows = entries.rowCount
      columns = entries.columnCount
      known = entries.count
      format = data.format.rawValue
      layout = data.layout.rawValue
      sentence = data.understanding?.sentence
      traits = data.understanding?.traits ?? []
      warnings = data.understanding?.warnings ?? []
      rowsBy = data.understanding?.rowsBy
      fileColumns = (data.understanding?.columns ?? []).prefix(2_000).map { column in
        let role =
          switch column.role {
          case .data: "data"
          case .names: "names"
          case .kept: "kept"
          case .blank: "blank"
          }
        return Column(
          heading: column.heading, unit: column.unit, role: role,
          lowest: column.range?.lowerBound, highest: column.range?.upperBound,
          known: column.knownCount)
      }
      rowNames = data.names.rows
      columnNames = data.names.columns
      comesBack = data.original != nil
      let (count, overflow) = rows.multipliedReportingOverflow(by: columns)
      if !overflow, count <= TablePreview.mostCells {
        var elements = [Double](repeating: .nan, count: count)
        for k in entries.values.indices {
          elements[Int(entries.rows[k]) * columns + Int(entries.columns[k])] = entries.values[k]
        }
        cells = SentArray(shape: [rows, columns], elements)
      }
    }
  }
}

/// A file that a page has handed in, by the name it had there.
struct UploadedFile: Codable, Sendable {
  var name: String
  var path: String
  /// A picture of the same size with 0 where a pixel is unknown.
  var maskPath: String?

  func source(_ reading: Reading?) -> DataSource {
    var reading = reading ?? Reading()
    reading.mask = maskPath
    return DataSource(.upload(name), reading: reading)
  }

  func context() throws -> JobContext {
    guard let data = FileManager.default.contents(atPath: path) else {
      throw BadInput("\(name): the file is no longer there; hand it in again.")
    }
    return JobContext(uploads: [name: Array(data)], wantsRecord: true)
  }
}
