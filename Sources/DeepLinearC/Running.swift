public import CInterface
import DataFormats
import Glibc
import Jobs
import Synchronization

// The functions of deeplinear.h, in its words: pointers to requests, results to pointers.

@_cdecl("deeplinear_interface")
public func interfaceNumber() -> Int32 { Int32(DEEPLINEAR_INTERFACE) }

private let version = CText(Version.text)

@_cdecl("deeplinear_version")
public func versionText() -> UnsafePointer<CChar> { version.pointer }

@_cdecl("deeplinear_run")
public func run(
  _ request: UnsafePointer<CChar>?, _ arrays: UnsafePointer<deeplinear_array>?,
  _ arrayCount: Int64, _ files: UnsafePointer<deeplinear_file>?, _ fileCount: Int64,
  _ choices: Int32, _ observer: deeplinear_observer?, _ state: UnsafeMutableRawPointer?,
  _ stop: UnsafePointer<Int32>?
) -> OpaquePointer {
  let choices = Choices(rawValue: choices)
  let answer: Answer
  do {
    guard let request else { throw BadInput("there is no request; give one in JSON.") }
    let context = try JobContext(
      UnsafeBufferPointer(start: arrays, count: Int(arrayCount)),
      UnsafeBufferPointer(start: files, count: Int(fileCount)), choices)
    let text = UnsafeBufferPointer(start: request, count: strlen(request))
    let job = try AnyJob(json: text.map(UInt8.init(bitPattern:)))
    let listener = Listener(observer: observer, state: state, stop: stop)
    let result = try job.run(in: context, observing: JobObserver(listener.hear))
    try result.write()
    answer = try Answer(result)
  } catch {
    answer = Answer(failed: error, choices)
  }
  return OpaquePointer(Unmanaged.passRetained(answer).toOpaque())
}

/// What `deeplinear_run` can be told beside a request.
struct Choices: OptionSet {
  let rawValue: Int32

  static let record = Choices(rawValue: Int32(DEEPLINEAR_RECORD))
  static let underscores = Choices(rawValue: Int32(DEEPLINEAR_UNDERSCORES))
}

/// Tells a function in C about progress, one call at a time and not too often, and asks a flag whether to go on.
private final class Listener: Sendable {
  // The caller keeps these alive for as long as the job runs, and lets any thread use them.
  private nonisolated(unsafe) let observer: deeplinear_observer?
  private nonisolated(unsafe) let state: UnsafeMutableRawPointer?
  private nonisolated(unsafe) let stop: UnsafePointer<Int32>?
  private let last = Mutex<(time: ContinuousClock.Instant, stage: String)?>(nil)

  init(
    observer: deeplinear_observer?, state: UnsafeMutableRawPointer?, stop: UnsafePointer<Int32>?
  ) {
    self.observer = observer
    self.state = state
    self.stop = stop
  }

  private var goesOn: Bool { stop.map { deeplinear_flag($0) == 0 } ?? true }

  func hear(_ progress: JobProgress) -> Bool {
    guard goesOn else { return false }
    guard let observer else { return true }
    last.withLock { last in
      let now = ContinuousClock.now
      if let last, last.stage == progress.stage, progress.sentence == nil,
        now - last.time < .milliseconds(50)
      {
        return
      }
      last = (now, progress.stage)
      progress.stage.withCString { stage in
        let fraction = progress.fraction ?? .nan
        if let sentence = progress.sentence {
          sentence.withCString { observer(state, stage, fraction, $0) }
        } else {
          observer(state, stage, fraction, nil)
        }
      }
    }
    return goesOn
  }
}
