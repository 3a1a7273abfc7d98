/// A bar on a terminal, for work that takes longer than a second; silent when standard error is redirected.
struct ProgressBar {
  private let label: String
  private let start = ContinuousClock.now
  private var lastDrawn: ContinuousClock.Instant?
  private var furthest = 0.0
  private let isOn = StandardError.isTerminal

  init(_ label: String) { self.label = label }

  /// Shows a share of the work between 0 and 1, and a few words after it; never goes back.
  mutating func show(_ fraction: Double, note: String? = nil) {
    guard isOn, fraction.isFinite else { return }
    furthest = max(furthest, min(fraction, 1))
    let now = ContinuousClock.now
    guard now - start > .seconds(1) else { return }
    if let lastDrawn, now - lastDrawn < .milliseconds(100) { return }
    lastDrawn = now
    let width = 30
    let filled = Int(furthest * Double(width))
    let bar = String(repeating: "█", count: filled) + String(repeating: "░", count: width - filled)
    let words = note.map { " · \($0)" } ?? ""
    // What the line before had more is cleared.
    StandardError.write("\r\(label) \(bar) \(Int(furthest * 100)) %\(words)\u{1B}[K")
  }

  /// Removes the bar.
  mutating func finish() {
    guard lastDrawn != nil else { return }
    StandardError.write("\r\u{1B}[2K")
    lastDrawn = nil
  }
}
