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

  /// A folder in which the three are found by their usual names.
  public var data: String?

  /// Quantities to change, each as `name=value`; every item that is made must have them.
  public var set: [String]?
  /// `svg`, `png` or `pdf`: figures alone are written, at a size for slides, and no pages.
  public var format: String?

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
  private func files() throws -> ExperimentFiles {
    var files = ExperimentFiles(mnist: mnist, gasDrift: gasDrift, cifar: cifar)
    if let data { try files.find(in: data) }
    return files
  }

  public func validate() throws {
    if let jobs, !(1...256).contains(jobs) {
      throw BadInput("--jobs must be auto or between 1 and 256, not \(jobs).")
    }
    if let format, SlideFormat(rawValue: format) == nil {
      throw BadInput("--format must be svg, png or pdf, not '\(format)'.")
    }
  }

  public func run(
    in context: JobContext, observing observer: JobObserver
  ) throws -> ReproductionResult {
    let clock = ContinuousClock()
    let start = clock.now
    try validate()
    let experiments = try adjusted(try chosen())
    let files = try files()
    let data = try files.data()
    let settings = settings(files)
    let slides = try format.flatMap(SlideFormat.init(rawValue:)).map {
      try SlideFolder(settledOutput, $0, overwrite: force ?? false)
    }
    let site = try slides == nil ? site(settings) : nil

    let run = ReproductionRun(
      experiments: experiments, site: site, isQuick: isQuick, seed: seed ?? 0, data: data,
      settings: settings, context: context, observer: observer)
    let workers = jobs ?? ProcessInfo.processInfo.activeProcessorCount
    DispatchQueue.concurrentPerform(iterations: min(workers, experiments.count)) { _ in
      run.work()
    }
    let pages = try run.finished()

    let page: String
    if let slides {
      try slides.write(pages)
      if run.wasStopped {
        throw JobInterrupted(sentence: "interrupted; \(settledOutput) holds what was finished.")
      }
      return ReproductionResult(
        context: context, pages: pages,
        summary: ReproductionSummary(
          items: pages.map(ReproductionSummary.Item.init), output: settledOutput,
          page: settledOutput, seconds: (clock.now - start) / .seconds(1)),
        settings: settings, seed: seed ?? 0)
    }
    guard let site else { preconditionFailure("there is a site where there are no slides") }
    let gallery = gallery(of: pages, settings, context)
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

  /// The experiments with the quantities that were set.
  private func adjusted(_ experiments: [any Experiment]) throws -> [any Experiment] {
    let pairs = try (set ?? []).map { text -> (name: String, value: String) in
      let parts = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      guard parts.count == 2, !parts[0].isEmpty else {
        throw BadInput("--set takes name=value, not '\(text)'.")
      }
      return (String(parts[0]), String(parts[1]))
    }
    guard !pairs.isEmpty else { return experiments }
    return try experiments.map { experiment in
      let id = experiment.item.id
      return try pairs.reduce(experiment) { result, pair in
        do {
          return try result.setting(pair.name, to: pair.value)
        } catch let error as ParameterError {
          throw BadInput(error.sentence(for: id))
        }
      }
    }
  }

  private func settings(_ files: ExperimentFiles) -> [Fact] {
    [
      Fact("size", isQuick ? "quick" : "full"),
      Fact("data", .text(files.words)),
    ] + ((set ?? []).isEmpty ? [] : [Fact("set", .text((set ?? []).joined(separator: " ")))])
  }

  private func site(_ settings: [Fact]) throws -> SiteWriter {
    let words = settings.map { fact in
      if case .text(let text) = fact.value { "\(fact.label) \(text)" } else { fact.label }
    }
    let fingerprint =
      "deeplinear \(Version.text), seed \(seed ?? 0), \(words.joined(separator: ", "))\n"
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
  private func gallery(
    of pages: [ReproducedPage], _ settings: [Fact], _ context: JobContext
  ) -> Gallery {
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
        "Figures, tables and claims of four papers and results since, each beside what was measured. Where print and truth differ, the page says so.",
      summary: [
        Fact("items", Cell(integerLiteral: pages.count)),
        Fact(
          "items whose claims hold", Cell(integerLiteral: pages.count { $0.verdict.isAsClaimed })),
        Fact("claims", Cell(integerLiteral: claims)),
        Fact("claims that hold", Cell(integerLiteral: holding)),
      ],
      groups: groups, links: [Link("Corrections to the papers", to: "corrections/index.html")],
      provenance: ReportFolder.provenance(seed: seed ?? 0, settings: settings, of: context))
  }
}

extension ParameterError {
  /// What is wrong and what to do.
  func sentence(for item: String) -> String {
    switch self {
    case .unknown(let name, let known):
      known.isEmpty
        ? "\(item) has no quantity that could be set."
        : "\(item) has no quantity '\(name)'; "
          + (nearestName(to: name, among: known).map { "did you mean '\($0)'?" }
            ?? "it has \(known.joined(separator: ", ")).")
    case .notANumber(let name, let text):
      "\(item): \(name) must be a number, not '\(text)'."
    case .outOfRange(let name, let text, let range):
      "\(item): \(name) must be from \(range), not \(text)."
    case .wrongCount(let name, let expected):
      "\(item): \(name) takes \(expected) numbers with commas between them."
    }
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
  var holdingCount: Int { claims.count { $0.verdict.isAsClaimed } }

  /// How many say that print is wrong.
  var refutedCount: Int { claims.count { $0.verdict == .refuted } }

  var entry: Gallery.Entry {
    Gallery.Entry(
      name: item.id, title: record.title, text: item.shows, verdict: verdict,
      note: holdingCount == claims.count
        ? "\(claims.count) \(claims.count == 1 ? "claim" : "claims")"
          + (verdict == .holds && refutedCount > 0 ? ", \(refutedCount) of print refuted" : "")
        : "\(holdingCount) of \(claims.count) claims",
      thumbnail: record.figures.first)
  }
}
