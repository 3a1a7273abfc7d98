import DataFormats

/// A place on disk, however it is written: `s.npy`, `./s.npy` and a link to it are one.
struct FilePlace: Hashable {
  /// The path without links, from the root.
  let path: String

  init(_ text: String) {
    var trimmed = text[...]
    while trimmed.utf8.count > 1, trimmed.utf8.last == UInt8(ascii: "/") { trimmed.removeLast() }
    let whole = String(trimmed)
    if let found = DataFile.pathWithoutLinks(whole) {
      path = found
      return
    }
    // What is not there yet: its folder without links, and its name.
    let slash = whole.utf8.lastIndex(of: UInt8(ascii: "/"))
    let folder = slash.map { $0 == whole.startIndex ? "/" : String(whole[..<$0]) } ?? "."
    let name = slash.map { String(whole[whole.utf8.index(after: $0)...]) } ?? whole
    let parent = DataFile.pathWithoutLinks(folder) ?? folder
    path = parent == "/" ? "/\(name)" : "\(parent)/\(name)"
  }

  /// Whether this is a folder that holds the other place.
  func holds(_ other: FilePlace) -> Bool { other.path.hasPrefix(path == "/" ? "/" : path + "/") }
}
