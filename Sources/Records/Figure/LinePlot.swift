/// Curves and points in a plane.
public struct LinePlot: Codable, Equatable, Sendable {
  /// The axis from left to right.
  public var horizontal: Axis
  /// The axis from bottom to top.
  public var vertical: Axis
  /// The curves and clouds.
  public var series: [Series]
  /// Lines across the plot.
  public var markers: [Marker]

  /// A plot.
  public init(horizontal: Axis, vertical: Axis, series: [Series], markers: [Marker] = []) {
    self.horizontal = horizontal
    self.vertical = vertical
    self.series = series
    self.markers = markers
  }
}

/// One curve, or one cloud of points.
///
/// A value that is not finite, or not positive on a logarithmic axis, leaves a gap.
public struct Series: Codable, Equatable, Sendable {
  /// How a series is drawn.
  public enum Style: String, Codable, Sendable {
    case solid, dashed, dotted, points
    /// A solid line with a point at each value.
    case connectedPoints
  }

  /// The name, as the page shows it.
  public var name: String
  /// Places along the horizontal axis.
  public var x: [Double]
  /// Places along the vertical axis.
  public var y: [Double]
  /// Half the length of the bar at each point.
  public var errors: [Double]?
  /// A shaded region around the curve.
  public var band: Band?
  /// Where a click on each point leads, relative to the page; empty for a point that leads nowhere.
  public var addresses: [String]?
  /// How it is drawn.
  public var style: Style
  /// Its color.
  public var color: SeriesColor

  /// - Precondition: `x`, `y`, and `errors`, `band` and `addresses` where present, have equally many values.
  public init(
    _ name: String, x: [Double], y: [Double], errors: [Double]? = nil, band: Band? = nil,
    addresses: [String]? = nil, style: Style = .solid, color: SeriesColor = .automatic
  ) {
    self.name = name
    self.x = x
    self.y = y
    self.errors = errors
    self.band = band
    self.addresses = addresses
    self.style = style
    self.color = color
    precondition(inconsistency == nil, inconsistency ?? "")
  }
}

/// The region between two curves over the values of a series' `x`.
public struct Band: Codable, Equatable, Sendable {
  /// What the region is, for example `"90 % interval"`.
  public var name: String
  /// The lower edge at each place.
  public var lower: [Double]
  /// The upper edge at each place.
  public var upper: [Double]

  /// A region.
  public init(_ name: String, lower: [Double], upper: [Double]) {
    self.name = name
    self.lower = lower
    self.upper = upper
  }
}

/// Which color a series has; the page chooses one that is legible on light and dark paper.
public enum SeriesColor: Equatable, Sendable {
  /// By position among the series of the figure.
  case automatic
  /// A fixed member of the palette, so that curves which belong together look it.
  case palette(Int)
  /// A place between 0 and 1 on a sequential scale, for a family in order.
  case gradient(Double)
  /// Gray: a reference that should stay in the background.
  case muted
}

/// Encoded as `{}` (automatic), `{"palette": 2}`, `{"gradient": 0.5}` or `{"muted": true}`.
extension SeriesColor: Codable {
  private enum Kind: String, CodingKey {
    case palette, gradient, muted
  }

  public init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: Kind.self)
    self =
      switch container.allKeys.first {
      case .palette: .palette(try container.decode(Int.self, forKey: .palette))
      case .gradient: .gradient(try container.decode(Double.self, forKey: .gradient))
      case .muted: .muted
      case nil: .automatic
      }
  }

  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: Kind.self)
    switch self {
    case .automatic: break
    case .palette(let index): try container.encode(index, forKey: .palette)
    case .gradient(let place): try container.encode(place, forKey: .gradient)
    case .muted: try container.encode(true, forKey: .muted)
    }
  }
}

/// A labelled straight line across a plot.
public struct Marker: Codable, Equatable, Sendable {
  /// How a line runs.
  public enum Direction: String, Codable, Sendable {
    case vertical, horizontal
  }

  /// How the line runs.
  public var direction: Direction
  /// Where the line crosses the other axis, in data units.
  public var position: Double
  /// What it is.
  public var label: String

  /// A line across a plot.
  public init(_ direction: Direction, at position: Double, label: String) {
    self.direction = direction
    self.position = position
    self.label = label
  }
}
