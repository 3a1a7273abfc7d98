#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// Where bytes come from: a file, or memory with a name.
///
/// The name's extension tells the format, and messages quote the name. A source can be read any number of
/// times; nothing is kept open between readings.
public struct ByteSource: Sendable {
  private enum Storage {
    case file
    case memory([UInt8])
  }

  /// The path, or the name given to bytes in memory.
  public let name: String

  private let storage: Storage

  /// Bytes in memory under a name such as `"table.csv"`.
  public init(_ bytes: [UInt8], named name: String) {
    self.name = name
    self.storage = .memory(bytes)
  }

  /// A file. What is not a regular file, such as a pipe, is read into memory at once, up to 1 GiB.
  ///
  /// - Throws: ``DataFormatError`` for a missing file, a folder, or a file that may not be read.
  public init(path: String) throws(DataFormatError) {
    self.name = path
    let file = try OpenFile(path: path)
    if file.isRegular {
      try Self.checkBeginning(of: file)
      self.storage = .file
    } else {
      self.storage = .memory(try file.readToEnd(limit: 1 << 30))
    }
  }

  /// What is saved in the place of data when a download went wrong.
  private static func checkBeginning(of file: OpenFile) throws(DataFormatError) {
    let bytes = UnsafeMutableRawBufferPointer.allocate(byteCount: 64, alignment: 1)
    defer { bytes.deallocate() }
    let found = try file.read(at: 0, into: bytes)
    let beginning = String(decoding: bytes[..<found], as: UTF8.self)
    if beginning.hasPrefix("version https://git-lfs") {
      throw DataFormatError(
        file.path, "this is a Git LFS pointer, not the file it stands for",
        "fetch the file with git lfs pull")
    }
    let word = beginning.drop { $0.isWhitespace || $0 == "\u{FEFF}" }.lowercased()
    if word.hasPrefix("<!doctype html") || word.hasPrefix("<html") {
      throw DataFormatError(
        file.path, "this is a web page, not data", "download the file itself")
    }
  }

  /// All that comes from standard input, up to 1 GiB.
  ///
  /// - Throws: ``DataFormatError`` if it cannot be read.
  public static func standardInput() throws(DataFormatError) -> ByteSource {
    var source = ByteSource(
      try OpenFile.readToEnd(0, path: inputName, limit: 1 << 30), named: inputName)
    source.isStandardInput = true
    return source
  }

  private static let inputName = "standard input"

  /// Whether the name tells nothing about the format.
  private(set) var isStandardInput = false

  /// All bytes at once.
  package func contents() throws(DataFormatError) -> [UInt8] {
    if case .memory(let bytes) = storage { return bytes }
    let bytes = try open()
    guard let all = try bytes.bytes(at: 0, count: bytes.count) else {
      throw .unreadable(name, reason: "it changed while it was read")
    }
    return all
  }

  /// All bytes at once; nil where there are more.
  package func contents(atMost limit: Int) throws(DataFormatError) -> [UInt8]? {
    try open().count > limit ? nil : contents()
  }

  /// The bytes by position, and how many there are.
  func open() throws(DataFormatError) -> RandomAccessBytes {
    switch storage {
    case .file:
      let file = try OpenFile(path: name)
      return RandomAccessBytes(name: name, count: file.count) {
        (offset, target) throws(DataFormatError) in try file.read(at: offset, into: target)
      }
    case .memory(let bytes):
      return RandomAccessBytes(name: name, count: bytes.count) { offset, target in
        let count = min(target.count, bytes.count - offset)
        guard count > 0 else { return 0 }
        bytes.withUnsafeBytes {
          target.copyMemory(from: UnsafeRawBufferPointer(rebasing: $0[offset..<offset + count]))
        }
        return count
      }
    }
  }
}

/// An opened source.
struct RandomAccessBytes {
  let name: String
  let count: Int

  /// Reads from a position inside; fewer bytes than asked for only at the end.
  let read: (_ offset: Int, UnsafeMutableRawBufferPointer) throws(DataFormatError) -> Int

  /// Bytes that must be there.
  func bytes(at offset: Int, count wanted: Int) throws(DataFormatError) -> [UInt8]? {
    guard offset >= 0, wanted >= 0, offset <= count, wanted <= count - offset else { return nil }
    var result = [UInt8](repeating: 0, count: wanted)
    let found = try result.withUnsafeMutableBufferPointer { buffer throws(DataFormatError) in
      try read(offset, UnsafeMutableRawBufferPointer(buffer))
    }
    return found == wanted ? result : nil
  }
}

/// A file descriptor, closed with its last reference.
private final class OpenFile {
  let path: String
  let count: Int
  let isRegular: Bool
  private let descriptor: CInt

  init(path: String) throws(DataFormatError) {
    guard !path.utf8.contains(0) else { throw .noSuchFile(path) }
    let opened = open(path.onDisk, O_RDONLY | O_CLOEXEC)
    guard opened >= 0 else {
      if errno == ENOENT || errno == ENOTDIR { throw .noSuchFile(path) }
      throw .unreadable(path, reason: String(cString: strerror(errno)))
    }
    var status = stat()
    guard fstat(opened, &status) == 0, status.st_mode & S_IFMT != S_IFDIR else {
      close(opened)
      throw .isFolder(path)
    }
    self.path = path
    self.descriptor = opened
    self.isRegular = status.st_mode & S_IFMT == S_IFREG
    self.count = Int(status.st_size)
  }

  deinit { close(descriptor) }

  func read(
    at offset: Int, into target: UnsafeMutableRawBufferPointer
  ) throws(DataFormatError) -> Int {
    var filled = 0
    while filled < target.count {
      let wanted = min(target.count - filled, 1 << 30)
      let got = pread(descriptor, target.baseAddress! + filled, wanted, off_t(offset + filled))
      if got < 0, errno == EINTR { continue }
      guard got >= 0 else { throw .unreadable(path, reason: String(cString: strerror(errno))) }
      if got == 0 { break }
      filled += got
    }
    return filled
  }

  func readToEnd(limit: Int) throws(DataFormatError) -> [UInt8] {
    try Self.readToEnd(descriptor, path: path, limit: limit)
  }

  static func readToEnd(
    _ descriptor: CInt, path: String, limit: Int
  ) throws(DataFormatError) -> [UInt8] {
    var result: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 1 << 16)
    while true {
      #if canImport(Darwin)
        let got = Darwin.read(descriptor, &chunk, chunk.count)
      #elseif canImport(Musl)
        let got = Musl.read(descriptor, &chunk, chunk.count)
      #else
        let got = Glibc.read(descriptor, &chunk, chunk.count)
      #endif
      if got < 0, errno == EINTR { continue }
      guard got >= 0 else { throw .unreadable(path, reason: String(cString: strerror(errno))) }
      if got == 0 { return result }
      result.append(contentsOf: chunk[..<got])
      guard result.count <= limit else {
        throw DataFormatError(
          path, "the stream delivers more than \(limit) bytes", "save it as a file first")
      }
    }
  }
}
