/// Why a report was not written. What stood in its place is untouched.
public enum ReportError: Error, Equatable, CustomStringConvertible {
  case folderExists(path: String)
  /// Something stands there that this library did not write.
  case notAReport(path: String, foreign: String)
  case inconsistent(String)
  case unreadablePlotly(path: String)
  case unwritable(path: String, reason: String)

  public var description: String {
    switch self {
    case .folderExists(let path):
      "\(path) exists already; choose another folder or allow it to be replaced."
    case .notAReport(let path, let foreign):
      "\(path) is not replaced, because \(foreign) was not written as part of a report."
    case .inconsistent(let reason): "The record contradicts itself: \(reason)."
    case .unreadablePlotly(let path): "\(path) cannot be read as Plotly.js."
    case .unwritable(let path, let reason): "\(path) cannot be written: \(reason)."
    }
  }
}
