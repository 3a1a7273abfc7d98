import Records

// A screen shows about a thousand points across. Longer curves and larger matrices are thinned for
// drawing, in a way that keeps what a reader looks for; the data files beside the page hold all.

extension Series {
  /// The places of at most `count` points that draw the same curve: the first, the smallest, the
  /// largest and the last value of each stretch, so that no peak is lost.
  ///
  /// - Precondition: `count` is at least 4.
  func placesToDraw(atMost count: Int) -> [Int] {
    guard x.count > count else { return Array(x.indices) }
    let stretches = count / 4
    var places: [Int] = []
    places.reserveCapacity(count)
    for stretch in 0..<stretches {
      let range = x.count * stretch / stretches..<x.count * (stretch + 1) / stretches
      let finite = range.filter { y[$0].isFinite }
      let extremes = [finite.min { y[$0] < y[$1] }, finite.max { y[$0] < y[$1] }].compactMap { $0 }
      for place in ([range.lowerBound, range.upperBound - 1] + extremes).sorted()
      where place != places.last {
        places.append(place)
      }
    }
    return places
  }

  func drawing(_ places: [Int]) -> Series {
    guard places.count < x.count else { return self }
    var result = self
    result.x = places.map { x[$0] }
    result.y = places.map { y[$0] }
    result.errors = errors.map { errors in places.map { errors[$0] } }
    result.addresses = addresses.map { addresses in places.map { addresses[$0] } }
    result.band = band.map { band in
      Band(band.name, lower: places.map { band.lower[$0] }, upper: places.map { band.upper[$0] })
    }
    return result
  }
}

extension HeatMap {
  /// The values of the first and the last color.
  var colorRange: (lower: Double, upper: Double) {
    let finite = values.lazy.filter(\.isFinite)
    var lower = finite.min() ?? 0
    var upper = finite.max() ?? 1
    if colors.kind == .diverging {
      let size = max(abs(lower), abs(upper))
      (lower, upper) = (-size, size)
    }
    if let fixed = colors.lower, fixed.isFinite { lower = fixed }
    if let fixed = colors.upper, fixed.isFinite { upper = fixed }
    if !(lower < upper) {
      let half = lower == 0 ? 1 : abs(lower) / 2
      (lower, upper) = (lower - half, lower + half)
    }
    return (lower, upper)
  }
}
