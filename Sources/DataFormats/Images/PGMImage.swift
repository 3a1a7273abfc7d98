public import LinearAlgebra

/// A grey image in the PGM format, plain (P2) or binary (P5), with 8 or 16 bits.
public struct PGMImage: Equatable, Sendable {
  /// The brightness of each pixel, from 0 to ``maximum``; the first row is the top one.
  public let pixels: Matrix

  /// The brightness of white, from 1 to 65,535.
  public let maximum: Int

  /// An image from a matrix: values are rounded, and those outside are cut to 0 and `maximum`.
  ///
  /// - Precondition: `maximum` lies between 1 and 65,535, and no pixel is NaN.
  public init(_ pixels: Matrix, maximum: Int = 255) {
    precondition((1...65_535).contains(maximum), "\(maximum) is no brightness of white")
    precondition(!pixels.elements.contains(where: \.isNaN), "a pixel must not be NaN")
    self.maximum = maximum
    self.pixels = Matrix(
      rowCount: pixels.rowCount, columnCount: pixels.columnCount,
      elements: pixels.elements.map { min(max($0.rounded(), 0), Double(maximum)) })
  }

  /// Reads the first image of a file, gzip allowed.
  ///
  /// - Throws: ``DataFormatError`` for a file that is no PGM, is truncated, or has a pixel brighter than white.
  public init(reading source: ByteSource) throws(DataFormatError) {
    let reader = PixelMapReader(try ByteStream(source), format: "PGM")
    let found = try reader.read(magic: [UInt8(ascii: "2"), UInt8(ascii: "5")])
    maximum = found.maximum
    pixels = Matrix(rowCount: found.height, columnCount: found.width, elements: found.values)
  }

  /// The bytes of a binary PGM file.
  public func encoded() throws(DataFormatError) -> [UInt8] {
    try ByteSink.collect { sink throws(DataFormatError) in try write(to: sink) }
  }

  func write(to sink: ByteSink) throws(DataFormatError) {
    try sink.write("P5\n\(pixels.columnCount) \(pixels.rowCount)\n\(maximum)\n")
    var row: [UInt8] = []
    for start in stride(from: 0, to: pixels.count, by: max(1, pixels.columnCount)) {
      row.removeAll(keepingCapacity: true)
      for value in pixels.elements[start..<start + pixels.columnCount] {
        let grey = UInt16(value)
        if maximum > 255 { row.append(UInt8(grey >> 8)) }
        row.append(UInt8(grey & 0xFF))
      }
      try sink.write(row)
    }
  }
}

/// Reads a PGM or PPM file: a header of words, then pixels as words or bytes.
final class PixelMapReader {
  private let stream: ByteStream
  private let format: String
  private var buffer: [UInt8] = []
  private var position = 0

  /// What a file holds: its samples pixel by pixel.
  struct Found {
    var width: Int
    var height: Int
    var maximum: Int
    var channelCount: Int
    var values: [Double]
  }

  init(_ stream: ByteStream, format: String) {
    self.stream = stream
    self.format = format
  }

  private func invalid(_ problem: String) -> DataFormatError {
    .notThisFormat(stream.name, format: format, problem: problem)
  }

  /// - Parameter magic: the digits that may follow the P, first the plain forms.
  func read(magic wanted: [UInt8]) throws(DataFormatError) -> Found {
    let magic = (try next(), try next())
    guard magic.0 == UInt8(ascii: "P"), let kind = magic.1, wanted.contains(kind)
    else {
      let names = wanted.map { "P\(UnicodeScalar($0))" }
      throw invalid(
        names.count == 2
          ? "it begins with neither \(names[0]) nor \(names[1])"
          : "it begins with none of \(names.joined(separator: ", "))")
    }
    let isPlain = kind == UInt8(ascii: "2") || kind == UInt8(ascii: "3")
    let channelCount = kind == UInt8(ascii: "3") || kind == UInt8(ascii: "6") ? 3 : 1
    guard let width = try number(), let height = try number(), let maximum = try number(),
      width > 0, height > 0, (1...65_535).contains(maximum)
    else { throw invalid("its header lacks width, height or maximum") }
    let left = stream.remaining + buffer.count - position
    // Plain pixels take at least a digit and a space, but for the last.
    let size = isPlain ? 2 : maximum > 255 ? 2 : 1
    guard let count = elementCount([width, height, channelCount]),
      count <= (left + (isPlain ? 1 : 0)) / size
    else {
      throw short(width, height, left)
    }
    var values: [Double] = []
    values.reserveCapacity(stream.count == nil ? min(count, 1 << 16) : count)
    for _ in 0..<count {
      let value: Int?
      if isPlain {
        value = try number()
      } else if size == 1 {
        value = try next().map(Int.init)
      } else {
        let high = try next()
        value = try next().flatMap { low in high.map { Int($0) << 8 | Int(low) } }
      }
      guard let value else {
        if isPlain, try next() != nil {
          throw invalid("pixel \(values.count) is not a number")
        }
        throw short(width, height, left)
      }
      guard value <= maximum else {
        let (row, column) = (values.count / channelCount).quotientAndRemainder(dividingBy: width)
        throw DataFormatError(
          stream.name, .element(row: row, column: column),
          "the pixel \(value) is brighter than the maximum \(maximum)",
          "correct the header or the pixel")
      }
      values.append(Double(value))
    }
    try stream.verify()
    return Found(
      width: width, height: height, maximum: maximum, channelCount: channelCount, values: values)
  }

  private func short(_ width: Int, _ height: Int, _ left: Int) -> DataFormatError {
    .tooShort(stream.name, needed: "\(height)×\(width) pixels are announced", available: left)
  }

  private func next() throws(DataFormatError) -> UInt8? {
    if position == buffer.count {
      buffer = try stream.bytes(1 << 16)
      position = 0
      if buffer.isEmpty { return nil }
    }
    position += 1
    return buffer[position - 1]
  }

  /// A number after spaces and comments; the one character behind it is passed over too. Nil for anything
  /// else and for numbers of more than nine digits.
  private func number() throws(DataFormatError) -> Int? {
    var byte = try next()
    while let current = byte {
      if current == UInt8(ascii: "#") {
        while let rest = byte, rest != 0x0A { byte = try next() }
      } else if !(current == 0x20 || (9...13).contains(current)) {
        break
      }
      byte = try next()
    }
    var value: Int?
    while let current = byte, let digit = DecimalParser.digit(current) {
      let longer = 10 * (value ?? 0) + Int(digit)
      if longer > 999_999_999 { return nil }
      value = longer
      byte = try next()
    }
    if let byte, !(byte == 0x20 || (9...13).contains(byte)) { return nil }
    return value
  }
}
