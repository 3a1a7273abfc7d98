import Dispatch
import Experiments
import FoundationEssentials
import Records
import Reports

/// Make figures, tables and claims of the papers anew, and compare.
///
/// Pages are written into the gallery as they are finished; a gallery that was left unfinished is taken up.
public struct Reproduction: Job {
  public static let name = "reproduce"

  /// `all`, or the names of items, or words that names begin with.
  public var items: [String]
  /// The folder of the gallery.
  public var output: String?
  /// Whether sizes are smaller and repetitions fewer; the claims are the same.
  public var quick: Bool?
  /// How many items run at once; as many as there are processors where nil.
  public var jobs: Int?

  /// The folder of MNIST's four files, gzipped or not.
  public var mnist: String?
  /// A table of the gas sensor array: batch, concentration, sensors.
  public var gasDrift: String?
  /// A batch of CIFAR-10 in the binary format.
  public var cifar: String?

  /// Whether a gallery made with other settings is replaced.
  public var force: Bool?
  /// The seed of everything random; 0 where nil.
  public var seed: UInt64?

  /// A request with everything else as usual.
  public init(_ items: [String]) { self.items = items }

  /// ``output`` where nil.
  public static let defaultOutput = "reproduction"

  private var settledOutput: String { output ?? Self.defaultOutput }
  private var isQuick: Bool { quick ?? false }
  private var data: ExperimentFiles {
    ExperimentFiles(mnist: mnist, gasDrift: gasDrift, cifar: cifar)
  }

  public func validate() throws {
    if let jobs, !(1...256).contains(jobs) {
      throw BadInput("--jobs must be auto or between 1 and 256, not \(jobs).")
    }
  }

  public func run(
    in context: JobContext, observing observer: JobObserver
  ) throws -> ReproductionResult {
    let clock = ContinuousClock()
    let start = clock.now
    try validate()
    let experiments = try chosen()
    let data = try data.data()
    let site = try site()

    let run = ReproductionRun(
      experiments: experiments, site: site, isQuick: isQuick, seed: seed ?? 0, data: data,
      settings: settings, context: context, observer: observer)
    let workers = jobs ?? ProcessInfo.processInfo.activeProcessorCount
    DispatchQueue.concurrentPerform(iterations: min(workers, experiments.count)) { _ in
      run.work()
    }
    let pages = try run.finished()

    let gallery = gallery(of: pages, context)
    let page: String
    do {
      try site.write(Corrections.record(), named: "corrections")
      page = try site.write(gallery)
    } catch {
      throw BadInput("\(error)")
    }
    if run.wasStopped {
      throw JobInterrupted(sentence: "interrupted; \(page) holds what was finished.")
    }
    return ReproductionResult(
      context: context, pages: pages,
      summary: ReproductionSummary(
        items: pages.map(ReproductionSummary.Item.init), output: settledOutput, page: page,
        seconds: (clock.now - start) / .seconds(1)),
      settings: settings, seed: seed ?? 0)
  }

  /// The experiments that the names mean, in the order of the catalogue.
  private func chosen() throws -> [any Experiment] {
    if items.contains("all") { return Catalogue.all }
    var wanted: Set<String> = []
    let all = Catalogue.all.map(\.item.id)
    for name in items {
      let matches = all.contains(name) ? [name] : all.filter { $0.hasPrefix("\(name)-") }
      guard !matches.isEmpty else {
        throw BadInput(
          "there is no item '\(name)'; "
            + (nearestName(to: name, among: all + ["list", "all"]).map { "did you mean '\($0)'?" }
              ?? "see deeplinear reproduce list."))
      }
      wanted.formUnion(matches)
    }
    return Catalogue.all.filter { wanted.contains($0.item.id) }
  }

  private var settings: [Fact] {
    [
      Fact("size", isQuick ? "quick" : "full"),
      Fact("data", .text(data.words)),
    ]
  }

  private func site() throws -> SiteWriter {
    let fingerprint =
      "deeplinear \(Version.text), \(isQuick ? "quick" : "full"), seed \(seed ?? 0), data \(data.words)\n"
    do {
      return try SiteWriter(
        folder: settledOutput, fingerprint: fingerprint, overwrite: force ?? false,
        plotly: ReportFolder.plotly)
    } catch .folderExists(let path) {
      throw BadInput(
        "\(path): the folder holds a gallery made with other settings; give --force to replace it.")
    } catch {
      throw BadInput("\(error)")
    }
  }

  /// Every page the site has, those of earlier runs included.
  private func gallery(of pages: [ReproducedPage], _ context: JobContext) -> Gallery {
    let byName = Dictionary(uniqueKeysWithValues: pages.map { ($0.item.id, $0) })
    let groups = Paper.allCases.compactMap { paper -> Gallery.Group? in
      let entries = Catalogue.all.map(\.item).filter { $0.paper == paper }
        .compactMap { byName[$0.id]?.entry }
      return entries.isEmpty
        ? nil : Gallery.Group(heading: paper.title, prose: paper.citation, entries: entries)
    }
    let claims = pages.reduce(0) { $0 + $1.claims.count }
    let holding = pages.reduce(0) { $0 + $1.holdingCount }
    return Gallery(
      title: "Deep linear networks: the papers, made anew",
      subtitle:
        "Figures, tables and claims of four papers, each beside what was measured. Where print and truth differ, the page says so.",
      summary: [
        Fact("items", Cell(integerLiteral: pages.count)),
        Fact("items whose claims hold", Cell(integerLiteral: pages.count { $0.verdict == .holds })),
        Fact("claims", Cell(integerLiteral: claims)),
        Fact("claims that hold", Cell(integerLiteral: holding)),
      ],
      groups: groups, links: [Link("Corrections to the papers", to: "corrections/index.html")],
      provenance: ReportFolder.provenance(seed: seed ?? 0, settings: settings, of: context))
  }
}

/// An item and its page.
struct ReproducedPage: Sendable {
  var item: Item
  var record: Record
  /// Seconds it took; nil if an earlier run made it.
  var seconds: Double?

  var claims: [Claim] { record.claims }
  var verdict: Verdict { record.verdict }
  /// How many of the claims hold.
  var holdingCount: Int { claims.count { $0.verdict == .holds } }

  var entry: Gallery.Entry {
    Gallery.Entry(
      name: item.id, title: item.title, text: item.shows, verdict: verdict,
      note: holdingCount == claims.count
        ? "\(claims.count) \(claims.count == 1 ? "claim" : "claims")"
        : "\(holdingCount) of \(claims.count) claims",
      thumbnail: record.figures.first)
  }
}
