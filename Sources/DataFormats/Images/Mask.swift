import LinearAlgebra

/// Which elements of a matrix are known, as a file says it: zero where they are not.
///
/// A mask drawn by hand or saved as JPEG has grays at its edges. With more than two values it is cut at half of the
/// brightest, and a sentence says so.
struct Mask {
  /// 1 where known, 0 elsewhere.
  private(set) var known: Matrix

  /// What was done to a mask of more than two values.
  private(set) var note: String?

  /// - Parameter picture: the mask as a picture, if it is one.
  init(_ matrix: Matrix, picture: Picture?, file: String) {
    known = matrix
    guard picture != nil else { return }
    let brightest = matrix.elements.reduce(0) { $1.isNaN ? $0 : max($0, $1) }
    var grays = 0
    var lowest = Double.infinity
    for value in matrix.elements where !value.isNaN {
      lowest = min(lowest, value)
      if value != 0, value != brightest { grays += 1 }
    }
    // Two values, one of them black, need no judgement.
    guard grays > 0 || lowest > 0 && lowest < brightest else { return }
    let half = brightest / 2
    known = Matrix(
      rowCount: matrix.rowCount, columnCount: matrix.columnCount,
      elements: matrix.elements.map { $0 > half ? 1 : 0 })
    let share = Double(grays) / Double(max(1, matrix.count))
    note =
      "the mask \(Excerpt.escaped(file.utf8)) has \(grays) gray \(grays == 1 ? "pixel" : "pixels")"
      + "\(share > 0.5 ? ", most of it" : ""): what is darker than half of its brightest counts as unknown"
  }

  /// Reads a mask for a picture or for another matrix.
  static func read(
    _ source: ByteSource, for picture: Picture?
  ) throws(DataFormatError) -> Mask {
    let format = try DataFormat.of(reading: source, among: DataFile.dense)
    guard format.isPicture else {
      let matrix = try DataFile.readMatrix(from: source)
      return Mask(picture?.spread(matrix) ?? matrix, picture: nil, file: source.name)
    }
    let own = try Picture(reading: source, as: format)
    // A wholly transparent pixel of a mask is unknown, too.
    var matrix = own.elements
    if own.channelCount == 3, (picture?.channelCount ?? 1) == 1 || picture?.channelCount == 3 {
      matrix = try own.agreeingChannels(file: source.name, isNeeded: picture?.channelCount != 3)
    }
    return Mask(picture?.spread(matrix) ?? matrix, picture: own, file: source.name)
  }
}

extension Picture {
  /// The single channel of a colour picture that is gray; the three channels if they differ and that is allowed.
  fileprivate func agreeingChannels(
    file: String, isNeeded: Bool
  ) throws(DataFormatError) -> Matrix {
    let all = elements
    var result = Matrix.zeros(height, width)
    var isGray = true
    for row in 0..<height {
      for column in 0..<width {
        let value = all[row, column]
        result[row, column] = value.isNaN ? 0 : value
        // JPEG makes grays differ a little.
        for channel in 1...2 where abs(all[row, channel * width + column] - value) > 32 {
          isGray = false
        }
      }
    }
    if isGray { return result }
    guard isNeeded else { return all }
    throw DataFormatError(
      file, "a mask in colours does not fit a gray picture", "draw it in black and white")
  }
}
