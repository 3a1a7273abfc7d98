/// A gray picture of 8-bit values, 0 black and 255 white; row 0 is on top.
public struct GrayImage: Equatable, Sendable {
  /// Pixels from left to right.
  public var width: Int
  /// Pixels from top to bottom.
  public var height: Int
  /// Row by row.
  public var pixels: [UInt8]
  /// Which pixels are unknown and drawn in a color of their own; empty if all are known.
  public var missing: [Bool]

  /// - Precondition: `pixels`, and `missing` unless empty, have `width · height` members.
  public init(width: Int, height: Int, pixels: [UInt8], missing: [Bool] = []) {
    self.width = width
    self.height = height
    self.pixels = pixels
    self.missing = missing
    precondition(inconsistency == nil, inconsistency ?? "")
  }
}

/// Encoded with `pixels` as two hexadecimal digits each, row by row, `..` where a pixel is missing.
/// A missing pixel is 0 when read again.
extension GrayImage: Codable {
  private enum Key: String, CodingKey {
    case width, height, pixels
  }

  public init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: Key.self)
    width = try container.decode(Int.self, forKey: .width)
    height = try container.decode(Int.self, forKey: .height)
    let text = Array(try container.decode(String.self, forKey: .pixels).utf8)
    pixels = []
    missing = []
    pixels.reserveCapacity(text.count / 2)
    for place in stride(from: 0, to: text.count, by: 2) {
      let digits = text[place..<min(place + 2, text.count)]
      let isMissing = digits.elementsEqual([UInt8(ascii: "."), UInt8(ascii: ".")])
      guard
        digits.count == 2,
        let value = isMissing ? 0 : UInt8(String(decoding: digits, as: UTF8.self), radix: 16)
      else {
        throw DecodingError.dataCorruptedError(
          forKey: .pixels, in: container,
          debugDescription: "Pixel \(place / 2) is not two hexadecimal digits.")
      }
      pixels.append(value)
      missing.append(isMissing)
    }
    if !missing.contains(true) { missing = [] }
  }

  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: Key.self)
    try container.encode(width, forKey: .width)
    try container.encode(height, forKey: .height)
    let digits = Array("0123456789abcdef".utf8)
    var text: [UInt8] = []
    text.reserveCapacity(2 * pixels.count)
    for (place, pixel) in pixels.enumerated() {
      if !missing.isEmpty && missing[place] {
        text += [UInt8(ascii: "."), UInt8(ascii: ".")]
      } else {
        text += [digits[Int(pixel >> 4)], digits[Int(pixel & 15)]]
      }
    }
    try container.encode(String(decoding: text, as: UTF8.self), forKey: .pixels)
  }
}
