import DataFormats
import Foundation
import Jobs
import Records

/// A table to be filled in; what comes of it is written into a folder of its own.
struct FillIn: Codable {
  /// What a person may want otherwise; nil is as usual.
  struct Options: Codable {
    var depth: Int?
    var holdout: Double?
    var intervals: Double?
    var denoise: Bool?
    var fillUndetermined: Bool?
    var lowest: Double?
    var highest: Double?
    var seed: UInt64?
  }

  var file: UploadedFile
  var reading: Reading?
  var options: Options?
  /// Where results are written: `answer.npz`, `record.json`, and the filled file.
  var folder: String

  func answer(observing observer: JobObserver) throws -> Answer {
    let context = try file.context()
    var request = Completion(file.source(reading))
    request.depth = options?.depth
    request.holdout = options?.holdout
    request.intervals = options?.holdout == 0 ? nil : options?.intervals ?? 0.9
    request.denoise = options?.denoise
    request.fillUndetermined = options?.fillUndetermined
    request.seed = options?.seed
    if let low = options?.lowest, let high = options?.highest {
      guard low <= high else {
        throw BadInput("the lowest value \(low) is above the highest, \(high); exchange them.")
      }
      request.clip = ValueRange(low...high)
    }
    // An output that cannot have the form of the input is a table of text.
    let names = [file.name.filledName, file.name.filledName(extension: "csv")]
    for name in names {
      request.output = "\(folder)/\(name)"
      do {
        let result = try request.run(in: context, observing: observer)
        return try finish(result, name)
      } catch let bad as BadInput
        where name != names.last && bad.sentence.contains(name)
      {
        continue
      } catch let bad as DataFormatError
        where name != names.last && bad.description.contains(name)
      {
        continue
      }
    }
    throw BadInput("\(file.name): no form was found in which it could be written.")
  }

  private func finish(_ result: CompletionResult, _ name: String) throws -> Answer {
    try result.write()
    try result.arrays().write(to: "\(folder)/answer.npz", overwrite: true)
    _ = FileManager.default.createFile(
      atPath: "\(folder)/record.json", contents: Data(try result.record().json()))
    return Answer(
      summary: result.summary, ending: SentEnding(result.ending), file: name)
  }

  struct Answer: Encodable {
    var summary: CompletionSummary
    var ending: SentEnding
    var file: String
  }
}

extension String {
  /// `ratings-filled.csv` for `ratings.csv`.
  fileprivate var filledName: String {
    let dot = lastIndex(of: ".") ?? endIndex
    return "\(self[..<dot])-filled\(dot == endIndex ? ".csv" : String(self[dot...]))"
  }

  fileprivate func filledName(extension ending: String) -> String {
    "\(self[..<(lastIndex(of: ".") ?? endIndex)])-filled.\(ending)"
  }
}
