import Records

/// On which paper a figure is drawn.
public enum Theme: String, Sendable, CaseIterable {
  case light, dark
}

/// A role a color plays; the theme says which color that is.
enum Ink: Equatable {
  case text, faintText, grid, paper, missing
  /// A pixel that is unknown: pale blue, since the picture itself is gray.
  case missingPixel
  /// A member of the palette.
  case series(Int)
  /// A place on the sequential scale, in sixteenths.
  case gradient(Int)
  case muted

  init(_ color: SeriesColor, at index: Int) {
    self =
      switch color {
      case .automatic: .series(index)
      case .palette(let index): .series(index)
      case .gradient(let place): .gradient(place.isNaN ? 0 : Int(15 * min(max(place, 0), 1)))
      case .muted: .muted
      }
  }

  static let paletteCount = 7

  /// All inks, by the name of their variable on a page.
  static let named: [(name: String, ink: Ink)] =
    [
      ("text", .text), ("faint", .faintText), ("grid", .grid), ("paper", .paper),
      ("missing", .missing), ("hole", .missingPixel), ("muted", .muted),
    ] + (0..<paletteCount).map { ("series\($0)", .series($0)) }
    + (0..<16).map { ("gradient\($0)", .gradient($0)) }

  var name: String {
    switch self {
    case .series(let index):
      "series\((index % Self.paletteCount + Self.paletteCount) % Self.paletteCount)"
    case .gradient(let place): "gradient\(place)"
    case .text: "text"
    case .faintText: "faint"
    case .grid: "grid"
    case .paper: "paper"
    case .missing: "missing"
    case .missingPixel: "hole"
    case .muted: "muted"
    }
  }
}

/// How a drawing names its colors.
enum Paint {
  /// By the color itself.
  case fixed(Theme)
  /// By a variable of the page, which follows the reader's choice of light or dark.
  case page

  func css(_ ink: Ink) -> String {
    switch self {
    case .fixed(let theme): theme.color(of: ink).hex
    case .page: "var(--\(ink.name))"
    }
  }
}

extension Theme {
  // The palette of Okabe and Ito, told apart with every common form of colour blindness. Its order
  // differs so that the first colors stand out on either paper.
  func color(of ink: Ink) -> Color {
    let isLight = self == .light
    return switch ink {
    case .text: isLight ? 0x1B1E23 : 0xE8E6E1
    case .faintText: isLight ? 0x5A616B : 0xA3A9B3
    case .grid: isLight ? 0xE3E5E8 : 0x2E333B
    case .paper: isLight ? 0xFFFFFF : 0x15181D
    case .missing: isLight ? 0xC6C8CE : 0x3B4049
    case .missingPixel: isLight ? 0xC9E0F5 : 0x1F3A57
    case .muted: isLight ? 0x8B919A : 0x868D98
    case .series(let index):
      isLight
        ? [0x0072B2, 0xD55E00, 0x009E73, 0xCC79A7, 0xE69F00, 0x56B4E9, 0x1B1E23][wrapped(index)]
        : [0x56B4E9, 0xE69F00, 0x009E73, 0xCC79A7, 0xD55E00, 0xF0E442, 0xE8E6E1][wrapped(index)]
    case .gradient(let place):
      ColorMap.viridis.color(at: Double(place) / 15 * 0.75 + (isLight ? 0 : 0.25))
    }
  }

  private func wrapped(_ index: Int) -> Int {
    (index % Ink.paletteCount + Ink.paletteCount) % Ink.paletteCount
  }

  /// Declarations of every ink for a style sheet.
  var declarations: String {
    Ink.named.map { "--\($0.name):\(color(of: $0.ink).hex);" }.joined()
  }
}
