import DataFormats
import DeepLinear

/// A trajectory as named arrays for NumPy.
struct TrajectoryArchive {
  let archive: NPZArchive

  init(_ result: SimulatedPath, spec: SimulationSpec) {
    let snapshots = result.trajectory.snapshots
    let quantities = spec.recording.quantities
    var members = [
      NPZArchive.Member(name: "times", array: NPYArray(snapshots.map(\.time))),
      NPZArchive.Member(name: "loss", array: NPYArray(snapshots.map(\.loss))),
    ]
    func add(_ name: String, _ shape: [Int], _ elements: [Double]) {
      members.append(
        .init(name: name, array: NPYArray(shape: [snapshots.count] + shape, elements: elements)))
    }
    if quantities.contains(.singularValues) {
      let rows = snapshots.compactMap(\.singularValues)
      add("singularValues", [rows.first?.count ?? 0], rows.flatMap(\.self))
    }
    if quantities.contains(.endToEnd) {
      let matrices = snapshots.compactMap(\.endToEnd)
      add(
        "endToEnd", [matrices.first?.rowCount ?? 0, matrices.first?.columnCount ?? 0],
        matrices.flatMap(\.elements))
    }
    if quantities.contains(.layers) {
      let all = snapshots.compactMap(\.layers)
      var indices = Array((all.first ?? []).indices)
      // A symmetric network has the one weight matrix it was given, U.
      if case .symmetric = spec.network.start { indices = Array(indices.suffix(1)) }
      for (number, index) in indices.enumerated() {
        let shape = all[0][index]
        add(
          "layer\(number + 1)", [shape.rowCount, shape.columnCount],
          all.flatMap { $0[index].elements })
      }
    }
    if quantities.contains(.unbalancedness) {
      add("unbalancedness", [], snapshots.compactMap(\.unbalancedness))
    }
    for member in result.derived {
      add(member.quantity.rawValue, member.shape, member.elements)
    }
    if let bounds = result.errorBounds { add("errorBound", [], bounds) }
    if let times = result.halfRiseTimes {
      members.append(.init(name: "halfRiseTimes", array: NPYArray(times.map { $0 ?? .nan })))
    }
    archive = NPZArchive(members)
  }
}
