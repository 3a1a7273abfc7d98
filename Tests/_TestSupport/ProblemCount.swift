import Foundation

/// The numbers of the random problems that a test draws: all of them in a release build, or where the environment says
/// `DEEPLINEAR_PROBLEMS=all`; otherwise fewer, as the loops of a debug build take many times as long.
public func problems(_ count: Int, debug few: Int) -> Range<Int> {
  #if DEBUG
    drawsAllProblems ? 0..<count : 0..<few
  #else
    0..<count
  #endif
}

private let drawsAllProblems =
  ProcessInfo.processInfo.environment["DEEPLINEAR_PROBLEMS"] == "all"
