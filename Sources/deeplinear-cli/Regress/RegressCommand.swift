import ArgumentParser
import Jobs

struct RegressCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "regress",
    abstract: "Fit a linear regression of the right rank to several outputs.",
    usage: "deeplinear regress <x> <y> [<options>]",
    discussion: """
      X and Y hold one sample per row, as .csv, .npy or .mtx. For every rank the best coefficients \
      are computed exactly, whether or not the inputs' covariance is singular; the rank is given, or \
      chosen: the smallest whose cross-validated error is within one standard error of the smallest, \
      or, with --validation 0, the components stronger than what noise shows. Beside them stands the \
      path that training two layers from near zero visits.

      The coefficients are written as outputs × inputs; the prediction for a row x is W x plus the \
      intercept. As text they carry the names of outputs and inputs, and the intercept as a last column, where \
      the tables have names.

      Example: deeplinear regress x.csv y.csv --output w.npy --report report
      """)

  @Argument(help: ArgumentHelp("The inputs, one sample per row.", valueName: "x"))
  var inputs: String

  @Argument(help: ArgumentHelp("The targets, one sample per row.", valueName: "y"))
  var targets: String

  @OptionGroup(title: "Results")
  var results: RegressionResultArguments

  @OptionGroup(title: "Method")
  var fitting: RegressionFittingArguments

  @OptionGroup(title: "General")
  var shared: SharedOptions

  func run() throws {
    var request = Regression(inputs: DataSource(inputs), targets: DataSource(targets))
    request.output = results.output
    request.report = results.report
    request.path = results.path
    request.predict = results.predict.map { DataSource($0) }
    request.predictions = results.predictions
    request.rank = fitting.rank.value
    request.validation = fitting.validation
    request.noIntercept = fitting.noIntercept
    request.standardize = fitting.standardize
    request.weighOutputs = fitting.weighOutputs
    request.force = shared.force
    request.seed = shared.seed
    try carryOut(request, shared) { $0.text }
  }
}

/// What `regress` writes and says.
struct RegressionResultArguments: ParsableArguments {
  @Option(
    name: .long,
    help: ArgumentHelp("Write the coefficients; the extension gives the format.", valueName: "file")
  )
  var output: String?

  @Option(
    name: .long, help: ArgumentHelp("Write a report to open in a browser.", valueName: "folder"))
  var report: String?

  @Option(
    name: .long,
    help: ArgumentHelp(
      "Write the path of training as .csv: step, loss, singular values.", valueName: "file"))
  var path: String?

  @Option(name: .long, help: ArgumentHelp("New inputs to predict.", valueName: "file"))
  var predict: String?

  @Option(
    name: .long, help: ArgumentHelp("Write the predictions for the new inputs.", valueName: "file"))
  var predictions: String?

  // In memory predictions need no file; here they are lost without one.
  func validate() throws {
    guard (predict == nil) == (predictions == nil) else {
      throw ValidationError("--predict and --predictions go together; give both.")
    }
  }
}

/// How `regress` finds its answer.
struct RegressionFittingArguments: ParsableArguments {
  @Option(
    name: .long, parsing: .unconditional,
    help: ArgumentHelp("The rank, or auto.", valueName: "number"))
  var rank = AutomaticNumber<Int>.automatic

  @Option(
    name: .long, parsing: .unconditional,
    help: ArgumentHelp(
      "The number of folds of the cross-validation; 0 for none.", valueName: "number"))
  var validation = Regression.defaultValidation

  @Flag(name: .long, help: "Fit no intercept.")
  var noIntercept = false

  @Flag(name: .long, help: "Scale the inputs to variance one for the path and singular problems.")
  var standardize = false

  @Flag(name: .long, help: "Weigh each output by the inverse of its variance.")
  var weighOutputs = false
}
