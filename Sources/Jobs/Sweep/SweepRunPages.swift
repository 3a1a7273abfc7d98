import DeepLinear
import Records
import SweepStore

/// The runs behind the points of a sweep, on pages beside its report; a page has many points, each with its mark.
struct SweepRunPages {
  private let table: SweepTable
  private let title: String
  /// Where trajectories are, relative to the pages; nil where none are kept.
  private let trajectories: String?
  /// The first point of each page, and at last their number.
  private let starts: [Int]

  /// Of more runs than this there are no pages; the tables have them.
  private static let largestCount = 20_000
  /// A page is full with so many rows.
  private static let rowCount = 1_000

  init(_ table: SweepTable, title: String, trajectories: String?) {
    self.table = table
    self.title = title
    self.trajectories = trajectories
    guard table.points.reduce(0, { $0 + $1.runs.count }) <= Self.largestCount else {
      starts = []
      return
    }
    var (starts, rows) = ([Int](), Self.rowCount)
    for (number, point) in table.points.enumerated() {
      if rows >= Self.rowCount {
        starts.append(number)
        rows = 0
      }
      rows += point.runs.count
    }
    self.starts = starts + [table.points.count]
  }

  /// Whether there are none, since the runs are too many.
  var isEmpty: Bool { starts.count < 2 }

  private static func name(_ page: Int) -> String { "runs-\(page + 1).html" }
  private static func mark(_ point: Int) -> String { "point-\(point + 1)" }

  /// Where the runs of a point are, relative to the report.
  func address(ofPoint number: Int) -> String? {
    guard !isEmpty, table.points.indices.contains(number) else { return nil }
    var (low, high) = (0, starts.count - 1)
    while high - low > 1 {
      let middle = (low + high) / 2
      if starts[middle] <= number { low = middle } else { high = middle }
    }
    return "\(Self.name(low))#\(Self.mark(number))"
  }

  /// By the names of their files.
  var records: [(name: String, record: Record)] {
    guard !isEmpty else { return [] }
    return (0..<starts.count - 1).map { page in
      (Self.name(page), record(of: starts[page]..<starts[page + 1], page))
    }
  }

  private func record(of points: Range<Int>, _ page: Int) -> Record {
    var columns = [Column("point")] + table.axes.map { Column($0) }
    columns += [Column("run"), Column("seed", alignment: .leading)]
    columns += table.measures.map { Column($0) }
    let hasProblems = points.contains { table.points[$0].runs.contains { $0.problem != nil } }
    if hasProblems { columns.append(Column("why it failed", alignment: .leading)) }
    var (rows, marks) = ([[Cell]](), [String]())
    for number in points {
      for (place, run) in table.points[number].runs.enumerated() {
        marks.append(place == 0 ? Self.mark(number) : "")
        var row: [Cell] = [Cell(number + 1)]
        row += run.axes.map { value in
          switch value {
          case .number(let number): .number(number)
          case .text(let text): .text(text)
          }
        }
        row += [Cell(run.replicate), seed(of: run)]
        row += run.measures.map { $0.map { .number($0) } ?? .missing }
        if hasProblems { row.append(run.problem.map { .text($0) } ?? .missing) }
        rows.append(row)
      }
    }
    let pages = starts.count - 1
    return Record(
      title: "Runs of points \(points.lowerBound + 1) to \(points.upperBound)", subtitle: title,
      sections: [
        Section(
          heading: pages > 1 ? "Page \(page + 1) of \(pages)" : "Run by run",
          prose: trajectories == nil
            ? "" : "The seed of a run that is done leads to its trajectory, a file for NumPy.",
          blocks: [.table(Table(title: "Runs", columns: columns, rows: rows, marks: marks))])
      ])
  }

  private func seed(of run: StoredRun) -> Cell {
    guard let trajectories, run.status == .done else { return .text("\(run.seed)") }
    return .link("\(run.seed)", to: "\(trajectories)/\(run.seed).npz")
  }
}
