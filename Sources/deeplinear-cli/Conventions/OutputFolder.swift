import DataFormats
import Glibc
import Jobs

/// A folder for the results of several files.
enum OutputFolder {
  /// Makes the folder unless it is there.
  static func make(_ path: String) throws {
    var status = stat()
    if stat(path.onDisk, &status) == 0 {
      guard status.st_mode & S_IFMT == S_IFDIR else {
        throw BadInput("\(path): this is a file; several files need a folder to be written to.")
      }
      return
    }
    guard mkdir(path.onDisk, 0o777) == 0 else {
      throw BadInput(
        "\(path): the folder cannot be made (\(String(cString: strerror(errno)))); choose another.")
    }
  }
}
