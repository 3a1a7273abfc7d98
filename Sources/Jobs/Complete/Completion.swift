import DataFormats
import DeepLinear
import Glibc

/// Fill in a matrix of which some entries are known.
public struct Completion: Job {
  public static let name = "complete"

  /// How the answer is found.
  public enum Method: String, CaseIterable, Codable, Sendable {
    /// By the path of a deep network.
    case deep
    /// The smallest nuclear norm, of all that agree with every known entry or weighed against the fit.
    case nuclear
  }

  /// Whether columns of different units are brought to one.
  public enum Scaling: String, CaseIterable, Codable, Sendable {
    case auto, none, columns
  }

  /// How much work is spent on data that are not exact.
  public enum Effort: String, CaseIterable, Codable, Sendable {
    case quick, normal, thorough
  }

  /// What follows the path of the network.
  public enum Polish: String, CaseIterable, Codable, Sendable {
    /// A fit in factored form, at the rank that the path suggests.
    case auto
    /// Nothing: the network itself is the answer.
    case none
  }

  /// The known entries.
  public var observed: DataSource

  /// Where the completed matrix is written.
  public var output: String?
  /// The folder of a report.
  public var report: String?
  /// Where the fit is saved, for ``Prediction``.
  public var model: String?
  /// The whole true matrix, to measure the error.
  public var truth: DataSource?
  /// The coverage of prediction intervals, between 0 and 1.
  public var intervals: Double?
  /// Where the half-widths of the intervals are written.
  public var intervalOutput: String?
  /// Where it is written which cells were filled, how sure, and which are guesses.
  public var mark: String?
  /// Where known entries that the others contradict are written, with what is predicted for them.
  public var outliers: String?
  /// Whether known entries are replaced by their fit, with its noise removed.
  public var denoise: Bool?
  /// Known entries are kept unless ``denoise`` says otherwise; to ask for it changes nothing.
  public var keepObserved: Bool?
  /// Whether cells that nothing known determines are filled with a guess.
  public var fillUndetermined: Bool?
  /// The format of the output on standard output, where it is not that of the input.
  public var outputFormat: String?
  /// The lowest and the highest value that is given.
  public var clip: ValueRange?
  /// Whether the values are ratings: what is given stays between the lowest and the highest known one.
  public var ratings: Bool?

  /// The number of layers of the network.
  public var depth: Int?
  /// The width of its hidden layers; chosen where nil.
  public var width: Int?
  /// The size of its first end-to-end matrix relative to the data; chosen where nil.
  public var initialScale: Double?
  /// The largest rank of the answer; chosen where nil.
  public var rank: Int?
  /// How many threads are used; the answer does not depend on it.
  public var threads: Int?
  /// The share of entries held out when the data are noisy; 0 for none.
  public var holdout: Double?
  /// How the answer is found; by a deep network where nil.
  public var method: Method?
  /// What follows the path of the network; a fit in factored form where nil.
  public var polish: Polish?
  /// Whether columns of different units are brought to one: where that helps, if nil.
  public var scaling: Scaling?
  /// How much work is spent on data that are not exact.
  public var effort: Effort?
  /// Whether rows follow each other, as readings in time do; where nil, whether their names are dates.
  public var rowOrder: Bool?
  /// What the nuclear norm is weighed with against the fit.
  public var penalty: NuclearPenalty?

  /// Whether files that exist are overwritten.
  public var force: Bool?
  /// The seed of everything random; 0 where nil.
  public var seed: UInt64?

  /// A request with everything else as usual.
  public init(_ observed: DataSource) { self.observed = observed }

  /// ``depth`` where nil.
  public static let defaultDepth = 3
  /// ``holdout`` where nil.
  public static let defaultHoldout = 0.1

  /// Not more than makes a difference.
  package var settledDepth: Int { min(depth ?? Self.defaultDepth, FollowedNetwork.largestDepth) }
  package var settledHoldout: Double { holdout ?? Self.defaultHoldout }
  package var settledMethod: Method { method ?? .deep }
  package var settledPolish: Polish { polish ?? .auto }
  package var settledPenalty: NuclearPenalty { penalty ?? NuclearPenalty.none }
  package var settledEffort: Effort { effort ?? .normal }
  var settledScaling: CompletionScaling {
    CompletionScaling(rawValue: (scaling ?? .auto).rawValue) ?? .auto
  }
  var settledCompletionEffort: CompletionEffort {
    CompletionEffort(rawValue: settledEffort.rawValue) ?? .normal
  }
  package var settledSeed: UInt64 { seed ?? 0 }

  /// Where cells are listed with how sure they are, intervals are wanted even if they were not asked for.
  package var settledIntervals: Double? {
    if let intervals { return intervals }
    let isListing = mark != nil || report != nil
    let canHoldOut = settledHoldout > 0 && settledMethod == .deep && settledPolish == .auto
    return isListing && canHoldOut ? 0.9 : nil
  }

  public func validate() throws {
    func check(_ holds: Bool, _ sentence: @autoclosure () -> String) throws {
      if !holds { throw BadInput(sentence()) }
    }
    if let intervals {
      try check(
        intervals > 0 && intervals < 1, "--intervals must lie between 0 and 1, not \(intervals).")
    }
    try check(
      intervalOutput == nil || intervals != nil,
      "--interval-output needs a coverage; add --intervals 0.9.")
    let depth = depth ?? Self.defaultDepth
    try check(depth >= 1, "--depth must be at least 1, not \(depth).")
    if let width { try check(width >= 1, "--width must be at least 1, not \(width).") }
    if let rank { try check(rank >= 1, "--rank must be at least 1, not \(rank).") }
    if let threads { try check(threads >= 1, "--threads must be at least 1, not \(threads).") }
    if let scale = initialScale {
      try check(
        scale > 0 && scale.isFinite, "--initial-scale must be a positive number, not \(scale).")
    }
    let holdout = settledHoldout
    try check(
      holdout >= 0 && holdout < 1, "--holdout must be at least 0 and below 1, not \(holdout).")
    _ = try observed.reading.options()
    _ = try outputFormat.map { try Reading.format($0) }
    try check(
      !(denoise ?? false && keepObserved ?? false),
      "--denoise replaces known entries and --keep-observed keeps them; leave one of them out.")
    try check(
      intervals == nil || holdout != 0,
      "--intervals needs entries held out; give --holdout a share above 0.")
    try check(
      intervals == nil || settledMethod != .nuclear,
      "--intervals goes with --method deep; leave one of them out.")
    try check(
      settledMethod != .deep || settledPenalty == .none,
      "--penalty goes with --method nuclear; add it or leave --penalty out.")
    try check(
      !(ratings ?? false) || clip == nil,
      "--ratings takes the ends of the scale from the data; leave --clip out.")
    try check(
      settledMethod != .nuclear || (scaling == nil && effort == nil && !(rowOrder ?? false)),
      "--scaling, --effort and --row-order go with --method deep; leave them out.")
    if settledPolish == .none {
      try check(
        settledMethod != .nuclear,
        "--polish none shows the path of a deep network; leave --method nuclear out.")
      let others: [(String, Bool)] = [
        ("--intervals", intervals != nil), ("--rank", rank != nil), ("--scaling", scaling != nil),
        ("--effort", effort != nil), ("--row-order", rowOrder ?? false),
        ("--outliers", outliers != nil),
      ]
      if let (option, _) = others.first(where: \.1) {
        try check(
          false,
          "--polish none shows what the network does with all entries by itself; leave \(option) out."
        )
      }
    }
    try check(
      settledMethod != .nuclear || outliers == nil,
      "--outliers goes with --method deep; leave one of them out.")
    try check(
      settledPenalty != .automatic || holdout != 0,
      "--penalty auto needs entries held out; give --holdout a share above 0.")
  }

  public func run(
    in context: JobContext, observing observer: JobObserver
  ) throws -> CompletionResult {
    let clock = ContinuousClock()
    let start = clock.now
    try validate()
    try checkOutputs()
    let data = try observed.observedEntries(in: context)
    try checkOutput(of: data)
    try checkSize(of: data.entries, context)
    try checkMemory(data.entries)
    let truth = try readTruth(data.entries, context)
    let (fit, nuclear) = try fit(data, context, observer)
    return CompletionResult(
      request: self, context: context, data: data, fit: fit, nuclear: nuclear, truth: truth,
      seconds: (clock.now - start).seconds)
  }

  /// A workbook or a colour picture is written only into what came in.
  private func checkOutput(of data: ObservedData) throws {
    guard let output, output != "-", Self.isPictureOrBook(output) else { return }
    var isArray = data.original == nil
    if case .array? = data.original { isArray = true }
    let isGray = output.lowercased().hasSuffix(".png") && isArray
    if isGray { return }
    if data.original?.canBeWritten(to: output) ?? false { return }
    if data.layout == .triplets {
      throw BadInput(
        "\(output): a list of single entries becomes a table, which is written as text; name an output .csv."
      )
    }
    throw BadInput(
      "\(output): \(observed.name) cannot be given back in this form; name an output like it, or .csv or .npy."
    )
  }

  /// A whole matrix that no memory holds is refused before the fit, which can be kept without it.
  private func checkSize(of entries: ObservedEntries, _ context: JobContext) throws {
    let wanted: [(String, Bool)] = [
      ("--output", output != nil), ("--mark", mark != nil), ("--report", report != nil),
      ("--intervals", intervals != nil), ("--truth", truth != nil),
    ]
    guard let (option, _) = wanted.first(where: \.1) else { return }
    // The fit everywhere, what is written, and room for either's text.
    try WholeMatrix(entries.rowCount, entries.columnCount, copies: 2).checkFits(
      option: option, of: observed.name,
      instead: "leave \(option) out and keep the fit with --model, or fill some rows with predict")
  }

  private func checkOutputs() throws {
    var outputs = OutputPaths(overwrite: force ?? false)
    try outputs.input(observed, exceptFor: output)
    try outputs.input(truth)
    try outputs.file(
      output, option: "--output",
      among: output.flatMap { Self.isPictureOrBook($0) ? DataFormat.allCases : nil })
    try outputs.file(mark, option: "--mark", among: [.csv])
    try outputs.file(outliers, option: "--outliers", among: [.csv])
    try outputs.file(intervalOutput, option: "--interval-output")
    try outputs.file(model, option: "--model", among: [.safetensors])
    try outputs.report(report)
  }

  /// Whether a file can only be written as what came in: a workbook or a picture.
  private static func isPictureOrBook(_ path: String) -> Bool {
    [".xlsx", ".png", ".jpg", ".jpeg", ".ppm"].contains { path.lowercased().hasSuffix($0) }
  }

  private func readTruth(_ entries: ObservedEntries, _ context: JobContext) throws -> Matrix? {
    guard let truth else { return nil }
    let matrix = try truth.matrix(alike: observed, in: context)
    guard matrix.rowCount == entries.rowCount, matrix.columnCount == entries.columnCount else {
      throw BadInput(
        """
        \(truth.name): the truth is \(matrix.shape) but \(observed.name) is \
        \(entries.rowCount)×\(entries.columnCount); give matrices of one shape, or the shape with \
        --rows and --columns.
        """)
    }
    return matrix
  }

  /// Whether rows follow each other: as asked, or as a table does whose rows are named by dates or times. A network by
  /// itself knows no order.
  func hasOrderedRows(_ data: ObservedData) -> Bool {
    guard settledPolish == .auto else { return false }
    let isByTime = ["date", "time"].contains(data.understanding?.rowsBy)
    return rowOrder ?? (isByTime && data.layout == .table)
  }

  private func followedNetwork(_ data: ObservedData) -> FollowedNetwork {
    FollowedNetwork(
      depth: depth ?? Self.defaultDepth, width: width, rowCount: data.entries.rowCount,
      columnCount: data.entries.columnCount)
  }

  /// What completes a table by the settings of the request, with neither intervals nor a recorded path.
  func completer(for data: ObservedData) -> MatrixCompleter {
    let network = followedNetwork(data)
    return MatrixCompleter(
      depth: network.depth, width: network.width, initialScale: initialScale, rank: rank,
      holdoutFraction: settledHoldout, threadCount: threads, scaling: settledScaling,
      effort: settledCompletionEffort, hasOrderedRows: hasOrderedRows(data), seed: settledSeed,
      polish: settledPolish == .none ? .none : .auto)
  }

  private func fit(
    _ data: ObservedData, _ context: JobContext, _ observer: JobObserver
  ) throws -> (MatrixCompleter.Fit, nuclear: NuclearNormCompleter.Fit?) {
    let entries = data.entries
    observer.show(
      "completing", sentence: settledMethod == .deep ? followedNetwork(data).notice : nil)
    if settledMethod == .nuclear {
      let fit = try nuclearFit(entries, observer)
      return (try fit.matrixCompletion(of: entries), fit)
    }
    var completer = completer(for: data)
    completer.intervalCoverage = settledIntervals
    completer.recordingInterval = report == nil && !context.wantsRecord ? nil : 2
    let fit = try completer.fit(entries) { observer.show("completing", $0.fraction) }
    return (fit, nil)
  }

  private func nuclearFit(
    _ entries: ObservedEntries, _ observer: JobObserver
  ) throws -> NuclearNormCompleter.Fit {
    let penalty: NuclearNormCompleter.Penalty =
      switch settledPenalty {
      case .none: .none
      case .automatic: .chosen(holdoutFraction: settledHoldout)
      case .fixed(let λ): .fixed(λ)
      }
    let completer = NuclearNormCompleter(penalty: penalty, seed: settledSeed)
    do {
      return try completer.fit(entries) { progress in
        // The gap falls by a steady factor; penalties tried come first and take a share of the work each.
        let share =
          log10(max(progress.relativeGap, completer.tolerance)) / log10(completer.tolerance)
        return observer.show(
          "completing", penalty == .none ? share : min(0.9, Double(progress.pathIndex) / 20))
      }
    } catch let failure as NuclearNormCompleter.Failure {
      throw BadInput("\(observed.name): \(failure).")
    }
  }
}

extension Duration {
  package var seconds: Double {
    Double(components.seconds) + 1e-18 * Double(components.attoseconds)
  }
}
