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
      "The number of columns, where the file does not say it; or the only columns of a table to use, with commas between.",
      valueName: "number"))
  var columns: String?

  @Option(
    name: .long, parsing: .singleValue,
    help: ArgumentHelp(
      "A column of a table to leave as it is; may be repeated.", valueName: "column"))
  var ignore: [String] = []

  @Option(
    name: .long, parsing: .unconditionalSingleValue,
    help: ArgumentHelp(
      "What stands for a missing value, besides NA and the like; may be repeated.",
      valueName: "text"))
  var missing: [String] = []

  @Option(
    name: .long, parsing: .unconditional,
    help: ArgumentHelp(
      "What separates cells, if not found out: a character, tab or space.", valueName: "mark"))
  var delimiter: String?

  @Option(
    name: .long, parsing: .unconditional,
    help: ArgumentHelp("The mark before fractions, if not found out: . or ,", valueName: "mark"))
  var decimal: String?

  @Option(
    name: .long,
    help: ArgumentHelp(
      "The sheet of a workbook, or the array of a file of several.", valueName: "name"))
  var sheet: String?

  @Option(
    name: .long,
    help: ArgumentHelp(
      "The format, where no extension tells it: csv, npy, …", valueName: "extension"))
  var format: String?

  /// A file read as these arguments say.
  func source(_ path: String) -> DataSource {
    var reading = Reading()
    reading.mask = mask
    reading.layout = layout
    reading.oneBased = oneBased
    reading.duplicates = duplicates
    reading.rows = rows
    if let columns {
      reading.columns = Int(columns)
      if reading.columns == nil {
        reading.only = columns.split(separator: ",").map { String($0.drop { $0 == " " }) }
      }
    }
    if !ignore.isEmpty { reading.ignore = ignore }
    if !missing.isEmpty { reading.missing = missing }
    reading.delimiter = delimiter
    reading.decimal = decimal
    reading.sheet = sheet
    reading.format = format
    return DataSource(.file(path), reading: reading)
  }
}
