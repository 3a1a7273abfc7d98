import FlyingSocks
import Glibc
import Synchronization

/// Waits for sockets as another pool does, and sees to it that what is sent on them goes at once.
///
/// The head and the body of an answer are written one after the other. The system would keep the body back until the
/// head is acknowledged, which takes whoever asked 40 ms. A connection inherits this mark from the socket that listens.
struct PromptSocketPool<Base: AsyncSocketPool>: AsyncSocketPool {
  private let base: Base
  private let listener = ListenerMark()

  init(_ base: Base) { self.base = base }

  func prepare() async throws { try await base.prepare() }

  func run() async throws { try await base.run() }

  func suspendSocket(_ socket: Socket, untilReadyFor events: Socket.Events) async throws {
    try listener.mark(socket)
    try await base.suspendSocket(socket, untilReadyFor: events)
  }
}

/// Marks sockets until the one that listens is among them.
private final class ListenerMark: Sendable {
  private let isMarked = Mutex(false)

  func mark(_ socket: Socket) throws {
    try isMarked.withLock { isMarked in
      guard !isMarked else { return }
      try socket.setValue(true, for: BoolSocketOption(level: Int32(IPPROTO_TCP), name: TCP_NODELAY))
      isMarked = try socket.getValue(for: BoolSocketOption(name: SO_ACCEPTCONN))
    }
  }
}
