/// Named arrays in one file, as `numpy.savez` writes and `numpy.load` reads them.
public struct NPZArchive: Equatable, Sendable {
  /// An array and its name.
  public struct Member: Equatable, Sendable {
    /// The name, without the extension `.npy` that it has inside the archive.
    public var name: String

    /// The array.
    public var array: NPYArray

    /// An array and its name.
    public init(name: String, array: NPYArray) {
      self.name = name
      self.array = array
    }
  }

  /// The arrays in the order of the file.
  public var members: [Member]

  /// Arrays in an order of their own.
  public init(_ members: [Member] = []) { self.members = members }

  /// The array of a name; setting one replaces it or appends it, setting nil removes it.
  public subscript(name: String) -> NPYArray? {
    get { members.first { $0.name == name }?.array }
    set {
      let index = members.firstIndex { $0.name == name }
      switch (index, newValue) {
      case (let index?, let array?): members[index].array = array
      case (let index?, nil): members.remove(at: index)
      case (nil, let array?): members.append(Member(name: name, array: array))
      case (nil, nil): break
      }
    }
  }

  /// Reads all arrays; members that are no `.npy` files are passed over.
  ///
  /// - Throws: ``DataFormatError`` for a damaged archive, a wrong checksum, or an array that cannot be read;
  ///   see ``NPYArray/init(reading:)``. Compressed members may expand to 64 MiB or a hundred times the
  ///   file's size, whichever is more.
  public init(reading source: ByteSource) throws(DataFormatError) {
    let archive = try ZipArchive(source)
    members = []
    for member in archive.members where member.name.hasSuffix(".npy") {
      let name = String(member.name.dropLast(4))
      let stream = try archive.stream(member)
      let array = try NPYReader.read(stream)
      // What follows the array does not matter, but the checksum at the end does.
      try stream.skipToEnd()
      members.append(Member(name: name, array: array))
    }
  }

  /// The bytes of the archive.
  public func encoded(compressed: Bool = false) throws(DataFormatError) -> [UInt8] {
    try ByteSink.collect { sink throws(DataFormatError) in
      try write(to: sink, file: "archive.npz", compressed: compressed)
    }
  }

  /// Writes the archive.
  ///
  /// - Throws: ``DataFormatError`` if the file exists and may not be overwritten, or cannot be written.
  public func write(
    to path: String, overwrite: Bool = false, compressed: Bool = false
  ) throws(DataFormatError) {
    _ = try DataFormat.of(path, among: [.npz])
    try OutputFile.write(to: path, overwrite: overwrite, compressing: false) {
      sink throws(DataFormatError) in
      try write(to: sink, file: path, compressed: compressed)
    }
  }

  /// The bytes with sizes and positions of 64 bits from a limit on.
  package func encoded(wideFrom: Int) throws(DataFormatError) -> [UInt8] {
    try ByteSink.collect { sink throws(DataFormatError) in
      try write(to: sink, file: "archive.npz", compressed: false, wideFrom: wideFrom)
    }
  }

  func write(
    to sink: ByteSink, file: String, compressed: Bool, wideFrom: Int = 0xFFFF_FFFF
  ) throws(DataFormatError) {
    var zip = ZipWriter(sink, wideFrom: wideFrom)
    for member in members {
      guard member.name.utf8.count < 60_000 else {
        throw DataFormatError(file, "an array's name is too long", "choose a shorter name")
      }
      try zip.add(member.name + ".npy", file: file, deflating: compressed) {
        sink throws(DataFormatError) in
        try NPYWriter.write(member.array, name: file, to: sink)
      }
    }
    try zip.finish()
  }
}
