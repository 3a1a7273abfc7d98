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

  /// A picture of other brightness; values are rounded and cut to what the file can hold.
  ///
  /// - Precondition: a matrix of the same shape, without NaN.
  public func replacing(samples new: Matrix) -> Picture {
    precondition(
      new.rowCount == height && new.columnCount == samples.columnCount,
      "a \(new.rowCount)×\(new.columnCount) matrix is no picture of \(height)×\(samples.columnCount) samples"
    )
    return Picture(
      width: width, height: height, channelCount: channelCount, maximum: maximum,
      samples: Matrix(
        rowCount: height, columnCount: samples.columnCount,
        elements: new.elements.map { min(max($0.rounded(), 0), Double(maximum)) }))
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
        // What was wholly transparent has been filled in.
        if let opacity {
          let own = opacity[row * width + column]
          pixels.append(own == 0 ? UInt16(maximum) : own)
        }
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
