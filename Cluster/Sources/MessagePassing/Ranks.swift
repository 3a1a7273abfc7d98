import COpenMPI

/// The processes of a run under `mpirun` or `srun`, and the messages between them.
///
/// An error of a message ends every rank, as MPI does by default. Messages are sent and received by one thread of each
/// process, the one that made this value.
public struct Ranks: Sendable {
  /// The number of this process, from 0.
  public let own: Int
  /// How many there are.
  public let count: Int

  /// Joins the others.
  public init() {
    _ = messages_start()
    own = Int(messages_rank())
    count = Int(messages_count_of_ranks())
  }

  /// Takes leave; every rank must.
  public func leave() { _ = messages_end() }

  /// Ends every rank.
  public func abort(status: Int32) { messages_abort(status) }

  /// Sends bytes to a rank.
  public func send(_ bytes: [UInt8], to rank: Int) {
    _ = bytes.withUnsafeBytes { messages_send($0.baseAddress, Int32($0.count), Int32(rank)) }
  }

  /// Waits for the bytes of a rank.
  public func receive(from rank: Int) -> [UInt8] {
    let count = messages_await(Int32(rank))
    return receive(count, rank)
  }

  /// The bytes of any rank that has sent some, without waiting.
  public func receiveWaiting() -> (rank: Int, bytes: [UInt8])? {
    var rank: Int32 = 0
    var count: Int32 = 0
    guard messages_waiting(&rank, &count) != 0 else { return nil }
    return (Int(rank), receive(count, Int(rank)))
  }

  private func receive(_ count: Int32, _ rank: Int) -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: Int(count))
    _ = bytes.withUnsafeMutableBytes { messages_receive($0.baseAddress, count, Int32(rank)) }
    return bytes
  }

  /// Waits until every rank is here.
  public func meet() { messages_barrier() }

  /// The sum over all ranks, in place; the same bits whatever their number and order.
  public func sum(_ numbers: inout [Int64]) {
    for begin in stride(from: 0, to: numbers.count, by: 1 << 24) {
      let count = min(1 << 24, numbers.count - begin)
      numbers.withUnsafeMutableBufferPointer {
        _ = messages_sum($0.baseAddress! + begin, Int32(count))
      }
    }
  }

  /// The largest over all ranks, in place.
  public func largest(_ numbers: inout [Double]) {
    for begin in stride(from: 0, to: numbers.count, by: 1 << 24) {
      let count = min(1 << 24, numbers.count - begin)
      numbers.withUnsafeMutableBufferPointer {
        _ = messages_largest($0.baseAddress! + begin, Int32(count))
      }
    }
  }
}
