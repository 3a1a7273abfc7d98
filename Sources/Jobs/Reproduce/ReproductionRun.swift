import DataFormats
import Experiments
import LinearAlgebra
import Records
import Reports
import Synchronization

/// The items that are left, those at work and those done; shared by the threads that work on them.
final class ReproductionRun: Sendable {
  private struct State {
    /// The longest first, so that none is left alone at the end.
    var waiting: [any Experiment]
    var shares: [String: Double] = [:]
    var pages: [ReproducedPage] = []
    var failure: (any Error)?
    var wasStopped = false
  }

  /// Where pages are written; nil where none are.
  private let site: SiteWriter?
  private let isQuick: Bool
  private let seed: UInt64
  private let data: ExperimentData
  private let settings: [Fact]
  private let context: JobContext
  private let observer: JobObserver
  private let total: Double
  private let seconds: [String: Double]
  private let state: Mutex<State>

  init(
    experiments: [any Experiment], site: SiteWriter?, isQuick: Bool, seed: UInt64,
    data: ExperimentData, settings: [Fact], context: JobContext, observer: JobObserver
  ) {
    self.site = site
    self.isQuick = isQuick
    self.seed = seed
    self.data = data
    self.settings = settings
    self.context = context
    self.observer = observer
    seconds = Dictionary(
      uniqueKeysWithValues: experiments.map { ($0.item.id, $0.item.seconds) })
    total = seconds.values.reduce(0, +)
    state = Mutex(State(waiting: experiments.sorted { $0.item.seconds < $1.item.seconds }))
  }

  /// Works until nothing is left, an error other than an experiment's own occurs, or the user interrupts.
  func work() {
    while show(sentence: nil) {
      let next = state.withLock { state in
        state.failure == nil ? state.waiting.popLast() : nil
      }
      guard let next else { return }
      do {
        guard let page = try page(of: next) else { return }
        finish(page)
      } catch {
        state.withLock { $0.failure = $0.failure ?? error }
      }
    }
  }

  /// The pages in the order of the catalogue.
  func finished() throws -> [ReproducedPage] {
    let (pages, failure) = state.withLock { state in
      (state.pages, state.failure)
    }
    if let failure { throw failure }
    let order = Catalogue.all.map(\.item.id)
    return pages.sorted { order.firstIndex(of: $0.item.id)! < order.firstIndex(of: $1.item.id)! }
  }

  /// The item's page, from an earlier run or made now; nil if interrupted.
  private func page(of experiment: any Experiment) throws -> ReproducedPage? {
    let item = experiment.item
    if let record = site?.page(named: item.id) {
      return ReproducedPage(item: item, record: record, seconds: nil)
    }
    let clock = ContinuousClock()
    let start = clock.now
    let conditions = Conditions(isQuick: isQuick, seed: seed, data: data) { share in
      self.show(item.id, share)
    }
    let findings: Findings
    do {
      findings = try experiment.findings(under: conditions)
    } catch is Interrupted {
      return nil
    } catch let error as BadInput {
      throw error
    } catch let error as DataFormatError {
      // Of a file the user named: nothing is kept, so that the item is tried again.
      throw error
    } catch {
      findings = Findings(
        settings: [],
        claims: [Claim("the computation runs to its end", expected: 1, measured: 0)],
        notices: [Notice(.failure, "The computation failed: \(error).")], sections: [])
    }
    let seconds = (clock.now - start) / .seconds(1)
    let record = item.record(
      findings, provenance: ReportFolder.provenance(seed: seed, settings: settings, of: context))
    guard let site else { return ReproducedPage(item: item, record: record, seconds: seconds) }
    do {
      let animation = Animation(of: record)
      try site.write(
        record, named: item.id,
        links: [Link("Corrections to the papers", to: "../corrections/index.html")]
          + (animation == nil ? [] : [Link("Animation", to: "animation.html")]),
        beside: [("data/figures.npz", try FigureArchive(record).encoded())]
          + (animation.map { [("animation.html", Array($0.page.utf8))] } ?? []))
    } catch let error as ReportError {
      throw BadInput("\(error)")
    }
    return ReproducedPage(item: item, record: record, seconds: seconds)
  }

  /// Whether the observer has asked for the end.
  var wasStopped: Bool { state.withLock(\.wasStopped) }

  private func show(_ id: String, _ share: Double) -> Bool {
    state.withLock { $0.shares[id] = share }
    return show(sentence: nil)
  }

  /// Tells the observer how far all items are together, and whether to go on.
  private func show(sentence: String?) -> Bool {
    let done = state.withLock { state in
      state.shares.reduce(0) { $0 + $1.value * (seconds[$1.key] ?? 0) }
    }
    let goesOn = observer.show("reproducing", done / total, sentence: sentence)
    if !goesOn { state.withLock { $0.wasStopped = true } }
    return goesOn
  }

  private func finish(_ page: ReproducedPage) {
    state.withLock { state in
      state.shares[page.item.id] = 1
      state.pages.append(page)
    }
    let time = page.seconds.map { "\(readable($0)) s" } ?? "there already"
    _ = show(
      sentence:
        "\(page.item.id): \(page.holdingCount) of \(page.claims.count) claims hold (\(time))")
  }
}
