/// The command has said what there is to say and ends with a status other than zero.
struct Ended: Error {
  let status: Int32

  /// The computation ended without what was asked.
  static let withoutResult = Ended(status: 1)
  /// Some of several files could not be read or written.
  static let badInput = Ended(status: 2)
  /// Interrupted, after saving what there was.
  static let interrupted = Ended(status: 130)
}
