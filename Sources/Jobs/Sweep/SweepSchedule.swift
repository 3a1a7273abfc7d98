import SweepStore

/// The order in which runs are taken: first one of every point, then, as their times tell, the longest first, so that
/// the last to end is a short one.
struct SweepSchedule {
  private var first: [SweepTask] = []
  private var others: [SweepTask] = []
  private var isSorted = false
  private var place = 0
  /// Sum of seconds and number of runs of each point.
  private var times: [(seconds: Double, count: Double)]

  /// What is left to do of a plan.
  ///
  /// - Parameters:
  ///   - isLeft: whether a run has to be done.
  ///   - known: the seconds of runs that were done before, by point.
  init(
    pointCount: Int, replicates: Int, known: [Int: (seconds: Double, count: Double)],
    isLeft: (Int, Int) -> Bool
  ) {
    times = (0..<pointCount).map { known[$0] ?? (0, 0) }
    for point in 0..<pointCount {
      var isFirst = times[point].count == 0
      for replicate in 0..<replicates where isLeft(point, replicate) {
        let task = SweepTask(point: point, replicate: replicate)
        if isFirst { first.append(task) } else { others.append(task) }
        isFirst = false
      }
    }
  }

  /// The runs that are left.
  var count: Int { first.count + others.count - place }

  /// About how long a run of a point takes; nil where nothing is known.
  func seconds(of point: Int) -> Double? {
    times[point].count > 0 ? times[point].seconds / times[point].count : nil
  }

  /// Takes the next runs: as many as are best done together, or as take about a fiftieth of a second, and no more than a
  /// share of what is left.
  ///
  /// - Parameter least: how many are best done together.
  mutating func take(workers: Int, least: Int) -> [SweepTask] {
    let workers = max(workers, 1)
    let share = (count + workers - 1) / workers
    let most = max(1, min(least, share), min(64, count / (4 * workers)))
    var taken: [SweepTask] = []
    var seconds = 0.0
    while taken.count < most, let task = next() {
      taken.append(task)
      seconds += self.seconds(of: task.point) ?? mean ?? 1
      if taken.count >= least, seconds > 0.02 { break }
    }
    return taken
  }

  private var total = (seconds: 0.0, count: 0.0)
  private var mean: Double? { total.count > 0 ? total.seconds / total.count : nil }

  private mutating func next() -> SweepTask? {
    if place < first.count {
      place += 1
      return first[place - 1]
    }
    if !isSorted {
      let seconds = times.map { $0.count > 0 ? $0.seconds / $0.count : .infinity }
      others.sort {
        (-seconds[$0.point], $0.point, $0.replicate) < (-seconds[$1.point], $1.point, $1.replicate)
      }
      isSorted = true
    }
    let index = place - first.count
    guard index < others.count else { return nil }
    place += 1
    return others[index]
  }

  /// Learns how long a run took.
  mutating func note(_ seconds: Double, for point: Int) {
    times[point].seconds += seconds
    times[point].count += 1
    total.seconds += seconds
    total.count += 1
  }
}
