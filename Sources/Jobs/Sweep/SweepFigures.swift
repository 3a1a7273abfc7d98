import DeepLinear
import Glibc
import Records
import SweepStore

/// The pictures of a sweep: curves over one axis, maps over two, all axes side by side.
struct SweepFigures {
  let table: SweepTable
  /// By measure, the measure that is what theory says of it.
  let theories: [String: String]
  /// Lines across curves over an axis, by the axis.
  let markers: [String: [Marker]]
  /// The pages of the runs behind each point.
  let pages: SweepRunPages

  init(
    table: SweepTable, theories: [String: String], markers: [(String, Marker)],
    pages: SweepRunPages
  ) {
    self.table = table
    self.theories = theories
    self.markers = Dictionary(grouping: markers, by: \.0).mapValues { $0.map(\.1) }
    self.pages = pages
    places = Dictionary(
      uniqueKeysWithValues: table.points.enumerated().map { ($1.axes, $0) })
  }

  /// The number of each point in the table, by its values.
  private let places: [[StoredRun.Value]: Int]

  /// Where the runs behind a point are.
  private func address(_ point: SweepTable.Point) -> String {
    places[point.axes].flatMap { pages.address(ofPoint: $0) } ?? ""
  }

  /// At most so many curves in one figure, and maps in one row.
  private static let largestFamily = 12
  private static let largestRow = 6

  var sections: [Section] {
    let shown = table.measures.filter { !theories.values.contains($0) }
    var sections = shown.compactMap { name -> Section? in
      guard let measure = table.measures.firstIndex(of: name) else { return nil }
      let figures = (curves(of: measure).map { [$0] } ?? []) + maps(of: measure)
      return figures.isEmpty
        ? nil : Section(heading: name, blocks: figures.map { .figure($0) })
    }
    if let figure = parallel {
      sections.append(Section(heading: "All axes side by side", blocks: [.figure(figure)]))
    }
    return sections + [tableSection]
  }

  // MARK: Axes

  /// Distinct numbers of an axis, ascending; nil where it has words.
  private func numbers(of axis: Int) -> [Double]? {
    var numbers: Set<Double> = []
    for point in table.points {
      guard case .number(let number) = point.axes[axis] else { return nil }
      numbers.insert(number)
    }
    return numbers.sorted()
  }

  /// Axes of several numbers, those with the most first.
  private var numericAxes: [(axis: Int, numbers: [Double])] {
    table.axes.indices.compactMap { axis in numbers(of: axis).map { (axis, $0) } }
      .filter { $0.numbers.count > 1 }
      .sorted { ($0.numbers.count, -$0.axis) > ($1.numbers.count, -$1.axis) }
  }

  /// Even quotients look even on a logarithmic axis.
  private static func isLogarithmic(_ numbers: [Double]) -> Bool {
    guard let low = numbers.first, let high = numbers.last, low > 0 else { return false }
    return high > 50 * low
  }

  private func axis(_ number: Int, _ numbers: [Double]) -> Axis {
    Axis(table.axes[number], Self.isLogarithmic(numbers) ? .logarithmic : .linear)
  }

  private func words(_ point: SweepTable.Point, without axes: [Int]) -> String {
    table.axes.indices.filter { !axes.contains($0) }
      .map { "\(table.axes[$0]) = \(SweepTable.text(point.axes[$0]))" }.joined(separator: ", ")
  }

  /// Points with the same values of all but some axes, in the order of the table.
  private func families(without axes: [Int]) -> [(words: String, points: [SweepTable.Point])] {
    var order: [String] = []
    var families: [String: [SweepTable.Point]] = [:]
    for point in table.points {
      let name = words(point, without: axes)
      if families[name] == nil { order.append(name) }
      families[name, default: []].append(point)
    }
    return order.map { ($0, families[$0]!) }
  }

  /// What is drawn of a measure at a point: the share of a yes or no, else the middle one of its runs.
  private func value(_ point: SweepTable.Point, _ measure: Int) -> Double {
    let statistics = point.statistics[measure]
    return statistics.share ?? statistics.median ?? .nan
  }

  // MARK: Curves

  private func curves(of measure: Int) -> Figure? {
    guard let (axis, numbers) = numericAxes.first else { return nil }
    let all = families(without: [axis]).filter { $0.points.count > 1 }
    guard !all.isEmpty, all.count <= Self.largestFamily else { return nil }
    let isRepeated = table.points.contains { $0.runs.count > 1 }
    var series: [Series] = []
    for (k, family) in all.enumerated() {
      let x = family.points.map { point -> Double in
        if case .number(let number) = point.axes[axis] { number } else { .nan }
      }
      let name = family.words.isEmpty ? table.measures[measure] : family.words
      series.append(
        Series(
          name, x: x, y: family.points.map { value($0, measure) },
          band: isRepeated ? band(family.points, measure) : nil,
          addresses: pages.isEmpty ? nil : family.points.map(address), style: .connectedPoints,
          color: .palette(k)))
      if let theory = theories[table.measures[measure]],
        let index = table.measures.firstIndex(of: theory)
      {
        series.append(
          Series(
            "\(name), theory", x: x, y: family.points.map { value($0, index) }, style: .dashed,
            color: .palette(k)))
      }
    }
    let isShare = table.points.contains { $0.statistics[measure].share != nil }
    let scale: Axis.Scale = spansDecades(measure) ? .logarithmic : .linear
    let caption =
      isShare
      ? "The share of the runs at each point; the band is Wilson's 95 % interval."
      : "The median of the runs at each point"
        + (isRepeated ? "; the band holds four fifths of them." : ".")
    return Figure(
      title: "\(table.measures[measure]) over \(table.axes[axis])", caption: caption,
      .lines(
        LinePlot(
          horizontal: self.axis(axis, numbers),
          vertical: isShare
            ? Axis(table.measures[measure], lower: 0, upper: 1)
            : Axis(table.measures[measure], scale),
          series: series, markers: markers[table.axes[axis]] ?? [])))
  }

  private func band(_ points: [SweepTable.Point], _ measure: Int) -> Band {
    let statistics = points.map { $0.statistics[measure] }
    let isShare = statistics.contains { $0.share != nil }
    return Band(
      isShare ? "95 % interval" : "four fifths of the runs",
      lower: statistics.map { (isShare ? $0.shareLower : $0.lowerDecile) ?? .nan },
      upper: statistics.map { (isShare ? $0.shareUpper : $0.upperDecile) ?? .nan })
  }

  /// Whether a measure is positive and spreads over more than two powers of ten.
  private func spansDecades(_ measure: Int) -> Bool {
    let values = table.points.map { value($0, measure) }.filter(\.isFinite)
    guard let low = values.min(), let high = values.max(), low > 0 else { return false }
    return high > 100 * low
  }

  // MARK: Maps

  private func maps(of measure: Int) -> [Figure] {
    let axes = numericAxes
    guard axes.count >= 2 else { return [] }
    let (across, up) = (axes[0], axes[1])
    let all = families(without: [across.axis, up.axis])
    guard all.count <= Self.largestRow else { return [] }
    let isLogarithmic = spansDecades(measure)
    func shown(_ value: Double) -> Double { isLogarithmic ? log10(value) : value }
    let name = (isLogarithmic ? "log₁₀ " : "") + table.measures[measure]
    return all.flatMap { family -> [Figure] in
      var values = [Double](repeating: .nan, count: across.numbers.count * up.numbers.count)
      var theory = values
      var ways = [String](repeating: "", count: values.count)
      let index = theories[table.measures[measure]].flatMap { table.measures.firstIndex(of: $0) }
      for point in family.points {
        guard case .number(let x) = point.axes[across.axis],
          case .number(let y) = point.axes[up.axis],
          let column = across.numbers.firstIndex(of: x), let row = up.numbers.firstIndex(of: y)
        else { continue }
        values[row * across.numbers.count + column] = shown(value(point, measure))
        ways[row * across.numbers.count + column] = address(point)
        if let index { theory[row * across.numbers.count + column] = shown(value(point, index)) }
      }
      // A sample has a point here and there: nothing a map could show.
      guard 2 * values.count(where: \.isFinite) > values.count else { return [] }
      let title = "\(name)" + (family.words.isEmpty ? "" : ", \(family.words)")
      let count = across.numbers.count
      func fromTop<Element>(_ cells: [Element]) -> [Element] {
        (0..<up.numbers.count).reversed().flatMap { cells[$0 * count..<($0 + 1) * count] }
      }
      func ends(_ axis: (axis: Int, numbers: [Double])) -> String {
        "\(table.axes[axis.axis]), \(readable(axis.numbers[0])) to \(readable(axis.numbers[axis.numbers.count - 1]))"
      }
      let map = Figure(
        title: title,
        caption: "From left to right \(ends(across)); from bottom to top \(ends(up)).",
        .heatMap(
          HeatMap(
            rowCount: up.numbers.count, columnCount: count, values: fromTop(values),
            horizontal: Axis("\(ends(across)) (column)"), vertical: Axis("\(ends(up)) (row)"),
            colors: ColorScale(
              values.contains { $0 < 0 } && values.contains { $0 > 0 } ? .diverging : .sequential,
              title: name), addresses: pages.isEmpty ? nil : fromTop(ways))))
      return [map, contours(title, name, across, up, values, index == nil ? nil : theory)]
        .compactMap(\.self)
    }
  }

  private func contours(
    _ title: String, _ name: String, _ across: (axis: Int, numbers: [Double]),
    _ up: (axis: Int, numbers: [Double]), _ values: [Double], _ theory: [Double]?
  ) -> Figure? {
    let finite = values.filter(\.isFinite).sorted()
    guard let low = finite.first, let high = finite.last, high > low else { return nil }
    let levels = (1...7).map { low + (high - low) * Double($0) / 8 }
    var series: [Series] = []
    for (k, level) in levels.enumerated() {
      for (values, suffix, style) in [
        (values, "", Series.Style.solid), (theory ?? [], ", theory", .dashed),
      ] where !values.isEmpty {
        let line = ContourLines(x: across.numbers, y: up.numbers, values: values).line(at: level)
        guard !line.x.isEmpty else { continue }
        series.append(
          Series(
            "\(name) = \(readable(level))\(suffix)", x: line.x, y: line.y, style: style,
            color: .gradient(Double(k) / 6)))
      }
    }
    return Figure(
      title: "\(title): lines of equal value",
      caption: theory == nil ? "" : "Dashed: what theory says.",
      .lines(
        LinePlot(
          horizontal: axis(across.axis, across.numbers), vertical: axis(up.axis, up.numbers),
          series: series)))
  }

  // MARK: All axes

  private var parallel: Figure? {
    let axes = numericAxes.sorted { $0.axis < $1.axis }
    guard axes.count >= 3, table.points.count > 1, !table.measures.isEmpty else { return nil }
    func place(_ value: Double, _ numbers: [Double]) -> Double {
      let (low, high) = (numbers[0], numbers[numbers.count - 1])
      return Self.isLogarithmic(numbers)
        ? log(value / low) / log(high / low) : (value - low) / (high - low)
    }
    let ranked = table.points.map { value($0, 0) }.filter(\.isFinite).sorted()
    guard ranked.count > 1 else { return nil }
    let step = max(1, table.points.count / 150)
    let series = stride(from: 0, to: table.points.count, by: step).compactMap { k -> Series? in
      let point = table.points[k]
      let value = value(point, 0)
      guard value.isFinite, let rank = ranked.firstIndex(where: { $0 >= value }) else { return nil }
      let y = axes.map { axis -> Double in
        guard case .number(let number) = point.axes[axis.axis] else { return .nan }
        return place(number, axis.numbers)
      }
      let share = Double(rank) / Double(ranked.count - 1)
      return Series(
        "\(table.measures[0]) = \(readable(value))",
        x: (0...axes.count).map { Double($0 + 1) }, y: y + [share],
        addresses: pages.isEmpty
          ? nil : [String](repeating: address(point), count: axes.count + 1),
        color: .gradient(share))
    }
    let names = axes.enumerated().map { "\($0 + 1) \(table.axes[$1.axis])" }
    return Figure(
      title: "Every point as a line through its values",
      caption:
        "From left to right: \(names.joined(separator: ", ")), and last the rank of \(table.measures[0]), which is the color. Each axis goes from its least value below to its largest above.",
      .lines(
        LinePlot(
          horizontal: Axis("axis", .whole), vertical: Axis("place on the axis", lower: 0, upper: 1),
          series: series)))
  }

  // MARK: Table

  private var tableSection: Section {
    let limit = 500
    let hasRepeats = table.points.contains { $0.runs.count > 1 }
    var columns = table.axes.map { Column($0) } + [Column("runs")]
    for (k, name) in table.measures.enumerated() {
      let isShare = table.points.contains { $0.statistics[k].share != nil }
      columns.append(Column(isShare ? "share \(name)" : hasRepeats ? "median \(name)" : name))
      if isShare { columns += [Column("from"), Column("to")] }
    }
    columns.append(Column("seed of the first run", alignment: .leading))
    let rows = table.points.prefix(limit).enumerated().map { number, point -> [Cell] in
      var row = point.axes.map { value -> Cell in
        switch value {
        case .number(let number): .number(number)
        case .text(let text): .text(text)
        }
      }
      row.append(
        pages.address(ofPoint: number).map { .link("\(point.runs.count)", to: $0) }
          ?? Cell(point.runs.count))
      for k in table.measures.indices {
        let statistics = point.statistics[k]
        func cell(_ number: Double?) -> Cell { number.map { .number($0) } ?? .missing }
        row.append(cell(statistics.share ?? statistics.median))
        if table.points.contains(where: { $0.statistics[k].share != nil }) {
          row += [cell(statistics.shareLower), cell(statistics.shareUpper)]
        }
      }
      row.append(.text("\(point.runs[0].seed)"))
      return row
    }
    let more =
      table.points.count > limit
      ? " The first \(limit) of \(table.points.count); all are in points.csv." : ""
    return Section(
      heading: "Point by point",
      prose: """
        Every run is a row of the table `runs` in `sweep.sqlite` and of `runs.csv`; trajectories that are kept are in \
        `runs`, each under its seed.\(pages.isEmpty ? "" : " The number of runs leads to them, and so does a click on a point of a figure.")\(more)
        """,
      blocks: [.table(Table(title: "Points", columns: columns, rows: Array(rows)))])
  }
}
