import DataFormats
import Jobs
import Records
import Synchronization
import Testing

@Suite("Figures of a simulation that goes on")
struct FiguresSoFarTests {
  private func run(_ dynamics: String, times: String, interval: Double?) throws -> (
    NPZArchive, [JobProgress]
  ) {
    let spec = """
      objective: {kind: factorization, target: {array: y}}
      network: {widths: [3, 3, 3], initial: {kind: identity, scale: 0.1}}
      dynamics: \(dynamics)
      recording: {times: \(times), quantities: [loss, singularValues]}
      """
    let target = NPYArray(shape: [3, 3], elements: [3, 0, 0, 0, 2, 0, 0, 0, 1])
    let heard = Mutex<[JobProgress]>([])
    let result = try Simulation(.text(spec)).run(
      in: JobContext(arrays: ["y": target]),
      observing: JobObserver(figureInterval: interval) { progress in
        heard.withLock { $0.append(progress) }
        return true
      })
    return (try result.arrays(), heard.withLock { $0 })
  }

  @Test(
    "They grow to what is recorded in the end, and change nothing of it",
    arguments: [
      ("{kind: flow}", "[0, 0.5, 1, 2, 4]"),
      ("{kind: descent, stepSize: 0.01}", "[0, 50, 100, 400]"),
    ])
  func growing(_ dynamics: String, _ times: String) throws {
    let (alone, silent) = try run(dynamics, times: times, interval: nil)
    let (watched, heard) = try run(dynamics, times: times, interval: 0)
    #expect(alone == watched)
    #expect(silent.allSatisfy { $0.figures.isEmpty })
    let shown = heard.filter { !$0.figures.isEmpty }
    #expect(shown.count > 1)
    let last = try #require(shown.last)
    #expect(last.figures.map(\.title) == ["loss", "singular values"])
    guard case .lines(let loss) = last.figures[0].content,
      case .lines(let values) = last.figures[1].content
    else {
      Issue.record("the figures are no curves")
      return
    }
    #expect(loss.series[0].y == alone["loss"]?.elements)
    #expect(values.series.count == 3)
    #expect(values.series[0].x == alone["times"]?.elements)
  }
}
