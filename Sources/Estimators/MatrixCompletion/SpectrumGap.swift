/// Ranks that a spectrum suggests.
enum SpectrumGap {
  /// The ranks k at which the spectrum falls most, the quotient σ_k/σ_{k+1} deciding, most likely first.
  ///
  /// Values below a thousandth of the largest have not risen yet and are taken as equal; a quotient below
  /// 1.3 is no gap.
  static func candidates(_ singularValues: [Double], limit: Int) -> [Int] {
    guard let largest = singularValues.first, largest > 0 else { return [] }
    let floor = 1e-3 * largest
    var gaps: [(rank: Int, quotient: Double)] = []
    for k in singularValues.indices where singularValues[k] > 10 * floor {
      let next = k + 1 < singularValues.count ? singularValues[k + 1] : 0
      let quotient = (singularValues[k] + floor) / (next + floor)
      if quotient > 1.3 { gaps.append((k + 1, quotient)) }
    }
    // Equal quotients keep their order, smaller rank first.
    let ranked = gaps.enumerated().sorted {
      ($1.element.quotient, $0.offset) < ($0.element.quotient, $1.offset)
    }
    return ranked.prefix(limit).map(\.element.rank)
  }
}
