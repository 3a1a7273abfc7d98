import CPictures
public import LinearAlgebra

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// A gray or colour picture of a PNG, JPEG, PGM or PPM file.
///
/// As a matrix its channels stand side by side: red, green and blue of a picture 80 pixels wide are columns 0 to 79,
/// 80 to 159 and 160 to 239. What is alike in the channels then is alike in the rows.
public struct Picture: Equatable, Sendable {
  /// The pixels of a row.
  public let width: Int
  /// The number of rows of pixels.
  public let height: Int

  /// 1 for gray, 3 for colour.
  public let channelCount: Int

  /// The brightness of white, from 1 to 65,535.
  public let maximum: Int

  /// The brightness of each pixel in each channel; `height` rows, `width` columns for each channel.
  public let samples: Matrix

  /// The opacity of each pixel, row after row, if the file has it. Wholly transparent pixels are unknown.
  public let opacity: [UInt16]?

  init(
    width: Int, height: Int, channelCount: Int, maximum: Int, samples: Matrix,
    opacity: [UInt16]? = nil
  ) {
    self.width = width
    self.height = height
    self.channelCount = channelCount
    self.maximum = maximum
    self.samples = samples
    self.opacity = opacity
  }

  /// A picture of other brightness; values are rounded and cut to what the file can hold. Its opacity stays, but for
  /// pixels that were wholly transparent and now have a value in every channel.
  ///
  /// - Precondition: a matrix of the same shape; NaN only where a pixel stays wholly transparent.
  public func replacing(samples new: Matrix) -> Picture {
    precondition(
      new.rowCount == height && new.columnCount == samples.columnCount,
      "a \(new.rowCount)×\(new.columnCount) matrix is no picture of \(height)×\(samples.columnCount) samples"
    )
    var opacity = opacity
    for place in opacity?.indices ?? 0..<0 where opacity?[place] == 0 {
      let (row, column) = place.quotientAndRemainder(dividingBy: width)
      let isOpen = (0..<channelCount).contains { new[row, $0 * width + column].isNaN }
      if !isOpen { opacity?[place] = UInt16(maximum) }
    }
    let old = samples.elements
    var elements = new.elements
    for k in elements.indices {
      let value = elements[k].isNaN ? old[k] : elements[k]
      elements[k] = min(max(value.rounded(), 0), Double(maximum))
    }
    return Picture(
      width: width, height: height, channelCount: channelCount, maximum: maximum,
      samples: Matrix(rowCount: height, columnCount: samples.columnCount, elements: elements),
      opacity: opacity)
  }

  /// The samples with NaN where a pixel is wholly transparent.
  var elements: Matrix {
    guard let opacity, opacity.contains(0) else { return samples }
    var result = samples
    for row in 0..<height {
      for column in 0..<width where opacity[row * width + column] == 0 {
        for channel in 0..<channelCount { result[row, channel * width + column] = .nan }
      }
    }
    return result
  }

  /// A mask of pixels as a mask of all samples.
  func spread(_ mask: Matrix) -> Matrix {
    guard channelCount > 1, mask.columnCount == width else { return mask }
    var result = Matrix.zeros(mask.rowCount, width * channelCount)
    for row in 0..<mask.rowCount {
      for column in 0..<result.columnCount { result[row, column] = mask[row, column % width] }
    }
    return result
  }
}

extension Picture {
  /// Reads a picture.
  ///
  /// - Throws: ``DataFormatError`` for a file that is damaged or of another kind.
  init(reading source: ByteSource, as format: DataFormat) throws(DataFormatError) {
    if format == .pgm || format == .ppm {
      self = try PixelMap.read(source, isColour: format == .ppm)
      return
    }
    let bytes = try source.wholeText()
    if format == .png, Self.isAnimated(bytes) {
      throw DataFormatError(
        source.name, "the picture is animated", "save the frame to complete as a .png of its own")
    }
    var found = CPicture()
    let isRead = bytes.withUnsafeBufferPointer { buffer in
      format == .png
        ? CPictureReadPNG(buffer.baseAddress, buffer.count, &found)
        : CPictureReadJPEG(buffer.baseAddress, buffer.count, &found)
    }
    guard isRead == 1, let values = found.samples, found.width > 0, found.height > 0 else {
      let problem = withUnsafeBytes(of: found.problem) { text in
        Excerpt.escaped(text.prefix { $0 != 0 })
      }
      throw .notThisFormat(
        source.name, format: format == .png ? "PNG" : "JPEG",
        problem: problem.isEmpty ? "it cannot be read" : problem)
    }
    defer { CPictureRelease(&found) }
    let (width, height) = (Int(found.width), Int(found.height))
    let stored = Int(found.channels)
    let channelCount = stored < 3 ? 1 : 3
    var samples = Matrix.zeros(height, width * channelCount)
    var opacity: [UInt16]? = stored % 2 == 0 ? [] : nil
    samples.withUnsafeMutableElements { elements in
      for row in 0..<height {
        for column in 0..<width {
          let pixel = values + (row * width + column) * stored
          for channel in 0..<channelCount {
            elements[row * width * channelCount + channel * width + column] = Double(pixel[channel])
          }
          if stored % 2 == 0 { opacity?.append(pixel[channelCount]) }
        }
      }
    }
    self.init(
      width: width, height: height, channelCount: channelCount,
      maximum: found.bits == 16 ? 65_535 : 255, samples: samples, opacity: opacity)
  }

  /// Whether a PNG file has a chunk that controls an animation, which stands before the pixels.
  private static func isAnimated(_ bytes: [UInt8]) -> Bool {
    var place = 8
    while place + 8 <= bytes.count {
      let length = bytes[place..<place + 4].reduce(0) { $0 << 8 | Int($1) }
      let name = bytes[place + 4..<place + 8]
      if name.elementsEqual("acTL".utf8) { return true }
      if name.elementsEqual("IDAT".utf8) { return false }
      place += 12 + length
    }
    return false
  }

  /// What was understood of the picture: `80 × 60 pixels, colour`.
  func understanding(of known: ObservedEntries) -> TableUnderstanding {
    let gaps = height * width * channelCount - known.count
    var result = TableUnderstanding(
      rowCount: height, columnCount: width * channelCount, gapCount: gaps, columns: [], traits: [],
      warnings: [], rowsBy: nil)
    let unknown = gaps == 0 ? "none unknown" : "\(gaps / channelCount) unknown"
    result.shape =
      "\(width) × \(height) pixels, \(channelCount == 1 ? "gray" : "colour"), \(unknown)"
    if gaps == 0 {
      result.warnings.append(
        "no pixel is unknown: say which are with --mask FILE, black where the picture is damaged")
    }
    return result
  }

  /// The names of the columns of a colour picture: channel and pixel.
  var columnNames: [String]? {
    guard channelCount == 3 else { return nil }
    return ["red", "green", "blue"].flatMap { channel in (0..<width).map { "\(channel) \($0)" } }
  }

  /// Writes the picture; what JPEG keeps is not exact.
  func write(to sink: ByteSink, as format: DataFormat, file: String) throws(DataFormatError) {
    switch format {
    case .pgm, .ppm: try PixelMap.write(self, to: sink)
    default: try writeCompressed(to: sink, as: format, file: file)
    }
  }

  private func writeCompressed(
    to sink: ByteSink, as format: DataFormat, file: String
  ) throws(DataFormatError) {
    // PNG holds 8 or 16 bits, JPEG 8.
    let isWide = format == .png && maximum > 255
    let scale = Double(isWide ? 65_535 : 255) / Double(maximum)
    let opacity = format == .png ? opacity : nil
    var pixels: [UInt16] = []
    pixels.reserveCapacity(height * width * (channelCount + 1))
    for row in 0..<height {
      for column in 0..<width {
        for channel in 0..<channelCount {
          let value = (samples[row, channel * width + column] * scale).rounded()
          pixels.append(UInt16(min(max(value, 0), 65_535)))
        }
        if let opacity { pixels.append(opacity[row * width + column]) }
      }
    }
    var bytes: UnsafeMutablePointer<UInt8>?
    var count = 0
    let isWritten = pixels.withUnsafeMutableBufferPointer { buffer in
      var picture = CPicture()
      picture.width = UInt32(width)
      picture.height = UInt32(height)
      picture.channels = UInt32(channelCount + (opacity == nil ? 0 : 1))
      picture.bits = isWide ? 16 : 8
      picture.samples = buffer.baseAddress
      return format == .png
        ? CPictureWritePNG(&picture, &bytes, &count)
        : CPictureWriteJPEG(&picture, 95, &bytes, &count)
    }
    guard isWritten == 1, let bytes else {
      throw .unwritable(file, reason: "the picture cannot be compressed")
    }
    defer { free(bytes) }
    try sink.write(UnsafeRawBufferPointer(start: bytes, count: count))
  }
}
