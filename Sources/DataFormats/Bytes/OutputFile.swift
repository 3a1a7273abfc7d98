#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// A file that appears complete or not at all.
///
/// `-` is standard output, which gets the bytes as they come. Otherwise bytes go to a temporary file in the same folder, which takes the final name when all of them are on disk.
enum OutputFile {
  /// Whether a file can be written here, before work is done for it.
  static func check(_ path: String, overwrite: Bool) throws(DataFormatError) {
    var status = stat()
    if stat(path.onDisk, &status) == 0 {
      if status.st_mode & S_IFMT == S_IFDIR { throw .isFolder(path) }
      if !overwrite { throw .outputExists(path) }
    }
    let folder = self.folder(of: path)
    guard stat(folder.onDisk, &status) == 0, status.st_mode & S_IFMT == S_IFDIR else {
      throw .noOutputFolder(path, folder: folder)
    }
    guard !path.utf8.isEmpty, path.utf8.last != UInt8(ascii: "/") else { throw .isFolder(path) }
  }

  /// Writes a file; gzip if so wished.
  static func write(
    to path: String, overwrite: Bool, compressing: Bool,
    _ body: (ByteSink) throws(DataFormatError) -> Void
  ) throws(DataFormatError) {
    if path == "-" {
      let sink = ByteSink { bytes throws(DataFormatError) in
        try write(bytes, to: 1, path: "standard output")
      }
      try body(sink)
      try sink.flush()
      return
    }
    try check(path, overwrite: overwrite)
    let path = behindLink(path)
    let (descriptor, temporary) = try createTemporary(for: path)
    var isOpen = true
    do throws(DataFormatError) {
      let push: ByteSink.Push = { bytes throws(DataFormatError) in
        try write(bytes, to: descriptor, path: path)
      }
      if compressing {
        let compressor = try Deflater(.gzip, name: path, push: push)
        let sink = ByteSink { bytes throws(DataFormatError) in try compressor.write(bytes) }
        try body(sink)
        try sink.flush()
        try compressor.finish()
      } else {
        let sink = ByteSink(push)
        try body(sink)
        try sink.flush()
      }
      isOpen = false
      let synced = fsync(descriptor) == 0 || errno == EINVAL
      guard close(descriptor) == 0, synced else { throw failure(path) }
      try publish(temporary, as: path, overwrite: overwrite)
    } catch {
      if isOpen { close(descriptor) }
      unlink(temporary.onDisk)
      throw error
    }
  }

  /// Where a link points to, so that the file there is replaced and not the link.
  private static func behindLink(_ path: String) -> String {
    var status = stat()
    guard lstat(path.onDisk, &status) == 0, status.st_mode & S_IFMT == S_IFLNK else { return path }
    return DataFile.pathWithoutLinks(path) ?? path
  }

  private static func folder(of path: String) -> String {
    guard let slash = path.utf8.lastIndex(of: UInt8(ascii: "/")) else { return "." }
    return slash == path.startIndex ? "/" : String(path[..<slash])
  }

  private static func createTemporary(for path: String) throws(DataFormatError) -> (CInt, String) {
    for _ in 0..<16 {
      let suffix = String(UInt64.random(in: .min ... .max), radix: 36)
      let temporary = folder(of: path) + "/.deeplinear-\(suffix).partial"
      let descriptor = open(temporary.onDisk, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o666)
      if descriptor >= 0 { return (descriptor, temporary) }
      if errno != EEXIST { break }
    }
    throw failure(path)
  }

  private static func write(
    _ bytes: UnsafeRawBufferPointer, to descriptor: CInt, path: String
  ) throws(DataFormatError) {
    var rest = bytes
    while !rest.isEmpty {
      #if canImport(Darwin)
        let written = Darwin.write(descriptor, rest.baseAddress!, min(rest.count, 1 << 30))
      #elseif canImport(Musl)
        let written = Musl.write(descriptor, rest.baseAddress!, min(rest.count, 1 << 30))
      #else
        let written = Glibc.write(descriptor, rest.baseAddress!, min(rest.count, 1 << 30))
      #endif
      if written < 0, errno == EINTR { continue }
      guard written > 0 else { throw failure(path) }
      rest = UnsafeRawBufferPointer(rebasing: rest[written...])
    }
  }

  /// Without permission to overwrite, a hard link is made: unlike a renaming, it fails if the name was taken
  /// meanwhile. Where the file system knows no hard links, the check at the beginning has to do.
  private static func publish(
    _ temporary: String, as path: String, overwrite: Bool
  ) throws(DataFormatError) {
    if !overwrite {
      if link(temporary.onDisk, path.onDisk) == 0 {
        unlink(temporary.onDisk)
        return
      }
      if errno == EEXIST { throw .outputExists(path) }
    }
    guard rename(temporary.onDisk, path.onDisk) == 0 else { throw failure(path) }
  }

  private static func failure(_ path: String) -> DataFormatError {
    .unwritable(path, reason: String(cString: strerror(errno)))
  }
}

extension DataFile {
  /// The path of what is there from the root, without links; nil where there is nothing.
  package static func pathWithoutLinks(_ path: String) -> String? {
    guard let found = realpath(path.onDisk, nil) else { return nil }
    defer { free(found) }
    let bytes = UnsafeRawBufferPointer(start: found, count: strlen(found))
    return String(system: bytes)
  }
}
