// With layers of width min(rows, columns) every matrix is a product of layers, and what lies beyond stays at zero for a
// balanced start. The end-to-end matrix moves by σ^{2 − 2/N}: beyond 64 layers the exponent differs by less than 1/32
// from that of infinitely many.

/// The network whose path an estimator follows: as it was asked for, as far as size can make a difference.
struct FollowedNetwork {
  let depth: Int
  let width: Int?
  /// What was cut, for people; nil where nothing was.
  let notice: String?

  /// More layers than these act like these.
  static let largestDepth = 64

  init(depth: Int, width: Int?, rowCount: Int, columnCount: Int) {
    let largestWidth = max(min(rowCount, columnCount), 1)
    self.depth = min(depth, Self.largestDepth)
    self.width = width.map { min($0, largestWidth) }
    var cuts: [String] = []
    if depth > Self.largestDepth {
      cuts.append("--depth \(depth) acts like \(Self.largestDepth), which is taken")
    }
    if let width, width > largestWidth {
      cuts.append(
        "--width \(width) of a \(rowCount)×\(columnCount) matrix acts like \(largestWidth), which is taken"
      )
    }
    notice = cuts.isEmpty ? nil : cuts.joined(separator: "; ")
  }
}
