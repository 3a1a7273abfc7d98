import LinearAlgebra

/// The graph of a mask: a vertex for each row, then one for each column; an edge for each known entry.
struct BipartiteGraph {
  private let pattern: ObservedPattern

  init(_ pattern: ObservedPattern) { self.pattern = pattern }

  var vertexCount: Int { pattern.rowCount + pattern.columnCount }

  private func degree(_ vertex: Int) -> Int {
    vertex < pattern.rowCount
      ? pattern.rowStarts[vertex + 1] - pattern.rowStarts[vertex]
      : pattern.columnStarts[vertex - pattern.rowCount + 1]
        - pattern.columnStarts[vertex - pattern.rowCount]
  }

  private func forEachNeighbour(of vertex: Int, _ body: (Int) -> Void) {
    if vertex < pattern.rowCount {
      for k in pattern.rowStarts[vertex]..<pattern.rowStarts[vertex + 1] {
        body(pattern.rowCount + Int(pattern.columns[k]))
      }
    } else {
      let column = vertex - pattern.rowCount
      for k in pattern.columnStarts[column]..<pattern.columnStarts[column + 1] {
        body(Int(pattern.columnOrderRows[k]))
      }
    }
  }

  /// Which vertices are left when those with fewer than `minimumDegree` edges to vertices left are taken
  /// away until there are none.
  func core(minimumDegree: Int) -> [Bool] { peeled(minimumDegree: minimumDegree).isKept }

  /// The same, and the vertices taken away, in the order in which they were.
  func peeled(minimumDegree: Int) -> (isKept: [Bool], order: [Int]) {
    var order: [Int] = []
    var degrees = (0..<vertexCount).map(degree)
    var isKept = [Bool](repeating: true, count: vertexCount)
    var pending = (0..<vertexCount).filter { degrees[$0] < minimumDegree }
    for vertex in pending { isKept[vertex] = false }
    while let vertex = pending.popLast() {
      order.append(vertex)
      forEachNeighbour(of: vertex) { neighbour in
        guard isKept[neighbour] else { return }
        degrees[neighbour] -= 1
        if degrees[neighbour] < minimumDegree {
          isKept[neighbour] = false
          pending.append(neighbour)
        }
      }
    }
    return (isKept, order)
  }

  /// Numbers the connected parts of the vertices that pass; vertices without an edge are parts of their own.
  func components(where isKept: [Bool]) -> (label: [Int], count: Int) {
    var label = [Int](repeating: -1, count: vertexCount)
    var count = 0
    var pending: [Int] = []
    for start in 0..<vertexCount where isKept[start] && label[start] < 0 {
      label[start] = count
      pending.append(start)
      while let vertex = pending.popLast() {
        forEachNeighbour(of: vertex) { neighbour in
          guard isKept[neighbour], label[neighbour] < 0 else { return }
          label[neighbour] = count
          pending.append(neighbour)
        }
      }
      count += 1
    }
    return (label, count)
  }
}
