/// Bars over named categories, one group of bars for each.
public struct BarChart: Codable, Equatable, Sendable {
  /// The names under the bars.
  public var categories: [String]
  /// What the categories are, for example `"method"`.
  public var horizontalTitle: String
  /// The axis from bottom to top.
  public var vertical: Axis
  /// One group for each color.
  public var bars: [Bars]

  /// - Precondition: every member of `bars` has a value for each category.
  public init(categories: [String], horizontalTitle: String, vertical: Axis, bars: [Bars]) {
    self.categories = categories
    self.horizontalTitle = horizontalTitle
    self.vertical = vertical
    self.bars = bars
    precondition(inconsistency == nil, inconsistency ?? "")
  }
}

/// Bars of one color: a value for each category. NaN leaves a bar out.
public struct Bars: Codable, Equatable, Sendable {
  /// The name, as the page shows it.
  public var name: String
  /// The heights, in the order of the categories.
  public var values: [Double]
  /// Half the length of the error bar on each.
  public var errors: [Double]?

  /// Bars of one color.
  public init(_ name: String, values: [Double], errors: [Double]? = nil) {
    self.name = name
    self.values = values
    self.errors = errors
  }
}

/// How many values fall between neighbouring edges.
public struct Histogram: Codable, Equatable, Sendable {
  /// Ascending; one more than there are bins.
  public var edges: [Double]
  /// How many values fall into each bin.
  public var counts: [Double]
  /// The axis from left to right.
  public var horizontal: Axis
  /// The axis from bottom to top.
  public var vertical: Axis
  /// Lines across the plot.
  public var markers: [Marker]

  /// - Precondition: `edges` ascends and has one member more than `counts`.
  public init(
    edges: [Double], counts: [Double], horizontal: Axis, vertical: Axis = Axis("count"),
    markers: [Marker] = []
  ) {
    self.edges = edges
    self.counts = counts
    self.horizontal = horizontal
    self.vertical = vertical
    self.markers = markers
    precondition(inconsistency == nil, inconsistency ?? "")
  }
}

extension Histogram {
  /// Counts values in bins of equal width from the smallest to the largest finite value; the last
  /// bin holds its upper edge. Values that are not finite are left out.
  public init(
    of values: [Double], binCount: Int, horizontal: Axis, vertical: Axis = Axis("count"),
    markers: [Marker] = []
  ) {
    precondition(binCount > 0, "a histogram cannot have \(binCount) bins")
    let finite = values.filter(\.isFinite)
    let lower = finite.min() ?? 0
    var upper = finite.max() ?? 1
    if !(lower < upper) { upper = lower + max(abs(lower), 1) }
    // Halved before subtracting: upper − lower may overflow.
    let halfSpan = upper / 2 - lower / 2
    let edges = (0...binCount).map { bin -> Double in
      let step = halfSpan * (Double(bin) / Double(binCount))
      return bin == binCount ? upper : lower + step + step
    }
    var counts = [Double](repeating: 0, count: binCount)
    for value in finite {
      let place = (value / 2 - lower / 2) / halfSpan
      counts[min(Int(place * Double(binCount)), binCount - 1)] += 1
    }
    self.init(
      edges: edges, counts: counts, horizontal: horizontal, vertical: vertical, markers: markers)
  }
}
