public import DataFormats
import DeepLinear

/// Say which modes a data set has, in which order and when a deep linear network learns them, and how far the data are from
/// what theory assumes.
///
/// Samples are read like those of ``DataSetMeasurement``, in blocks, so that memory does not grow with their number.
public struct ModeAnalysis: Job {
  public static let name = "modes"
  public static let givesWhatItHas = false

  /// The samples, or with ``covariances`` Σx alone.
  public var inputs: [DataSource]
  /// Class labels from 0, one after the other for all samples.
  public var labels: [DataSource]?
  /// Targets with one row per sample, or with ``covariances`` Σyx alone, d_N × d₀.
  public var targets: [DataSource]?
  /// The column of labels in CSV inputs: its heading, or its position from 0, or from the end with -1.
  public var labelColumn: String?
  /// How many classes there are; as many as the largest label needs where nil.
  public var classes: Int?
  /// The kind of `.bin` files whose size does not tell it.
  public var records: CIFARRecord?
  /// What is done to the samples first.
  public var centering: DataSetMeasurement.Centering?
  /// Whether the files hold Σx and Σyx instead of samples.
  public var covariances: Bool?

  /// The number of layers.
  public var depth: Int?
  /// The size w₀ of every mode of the end-to-end matrix at the start.
  public var start: Double?
  /// The step of descent; half of the largest stable one where nil.
  public var step: Double?

  /// Where bases and numbers are written, .npz.
  public var output: String?
  /// The folder of a report.
  public var report: String?
  /// Whether files that exist are overwritten.
  public var force: Bool?
  /// Nothing here is random; a seed is taken as by every job.
  public var seed: UInt64?

  /// A request with everything else as usual.
  public init(_ inputs: [DataSource]) { self.inputs = inputs }

  /// ``depth`` where nil.
  public static let defaultDepth = 2
  /// ``start`` where nil.
  public static let defaultStart = 1e-6

  package var settledDepth: Int { depth ?? Self.defaultDepth }
  package var settledStart: Double { start ?? Self.defaultStart }

  private var measurement: DataSetMeasurement {
    var request = DataSetMeasurement(inputs)
    request.labels = labels
    request.targets = targets
    request.labelColumn = labelColumn
    request.classes = classes
    request.records = records
    request.centering = centering
    return request
  }

  public func validate() throws {
    guard settledDepth >= 2, settledDepth <= 1000 else {
      throw BadInput(
        "--depth must lie between 2 and 1000, not \(settledDepth); one layer has no plateaus.")
    }
    guard settledStart > 0, settledStart.isFinite else {
      throw BadInput("--start must be positive, not \(settledStart).")
    }
    if let step, !(step > 0 && step.isFinite) {
      throw BadInput("--step must be positive, not \(step).")
    }
    guard covariances ?? false else { return try measurement.validate() }
    guard inputs.count == 1, targets?.count == 1 else {
      throw BadInput(
        "--covariances takes two matrices, the covariance of the inputs and the cross-covariance; give both."
      )
    }
    let others: [(String, Bool)] = [
      ("--labels", !(labels ?? []).isEmpty), ("--label-column", labelColumn != nil),
      ("--classes", classes != nil), ("--records", records != nil),
      ("--centering", centering != nil),
    ]
    if let given = others.first(where: \.1) {
      throw BadInput("\(given.0) is about samples, and --covariances gives none; leave one out.")
    }
  }

  public func run(
    in context: JobContext, observing observer: JobObserver
  ) throws -> ModeAnalysisResult {
    let clock = ContinuousClock()
    let began = clock.now
    try validate()
    var outputs = OutputPaths(overwrite: force ?? false)
    for source in inputs + (targets ?? []) + (labels ?? []) { try outputs.input(source) }
    try outputs.file(output, option: "--output", among: [.npz])
    try outputs.report(report)
    let problem = try read(in: context, observer)
    observer.show("decomposing")
    let modes = try ProblemModes(
      inputCovariance: problem.inputCovariance, crossCovariance: problem.crossCovariance)
    guard !modes.modes.isEmpty else {
      throw BadInput(
        "\(inputs[0].name): inputs and targets are uncorrelated, and there is no mode to learn; give other data."
      )
    }
    let stable = try modes.largestStableStep(depth: settledDepth)
    let prediction = LearningPrediction(
      modes, depth: settledDepth, start: settledStart, stepSize: step ?? 0.5 * stable,
      initialLoss: problem.initialLoss ?? 0)
    return ModeAnalysisResult(
      request: self, context: context, modes: modes, prediction: prediction,
      summary: ModeSummary(
        modes, prediction, of: problem, largestStableStep: stable, request: self,
        seconds: (clock.now - began).seconds))
  }

  /// What the samples or the files of covariances say.
  private func read(in context: JobContext, _ observer: JobObserver) throws -> MeasuredProblem {
    guard covariances ?? false, let target = targets?.first else {
      let (data, names) = try measurement.sums(
        in: context, dependsOnUnits: true, observing: observer)
      let samples = Double(data.count)
      return MeasuredProblem(
        inputCovariance: data.inputCovariance, crossCovariance: data.crossCovariance,
        initialLoss: 0.5 * data.targetEnergy / samples, samples: data.count,
        classes: names?.count)
    }
    let x = try inputs[0].matrix(in: context)
    let yx = try target.matrix(in: context)
    guard x.rowCount == x.columnCount else {
      throw BadInput(
        "\(inputs[0].name) is \(x.shape), and a covariance is square; give the covariance of the inputs first."
      )
    }
    guard yx.columnCount == x.columnCount else {
      throw BadInput(
        "\(target.name) is \(yx.shape) but there are \(x.columnCount) inputs; give a cross-covariance with one row for each output."
      )
    }
    let off = (x - x.transposed()).maxAbsolute
    guard off <= 1e-9 * x.maxAbsolute else {
      throw BadInput(
        "\(inputs[0].name) is not symmetric, elements across the diagonal differ by up to \(readable(off)); give a covariance."
      )
    }
    let values = try x.symmetrized().symmetricEigenvalues()
    guard let first = values.first, first > 0, values.last ?? 0 >= -1e-9 * first else {
      throw BadInput(
        "\(inputs[0].name) has the eigenvalue \(readable(values.last ?? 0)), and variances are not negative; give a covariance."
      )
    }
    return MeasuredProblem(
      inputCovariance: x.symmetrized(), crossCovariance: yx, initialLoss: nil, samples: nil,
      classes: nil)
  }
}

/// The coefficients of a regression, and where they are from.
struct MeasuredProblem {
  var inputCovariance: Matrix
  var crossCovariance: Matrix
  /// The loss of W = 0; nil where only covariances are known, and losses are relative to it.
  var initialLoss: Double?
  var samples: Int?
  var classes: Int?
}
