import Foundation
import Glibc
import Synchronization

/// A folder of this server's own, for what pages hand in and what is made of it; it goes when the server ends.
final class Workspace: Sendable {
  struct Upload: Sendable {
    var name: String
    var path: String
    var size: Int
  }

  enum Failure: Error {
    case unwritable, tooLarge, full
  }

  let folder: String
  /// The largest file, and what all may have together.
  let largestUpload: Int
  let largestTotal: Int
  private let uploads = Mutex<[String: Upload]>([:])

  init(largestUpload: Int = 256 << 20, largestTotal: Int = 2 << 30) throws {
    let place = FileManager.default.temporaryDirectory.path
    var template = Array("\(place)/deeplinear-studio-XXXXXX".utf8CString)
    guard mkdtemp(&template) != nil else { throw Failure.unwritable }
    folder = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    self.largestUpload = largestUpload
    self.largestTotal = largestTotal
  }

  func remove() { try? FileManager.default.removeItem(atPath: folder) }

  /// A new folder within.
  func newFolder() throws -> String {
    let path = "\(folder)/job-\(UUID().uuidString)"
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: false)
    return path
  }

  subscript(id: String) -> Upload? { uploads.withLock { $0[id] } }

  private var total: Int { uploads.withLock { $0.values.reduce(0) { $0 + $1.size } } }

  /// Takes a file in part by part; the name it had decides its format, never its place.
  func receive(
    named name: String, _ parts: some AsyncSequence<Data, any Error>
  ) async throws -> (id: String, upload: Upload) {
    let id = UUID().uuidString
    let path = "\(folder)/upload-\(id)"
    let room = min(largestUpload, largestTotal - total)
    let descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
    guard descriptor >= 0 else { throw Failure.unwritable }
    var size = 0
    var failure: Failure?
    do {
      defer { close(descriptor) }
      for try await part in parts {
        size += part.count
        if size > room { failure = room < largestUpload ? .full : .tooLarge }
        // What is too much is read and forgotten, so that the sentence about it arrives.
        guard failure == nil else { continue }
        let isWritten = part.withUnsafeBytes { bytes in
          var done = 0
          while done < bytes.count {
            let count = Glibc.write(descriptor, bytes.baseAddress! + done, bytes.count - done)
            guard count > 0 else { return false }
            done += count
          }
          return true
        }
        if !isWritten { failure = .unwritable }
      }
    } catch {
      unlink(path)
      throw error
    }
    if let failure {
      unlink(path)
      throw failure
    }
    let upload = Upload(name: Self.plainName(name), path: path, size: size)
    uploads.withLock { $0[id] = upload }
    return (id, upload)
  }

  func forget(_ id: String) -> Bool {
    guard let upload = uploads.withLock({ $0.removeValue(forKey: id) }) else { return false }
    unlink(upload.path)
    return true
  }

  /// The last part of a path, without what no name of a file has.
  static func plainName(_ name: String) -> String {
    let last = name.split(whereSeparator: { $0 == "/" || $0 == "\\" }).last ?? ""
    let kept = String(
      String.UnicodeScalarView(
        last.unicodeScalars.filter { $0.value >= 32 && $0.properties.generalCategory != .control }
          .prefix(120)))
    return kept.isEmpty || kept.allSatisfy({ $0 == "." }) ? "table.csv" : kept
  }
}

extension Workspace {
  /// A path to an upload that ends as its name does: the extension tells the format.
  func link(_ upload: Upload) throws -> String {
    let path = "\(upload.path)-\(Self.plainName(upload.name))"
    if symlink(upload.path, path) != 0, errno != EEXIST { throw Failure.unwritable }
    return path
  }
}
