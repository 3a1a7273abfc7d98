public import DataFormats

/// What comes beside a request: data in memory, and what its report says about its origin.
public struct JobContext: Sendable {
  /// Arrays that the request names, as in `{"array": "x"}`.
  public var arrays: [String: NPYArray]
  /// Arrays of the same use in memory that somebody else owns, who keeps them there until the job has run.
  public var borrowed: [String: BorrowedArray] = [:]
  /// Contents of files that the request names, as in `{"upload": "ratings.csv"}`; the name's extension tells
  /// the format.
  public var uploads: [String: [UInt8]]
  /// The words the request was made of, as a report tells them: a command's arguments.
  public var arguments: [String]
  /// Whether the result's record is wanted although the request names no folder for a report: paths are then
  /// recorded for its figures.
  public var wantsRecord: Bool

  /// Nothing but what is given.
  public init(
    arrays: [String: NPYArray] = [:], uploads: [String: [UInt8]] = [:], arguments: [String] = [],
    wantsRecord: Bool = false
  ) {
    self.arrays = arrays
    self.uploads = uploads
    self.arguments = arguments
    self.wantsRecord = wantsRecord
  }
}
