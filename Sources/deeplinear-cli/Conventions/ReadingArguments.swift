public import ArgumentParser
public import DataFormats
public import LinearAlgebra

/// How files of known entries are read.
struct ReadingArguments: ParsableArguments {
  @Flag(name: .long, help: "Rows and columns of triplets count from one.")
  var oneBased = false

  @Option(name: .long, help: "What a CSV holds: automatic, table or triplets.")
  var layout = ReadingOptions.Layout.automatic

  @Option(name: .long, help: "What to do with an entry given twice: refuse, mean or last.")
  var duplicates = ObservedEntries.DuplicatePolicy.refuse

  @Option(name: .long, help: "The number of rows, where the file does not say it.")
  var rows: Int?

  @Option(name: .long, help: "The number of columns, where the file does not say it.")
  var columns: Int?

  @Option(name: .long, help: "A file of the same shape with 0 where the matrix is unknown.")
  var mask: String?

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
