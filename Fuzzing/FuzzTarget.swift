// Built by Scripts/fuzz.sh with libFuzzer, which calls it with bytes that it makes up. What is done with them is named by
// the environment variable DEEPLINEAR_FUZZ. Nothing may crash, hang or take memory without bound; what is refused is
// refused with an error.

import DataFormats
import Foundation
import Jobs

private let target = ProcessInfo.processInfo.environment["DEEPLINEAR_FUZZ"] ?? "csv"

@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  try? read(Array(UnsafeBufferPointer(start: start, count: count)))
  return 0
}

private func read(_ bytes: [UInt8]) throws {
  switch target {
  case "safetensors":
    for tensor in try Safetensors(reading: ByteSource(bytes, named: "x.safetensors")).tensors {
      _ = try tensor.array()
    }
  case "npz": _ = try NPZArchive(reading: ByteSource(bytes, named: "x.npz"))
  case "rows.csv", "rows.idx", "rows.bin":
    let reader = try RowReader.open(ByteSource(bytes, named: "x.\(target.dropFirst(5))"))
    while try reader.next(atMost: 16) != nil {}
  case "specification":
    _ = try Simulation(.text(String(decoding: bytes, as: UTF8.self)))
      .run(in: beside(bytes), observing: JobObserver { _ in false })
  case "layers":
    var request = LayerChange(.compress, of: DataSource(.upload("x.safetensors")), layer: [])
    request.allLinear = true
    request.budget = 0.5
    _ = try request.run(in: beside(bytes), observing: .none)
  case "collapse":
    var request = LayerChange(.collapse, of: DataSource(.upload("x.safetensors")), layer: [])
    request.allLinear = true
    request.mergeLora = true
    _ = try request.run(in: beside(bytes), observing: .none)
  case "checkpoint.flow", "checkpoint.descent":
    try CheckpointTarget(kind: String(target.dropFirst(11))).read(bytes)
  case "options": try OptionsTarget().read(bytes)
  case "model":
    _ = try Prediction(
      model: DataSource(.upload("x.safetensors")), observed: DataSource(.array("y"))
    ).run(in: beside(bytes), observing: .none)
  case "request":
    let job = try AnyJob(json: bytes).job
    // Jobs that write files and jobs over files are none for bytes that nobody wrote.
    guard job is Completion || job is Sensing || job is Regression else { return }
    _ = try job.validate()
  default:
    _ = try DataFile.readObservedEntries(from: ByteSource(bytes, named: "x.\(target)"))
  }
}

private func beside(_ bytes: [UInt8]) -> JobContext {
  JobContext(
    arrays: [
      "y": NPYArray(shape: [3, 4], elements: (0..<12).map { $0 % 5 == 4 ? .nan : Double($0) })
    ],
    uploads: ["x.safetensors": bytes])
}
