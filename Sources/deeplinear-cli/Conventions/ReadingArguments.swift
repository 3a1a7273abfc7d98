public import ArgumentParser
public import DataFormats
public import LinearAlgebra

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

  func validate() throws {
    for (name, count) in [("--rows", rows), ("--columns", columns)] {
      if let count, count < 1 || count >= Int(Int32.max) {
        throw ValidationError("\(name) must be at least 1 and below 2147483647, not \(count).")
      }
    }
  }

  var options: ReadingOptions {
    ReadingOptions(
      layout: layout, oneBased: oneBased, duplicates: duplicates, rowCount: rows,
      columnCount: columns, maskPath: mask)
  }
}

extension ReadingOptions.Layout: ExpressibleByArgument {}
extension ObservedEntries.DuplicatePolicy: ExpressibleByArgument {}
