import Records

/// Red, green and blue, eight bits each.
struct Color: Equatable, ExpressibleByIntegerLiteral {
  var red: UInt8
  var green: UInt8
  var blue: UInt8

  init(integerLiteral value: UInt32) {
    red = UInt8(truncatingIfNeeded: value >> 16)
    green = UInt8(truncatingIfNeeded: value >> 8)
    blue = UInt8(truncatingIfNeeded: value)
  }

  var hex: String {
    let value = UInt32(red) << 16 | UInt32(green) << 8 | UInt32(blue)
    let digits = String(value, radix: 16)
    return "#" + String(repeating: "0", count: 6 - digits.count) + digits
  }

  func mixed(with other: Color, share: Double) -> Color {
    func mix(_ a: UInt8, _ b: UInt8) -> UInt8 {
      UInt8((Double(a) + share * (Double(b) - Double(a))).rounded())
    }
    var result = self
    result.red = mix(red, other.red)
    result.green = mix(green, other.green)
    result.blue = mix(blue, other.blue)
    return result
  }
}

/// Colors at equal distances, mixed in between.
struct ColorMap {
  var anchors: [Color]

  static let viridis = ColorMap(anchors: [
    0x440154, 0x482878, 0x3E4989, 0x31688E, 0x26828E, 0x1F9E89, 0x35B779, 0x6ECE58, 0xB5DE2B,
    0xFDE725,
  ])

  /// As bright on one side as on the other; blue and orange differ for every reader.
  static let blueOrange = ColorMap(anchors: [
    0x08407E, 0x2B73B3, 0x74A9D8, 0xBFD8EC, 0xF7F6F2, 0xFBD3A4, 0xF19C4A, 0xC8640F, 0x7F3900,
  ])

  init(anchors: [Color]) {
    self.anchors = anchors
  }

  init(_ kind: ColorScale.Kind) {
    self = kind == .sequential ? .viridis : .blueOrange
  }

  func color(at place: Double) -> Color {
    let scaled = min(max(place, 0), 1) * Double(anchors.count - 1)
    let index = min(Int(scaled), anchors.count - 2)
    return anchors[index].mixed(with: anchors[index + 1], share: scaled - Double(index))
  }
}
