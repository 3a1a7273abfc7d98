/// A picture, as the numbers it shows.
public struct Figure: Codable, Equatable, Sendable {
  /// The title.
  public var title: String
  /// What there is to see, in a sentence or two.
  public var caption: String
  /// The same for someone who cannot see the figure; `nil` stands for title and caption.
  public var alternativeText: String?
  /// What is drawn.
  public var content: Content

  /// What can be drawn.
  public enum Content: Equatable, Sendable {
    case lines(LinePlot)
    case heatMap(HeatMap)
    case bars(BarChart)
    case histogram(Histogram)
    case image(GrayImage)
  }

  /// All that is not given is left out, or as usual.
  public init(
    title: String, caption: String = "", alternativeText: String? = nil, _ content: Content
  ) {
    self.title = title
    self.caption = caption
    self.alternativeText = alternativeText
    self.content = content
  }
}

/// Encoded as an object with one key, the kind of figure: `{"lines": {…}}`.
extension Figure.Content: Codable {
  private enum Kind: String, CodingKey, CaseIterable {
    case lines, heatMap, bars, histogram, image
  }

  public init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: Kind.self)
    guard let kind = container.allKeys.first, container.allKeys.count == 1 else {
      throw DecodingError.dataCorrupted(
        .init(
          codingPath: decoder.codingPath,
          debugDescription: "A figure has one key, one of \(Kind.allCases.map(\.rawValue))."))
    }
    self =
      switch kind {
      case .lines: .lines(try container.decode(LinePlot.self, forKey: kind))
      case .heatMap: .heatMap(try container.decode(HeatMap.self, forKey: kind))
      case .bars: .bars(try container.decode(BarChart.self, forKey: kind))
      case .histogram: .histogram(try container.decode(Histogram.self, forKey: kind))
      case .image: .image(try container.decode(GrayImage.self, forKey: kind))
      }
  }

  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: Kind.self)
    switch self {
    case .lines(let value): try container.encode(value, forKey: .lines)
    case .heatMap(let value): try container.encode(value, forKey: .heatMap)
    case .bars(let value): try container.encode(value, forKey: .bars)
    case .histogram(let value): try container.encode(value, forKey: .histogram)
    case .image(let value): try container.encode(value, forKey: .image)
    }
  }
}

/// One side of a plot.
public struct Axis: Codable, Equatable, Sendable {
  /// How numbers become places.
  public enum Scale: String, Codable, Sendable {
    case linear, logarithmic
    /// Linear, and only whole numbers are named: counts, steps, places in an order.
    case whole
  }

  /// The title.
  public var title: String
  /// The unit of its numbers, shown in brackets.
  public var unit: String?
  /// How numbers become places.
  public var scale: Scale
  /// The ends of the axis; `nil` leaves an end to the data.
  public var lower: Double?
  /// The upper end; nil leaves it to the data.
  public var upper: Double?

  /// All that is not given is left out, or as usual.
  public init(
    _ title: String, unit: String? = nil, _ scale: Scale = .linear, lower: Double? = nil,
    upper: Double? = nil
  ) {
    self.title = title
    self.unit = unit
    self.scale = scale
    self.lower = lower
    self.upper = upper
  }
}
