public import Records

/// How far a job is.
public struct JobProgress: Codable, Equatable, Sendable {
  /// What is being done: a word such as `completing`.
  public var stage: String
  /// The share of the stage that is done, from 0 to 1; nil where it is not known.
  public var fraction: Double?
  /// Something a person may want to read now, such as that a part is finished.
  public var sentence: String?
  /// A few words beside the share that is done, such as how much time is left.
  public var note: String?
  /// What there is to be seen so far.
  public var figures: [Figure]

  /// A report of progress.
  public init(
    stage: String, fraction: Double? = nil, sentence: String? = nil, note: String? = nil,
    figures: [Figure] = []
  ) {
    self.stage = stage
    self.fraction = fraction
    self.sentence = sentence
    self.note = note
    self.figures = figures
  }
}

/// Whom a job tells about its progress, and who says whether it goes on.
///
/// A job tells it of each stage when the stage begins, and then often. It may do so from several threads.
public struct JobObserver: Sendable {
  /// Hears about progress; false stops the job.
  public let report: @Sendable (JobProgress) -> Bool
  /// After how many seconds a job that can shows what there is to be seen so far, in ``JobProgress/figures``, and
  /// at its end; nil where nobody looks.
  public let figureInterval: Double?

  /// An observer that hears by a function.
  public init(
    figureInterval: Double? = nil, _ report: @escaping @Sendable (JobProgress) -> Bool
  ) {
    self.report = report
    self.figureInterval = figureInterval
  }

  /// Nobody: the job runs to its end.
  public static let none = JobObserver { _ in true }

  /// Tells of progress, and says whether to go on.
  @discardableResult
  package func show(_ stage: String, _ fraction: Double? = 0, sentence: String? = nil) -> Bool {
    report(JobProgress(stage: stage, fraction: fraction, sentence: sentence))
  }
}
