import CAccelerator

/// Why a GPU cannot do what was asked.
public enum AcceleratorError: Error, Equatable, Sendable, CustomStringConvertible {
  /// Its memory does not suffice.
  case outOfMemory(String)
  /// Anything else: no driver, no GPU, one too old, one that was taken away.
  case unavailable(String)

  /// The reason, without a full stop.
  public var description: String {
    switch self {
    case .outOfMemory(let reason), .unavailable(let reason): reason
    }
  }

  /// Throws the reason of the calling thread's last failure.
  static func check(_ code: Int32) throws(AcceleratorError) {
    guard code != 0 else { return }
    let reason = String(cString: accelerator_message())
    throw code == 2 ? .outOfMemory(reason) : .unavailable(reason)
  }
}
