import LinearAlgebra

/// Pictures as PGM (gray) and PPM (colour), plain or binary, with 8 or 16 bits.
enum PixelMap {
  static func read(_ source: ByteSource, isColour: Bool) throws(DataFormatError) -> Picture {
    let reader = PixelMapReader(try ByteStream(source), format: isColour ? "PPM" : "PGM")
    let found = try reader.read(magic: Array((isColour ? "36" : "25").utf8))
    let (width, channels) = (found.width, found.channelCount)
    var samples = Matrix(
      rowCount: found.height, columnCount: width * channels, elements: found.values)
    if channels > 1 {
      samples.withUnsafeMutableElements { elements in
        var index = 0
        for row in 0..<found.height {
          for column in 0..<width {
            for channel in 0..<channels {
              elements[(row * channels + channel) * width + column] = found.values[index]
              index += 1
            }
          }
        }
      }
    }
    return Picture(
      width: width, height: found.height, channelCount: channels, maximum: found.maximum,
      samples: samples)
  }

  /// Writes the binary form.
  static func write(_ picture: Picture, to sink: ByteSink) throws(DataFormatError) {
    let kind = picture.channelCount == 1 ? "P5" : "P6"
    try sink.write("\(kind)\n\(picture.width) \(picture.height)\n\(picture.maximum)\n")
    var line: [UInt8] = []
    for row in 0..<picture.height {
      line.removeAll(keepingCapacity: true)
      for column in 0..<picture.width {
        for channel in 0..<picture.channelCount {
          let value = UInt16(picture.samples[row, channel * picture.width + column])
          if picture.maximum > 255 { line.append(UInt8(value >> 8)) }
          line.append(UInt8(value & 0xFF))
        }
      }
      try sink.write(line)
    }
  }
}
