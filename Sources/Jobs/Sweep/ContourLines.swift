/// The lines on which a function on a grid has one value, by marching squares.
struct ContourLines {
  /// The grid's places, ascending.
  let x: [Double], y: [Double]
  /// Row by row, a row for each y; NaN where nothing is known.
  let values: [Double]

  /// Pieces of the line at a level, one after the other with NaN between.
  ///
  /// On an edge between two corners the function is taken as straight. Of a square whose opposite corners lie on one side,
  /// the mean decides which of them are joined.
  func line(at level: Double) -> (x: [Double], y: [Double]) {
    var line: (x: [Double], y: [Double]) = ([], [])
    guard x.count > 1, y.count > 1 else { return line }
    for row in 0..<y.count - 1 {
      for column in 0..<x.count - 1 {
        let corners = [(row, column), (row, column + 1), (row + 1, column + 1), (row + 1, column)]
        let heights = corners.map { values[$0.0 * x.count + $0.1] - level }
        guard heights.allSatisfy(\.isFinite) else { continue }
        var crossings: [(Double, Double)] = []
        for edge in 0..<4 {
          let (a, b) = (heights[edge], heights[(edge + 1) % 4])
          guard (a < 0) != (b < 0) else { continue }
          let share = a / (a - b)
          let (p, q) = (corners[edge], corners[(edge + 1) % 4])
          crossings.append(
            (
              x[p.1] + share * (x[q.1] - x[p.1]), y[p.0] + share * (y[q.0] - y[p.0])
            ))
        }
        if crossings.count == 4, (heights.reduce(0, +) < 0) == (heights[0] < 0) {
          // Edges in turn: corner 1 and corner 3 are cut off instead of 0 and 2.
          crossings = [crossings[0], crossings[1], crossings[2], crossings[3]]
        } else if crossings.count == 4 {
          crossings = [crossings[3], crossings[0], crossings[1], crossings[2]]
        }
        for pair in stride(from: 0, to: crossings.count - 1, by: 2) {
          line.x += [crossings[pair].0, crossings[pair + 1].0, .nan]
          line.y += [crossings[pair].1, crossings[pair + 1].1, .nan]
        }
      }
    }
    return line
  }
}
