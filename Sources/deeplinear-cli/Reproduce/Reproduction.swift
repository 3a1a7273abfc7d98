import Dispatch
import Experiments
import FoundationEssentials
import Records
import Reports

/// Runs items, several at once, and writes the gallery.
struct Reproduction {
  let command: ReproduceCommand

  func run() throws {
    let clock = ContinuousClock()
    let start = clock.now
    let experiments = try chosen()
    let data = try command.data.data()
    let site = try site()

    let run = ReproductionRun(
      experiments: experiments, site: site, isQuick: command.gallery.quick,
      seed: command.shared.seed,
      data: data, settings: settings)
    var workers = ProcessInfo.processInfo.activeProcessorCount
    if case .number(let jobs) = command.gallery.jobs { workers = jobs }
    DispatchQueue.concurrentPerform(iterations: min(workers, experiments.count)) { _ in
      run.work()
    }
    let pages = try run.finished()

    let gallery = gallery(of: pages)
    let page: String
    do {
      try site.write(Corrections.record(), named: "corrections")
      page = try site.write(gallery)
    } catch {
      throw BadInput("\(error)")
    }
    if Interrupt.wasAsked {
      StandardError.write("deeplinear: interrupted; \(page) holds what was finished.\n")
      throw Ended.interrupted
    }
    let summary = ReproductionSummary(
      items: pages.map(ReproductionSummary.Item.init), output: command.gallery.output, page: page,
      seconds: (clock.now - start) / .seconds(1))
    if command.shared.json { try JSONOutput.write(summary) } else { print(summary.text) }
    if pages.contains(where: { $0.verdict != .holds }) { throw Ended.withoutResult }
  }

  /// The experiments that the names mean, in the order of the catalogue.
  private func chosen() throws -> [any Experiment] {
    if command.names == ["all"] { return Catalogue.all }
    var wanted: Set<String> = []
    let all = Catalogue.all.map(\.item.id)
    for name in command.names {
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
      Fact("size", command.gallery.quick ? "quick" : "full"),
      Fact("data", .text(command.data.words)),
    ]
  }

  private func site() throws -> SiteWriter {
    let fingerprint =
      "deeplinear \(Version.text), \(command.gallery.quick ? "quick" : "full"), seed \(command.shared.seed), data \(command.data.words)\n"
    do {
      return try SiteWriter(
        folder: command.gallery.output, fingerprint: fingerprint, overwrite: command.shared.force,
        plotly: ReportFolder.plotly)
    } catch .folderExists(let path) {
      throw BadInput(
        "\(path): the folder holds a gallery made with other settings; give --force to replace it.")
    } catch {
      throw BadInput("\(error)")
    }
  }

  /// Every page the site has, those of earlier runs included.
  private func gallery(of pages: [ReproducedPage]) -> Gallery {
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
      provenance: ReportFolder.provenance(seed: command.shared.seed, settings: settings))
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
