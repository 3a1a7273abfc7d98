/// The numbers of the random problems that a test draws: all of them in a release build, and fewer in a debug build, whose
/// loops take many times as long.
public func problems(_ count: Int, debug few: Int) -> Range<Int> {
  #if DEBUG
    0..<few
  #else
    0..<count
  #endif
}
