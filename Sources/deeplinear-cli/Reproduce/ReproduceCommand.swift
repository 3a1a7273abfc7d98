import ArgumentParser
import Jobs

struct ReproduceCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "reproduce",
    abstract: "Make the figures, tables and claims of the papers anew, and compare.",
    discussion: """
      `list` names the items; `all` runs every one; otherwise the items with the given names, or all \
      whose names begin with a given word, as in `reproduce tarmoun`. The output is a gallery: \
      a page for each item with its figures, the claims beside what was measured, the corrections that \
      bear on it, and the data as CSV and npz.

      A gallery that was left unfinished is taken up where it ended. The exit status is 1 if a verdict \
      differs from the claim.

      Items about images or sensors use your files where you name them or their folder, and synthetic \
      data otherwise; the title says which.

      `deeplinear reproduce ITEM --help` lists the quantities of an item that `--set` changes. With \
      `--format` the figures alone are written, at a size for slides, and an animation of the singular \
      values for items that show dynamics.

      Example: deeplinear reproduce gidel-figure-1 --output site
      """)

  @Argument(
    help: ArgumentHelp("`list`, `all`, or the names of items.", valueName: "item"))
  var names: [String]

  @OptionGroup(title: "Gallery")
  var gallery: GalleryArguments

  @OptionGroup(title: "Data")
  var data: ExperimentDataArguments

  @OptionGroup(title: "General")
  var shared: SharedOptions

  func run() throws {
    if names == ["list"] { return try carryOut(ReproductionList(), shared) { $0.text } }
    var request = Reproduction(names)
    request.output = gallery.output
    request.quick = gallery.quick
    request.jobs = gallery.jobs.value
    request.set = gallery.set.isEmpty ? nil : gallery.set
    request.format = gallery.format
    request.data = data.data
    request.mnist = data.mnist
    request.gasDrift = data.gasDrift
    request.cifar = data.cifar
    request.force = shared.force
    request.seed = shared.seed
    try carryOut(request, shared) { $0.text }
  }
}

/// What is made and where; shown under the title "Gallery".
struct GalleryArguments: ParsableArguments {
  @Option(name: .long, help: ArgumentHelp("The folder of the gallery.", valueName: "folder"))
  var output = Reproduction.defaultOutput

  @Flag(name: .long, help: "Smaller sizes and fewer repetitions; the same claims.")
  var quick = false

  @Option(
    name: .long,
    help: ArgumentHelp(
      "Another value of a quantity, as name=value; may be repeated.", valueName: "name=value"))
  var set: [String] = []

  @Option(
    name: .long,
    help: ArgumentHelp("Figures alone, for slides: svg, png or pdf.", valueName: "format"))
  var format: String?

  @Option(
    name: .long, parsing: .unconditional,
    help: ArgumentHelp("How many items run at once: auto, or a number.", valueName: "number"))
  var jobs = AutomaticNumber<Int>.automatic
}

/// Data sets of the user's that some items can use; shown under the title "Data".
struct ExperimentDataArguments: ParsableArguments {
  @Option(
    name: .long,
    help: ArgumentHelp(
      "A folder in which the data sets below are found by their usual names.", valueName: "folder"))
  var data: String?

  @Option(
    name: .long,
    help: ArgumentHelp(
      "The folder of MNIST's four files, gzipped or not.", valueName: "folder"))
  var mnist: String?

  @Option(
    name: .long,
    help: ArgumentHelp(
      "A table of the gas sensor array: batch, concentration, sensors.", valueName: "file"))
  var gasDrift: String?

  @Option(
    name: .long,
    help: ArgumentHelp("A batch of CIFAR-10 in the binary format, `.bin`.", valueName: "file"))
  var cifar: String?
}
