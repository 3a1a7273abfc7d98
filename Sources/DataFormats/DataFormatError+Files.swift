// The sentences about files as such: paths, sizes, permissions, compression.
extension DataFormatError {
  static func noSuchFile(_ file: String) -> Self {
    Self(file, "there is no such file", "check the path")
  }

  static func isFolder(_ file: String) -> Self {
    Self(file, "this is a folder", "name a file")
  }

  static func unreadable(_ file: String, reason: String) -> Self {
    Self(file, "the file cannot be read (\(reason))", "check its permissions")
  }

  static func emptyFile(_ file: String) -> Self {
    Self(file, "the file is empty", "give a file with data")
  }

  static func unsupportedExtension(_ file: String, supported: [String]) -> Self {
    let suffix = file.lowercased().split(separator: ".").last.map(String.init) ?? ""
    let related: [(Set<String>, String, String)] = [
      (
        ["xls", "ods", "xlsm", "xlsb", "numbers", "fods"], "xlsx",
        "workbooks of this form are not read"
      ),
      (
        ["gif", "bmp", "tif", "tiff", "webp", "heic", "avif", "jp2"], "png",
        "pictures of this form are not read"
      ),
      (
        ["sav", "dta", "rds", "rdata", "h5", "hdf5", "feather"], "csv",
        "files of this form are not read"
      ),
    ]
    for (suffixes, other, problem) in related
    where suffixes.contains(suffix) && supported.contains(other) {
      return Self(file, problem, "save it as .\(other)")
    }
    if suffix == "mat", !supported.contains("mat") {
      return Self(file, "files of MATLAB are read but not written", "name a .csv or .npy")
    }
    let list = supported.map { ".\($0)" }.joined(separator: ", ")
    return Self(file, "the file's extension names no format known here", "use one of \(list)")
  }

  static func outputExists(_ file: String) -> Self {
    Self(
      file, "the file exists already", "choose another name or allow it to be overwritten",
      setting: .overwrite)
  }

  static func noOutputFolder(_ file: String, folder: String) -> Self {
    Self(
      file, "the folder \(Excerpt.escaped(folder.utf8)) does not exist",
      "create it or choose another")
  }

  static func unwritable(_ file: String, reason: String) -> Self {
    Self(
      file, "the file cannot be written (\(reason))",
      "check the folder's permissions and free space")
  }

  static func damagedCompression(_ file: String, what: String) -> Self {
    Self(file, "the compressed data are damaged (\(what))", "copy or compress the file again")
  }

  static func expandsTooFar(_ file: String, limit: Int) -> Self {
    Self(
      file, "the compressed data expand to more than \(limit) bytes",
      "decompress the file first if it can be trusted")
  }

  static func tooShort(_ file: String, needed: String, available: Int) -> Self {
    Self(
      file, "\(needed), but only \(available) bytes follow the header",
      "the file is truncated or damaged, write it again")
  }

  static func notThisFormat(_ file: String, format: String, problem: String) -> Self {
    Self(
      file, "this is not a valid \(format) file (\(problem))",
      "check that the extension fits the contents")
  }
}
