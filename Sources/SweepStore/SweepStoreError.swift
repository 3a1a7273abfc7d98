import GRDB

/// Why results cannot be read or written.
public enum SweepStoreError: Error, Equatable, Sendable {
  /// The file is no file of a sweep.
  case notASweep(String)
  /// The file is of another sweep; what differs, in words.
  case otherSweep(String, difference: String)
  /// Nothing more fits on the disk. What was written before is kept.
  case diskFull(String)
  /// Whatever else the database says.
  case failure(String, reason: String)

  init(_ error: any Error, at path: String) {
    if let error = error as? Self {
      self = error
      return
    }
    guard let error = error as? DatabaseError else {
      self = .failure(path, reason: "\(error)")
      return
    }
    switch error.resultCode {
    case .SQLITE_FULL: self = .diskFull(path)
    case .SQLITE_NOTADB: self = .notASweep(path)
    // Not enough room for the log beside the file ends here.
    case .SQLITE_IOERR where error.extendedResultCode == .SQLITE_IOERR_WRITE: self = .diskFull(path)
    default: self = .failure(path, reason: error.message ?? "result \(error.resultCode.rawValue)")
    }
  }
}

extension SweepStoreError: CustomStringConvertible {
  public var description: String {
    switch self {
    case .notASweep(let path): "\(path): this is no file of a sweep; name another folder."
    case .otherSweep(let path, let difference):
      "\(path): this is of another sweep, \(difference); name another folder."
    case .diskFull(let path):
      "\(path): there is no room left on the disk; what has run so far is kept, make room and add --resume."
    case .failure(let path, let reason): "\(path): the file cannot be used (\(reason)); check it."
    }
  }
}
