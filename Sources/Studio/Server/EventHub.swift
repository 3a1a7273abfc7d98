import FlyingSocks
import Foundation

/// Pages that listen, and what is told to them. A page that has gone takes its jobs with it.
actor EventHub {
  typealias Stream = AsyncStream<[UInt8]>

  /// So many may listen at once.
  static let mostStreams = 512
  /// A page that comes back within this time has not gone: connections break.
  private let grace: Duration
  private let departure: @Sendable (String) async -> Void
  private var pages: [String: [Int: Stream.Continuation]] = [:]
  private var nextNumber = 0
  private var heart: Task<Void, Never>?

  /// - Parameter departure: told of each page that has gone.
  init(
    grace: Duration = .seconds(2), departure: @escaping @Sendable (String) async -> Void
  ) {
    self.grace = grace
    self.departure = departure
  }

  var streamCount: Int { pages.values.reduce(0) { $0 + $1.count } }

  /// Whether a page listens.
  func isOpen(_ page: String) -> Bool { pages[page] != nil }

  /// What is told to a page from now on; nil where too many listen.
  func listen(_ page: String) -> Stream? {
    guard streamCount < Self.mostStreams else { return nil }
    nextNumber += 1
    let number = nextNumber
    let (stream, continuation) = Stream.makeStream(bufferingPolicy: .bufferingNewest(1_000))
    pages[page, default: [:]][number] = continuation
    continuation.onTermination = { _ in
      Task { await self.leave(page, number) }
    }
    continuation.yield(Array("retry: 500\n\n".utf8))
    startBeating()
    return stream
  }

  /// Tells a page, or all of them, something in JSON.
  func tell(_ page: String? = nil, _ event: some Encodable) {
    guard let body = try? Work.compact(event) else { return }
    let bytes = Array("data: ".utf8) + body + Array("\n\n".utf8)
    for (name, listeners) in pages where page == nil || name == page {
      for continuation in listeners.values { continuation.yield(bytes) }
    }
  }

  /// Ends every stream.
  func close() {
    heart?.cancel()
    for continuation in pages.values.flatMap(\.values) { continuation.finish() }
    pages = [:]
  }

  private func leave(_ page: String, _ number: Int) async {
    guard pages[page]?.removeValue(forKey: number) != nil else { return }
    guard pages[page]?.isEmpty ?? false else { return }
    pages[page] = nil
    try? await Task.sleep(for: grace)
    if pages[page] == nil { await departure(page) }
  }

  /// A page that has gone is only noticed when something is said to it.
  private func startBeating() {
    guard heart == nil else { return }
    heart = Task { [weak self] in
      while !Task.isCancelled {
        try? await Task.sleep(for: .seconds(1))
        await self?.beat()
      }
    }
  }

  private func beat() {
    let bytes = Array(": \n\n".utf8)
    for continuation in pages.values.flatMap(\.values) { continuation.yield(bytes) }
  }
}

/// A stream of chunks as the server sends it.
struct EventBytes: AsyncBufferedSequence, Sendable {
  typealias Element = UInt8
  let stream: EventHub.Stream

  func makeAsyncIterator() -> Iterator { Iterator(chunks: stream.makeAsyncIterator()) }

  struct Iterator: AsyncBufferedIteratorProtocol {
    var chunks: EventHub.Stream.Iterator

    /// The server asks for whole chunks alone.
    mutating func next() async throws -> UInt8? { nil }

    mutating func nextBuffer(suggested count: Int) async throws -> [UInt8]? { await chunks.next() }
  }
}
