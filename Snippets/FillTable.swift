// How do I fill the holes of a table and keep its names?

import DeepLinear

let table = try DataFile.readObservedEntries(from: "Examples/sensors.csv")
let fit = try MatrixCompleter().fit(table.entries)
try DataFile.writeMatrix(
  fit.completion(), to: "/tmp/filled-sensors.csv", overwrite: true, names: table.names)
print(fit)

let filled = try DataFile.readObservedEntries(from: "/tmp/filled-sensors.csv")
precondition(filled.names == table.names)
precondition(filled.entries.count == table.entries.rowCount * table.entries.columnCount)
