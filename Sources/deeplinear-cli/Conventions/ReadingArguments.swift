import ArgumentParser
import DataFormats
import Jobs
import LinearAlgebra

/// How files of known entries are read; shown under the title "Reading".
struct ReadingArguments: ParsableArguments {
  @Option(
    name: .long,
    help: ArgumentHelp(
      "A file of the same shape with 0 where the matrix is unknown.", valueName: "file"))
  var mask: String?

  @Option(name: .long, help: ArgumentHelp("What a CSV file holds.", valueName: "layout"))
  var layout = ReadingOptions.Layout.automatic

  @Flag(name: .long, help: "Rows and columns of triplets count from one.")
  var oneBased = false

  @Option(
    name: .long, help: ArgumentHelp("What is done with an entry given twice.", valueName: "policy"))
  var duplicates = ObservedEntries.DuplicatePolicy.refuse

  @Option(
    name: .long, parsing: .unconditional,
    help: ArgumentHelp("The number of rows, where the file does not say it.", valueName: "number"))
  var rows: Int?

  @Option(
    name: .long, parsing: .unconditional,
    help: ArgumentHelp(
      "The number of columns, where the file does not say it.", valueName: "number"))
  var columns: Int?

  /// A file read as these arguments say.
  func source(_ path: String) -> DataSource {
    var reading = Reading()
    reading.mask = mask
    reading.layout = layout
    reading.oneBased = oneBased
    reading.duplicates = duplicates
    reading.rows = rows
    reading.columns = columns
    return DataSource(.file(path), reading: reading)
  }
}
