import DataFormats
import Glibc

/// A matrix that has to be held whole, whose size is known before any work is done for it.
struct WholeMatrix {
  private let rowCount: Int
  private let columnCount: Int
  private let copies: Int

  /// - Parameter copies: how many matrices of its size are held at once.
  init(_ rowCount: Int, _ columnCount: Int, copies: Int) {
    self.rowCount = rowCount
    self.columnCount = columnCount
    self.copies = copies
  }

  private var byteCount: Double { 8 * Double(rowCount) * Double(columnCount) * Double(copies) }

  /// The memory of the machine in bytes.
  private static var memory: Double {
    Double(sysconf(Int32(_SC_PHYS_PAGES))) * Double(sysconf(Int32(_SC_PAGESIZE)))
  }

  /// Refuses what the machine's memory cannot hold.
  ///
  /// - Parameters:
  ///   - option: what asks for the matrix.
  ///   - name: the data that it would be made of.
  ///   - advice: what to do instead.
  func checkFits(
    option: String, of name: String, instead advice: String, memory: Double = Self.memory
  ) throws {
    guard byteCount > memory else { return }
    throw BadInput(
      """
      \(name): \(option) needs the whole matrix of \(rowCount)×\(columnCount) numbers, \
      \(MemoryNeed.text(byteCount)) where this machine has \(MemoryNeed.text(memory)); \(advice).
      """)
  }
}
