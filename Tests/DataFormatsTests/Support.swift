import DataFormats
import LinearAlgebra

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// A seeded generator (splitmix64).
struct Seeded: RandomNumberGenerator {
  var state: UInt64

  init(_ seed: UInt64) { state = seed }

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }

  /// Any finite double, by its bits.
  mutating func anyDouble() -> Double {
    while true {
      let value = Double(bitPattern: next())
      if value.isFinite { return value }
    }
  }

  mutating func matrix(_ rowCount: Int, _ columnCount: Int) -> Matrix {
    Matrix(
      rowCount: rowCount, columnCount: columnCount,
      elements: (0..<rowCount * columnCount).map { _ in anyDouble() })
  }
}

extension ByteSource {
  /// A text under a name.
  static func text(_ text: String, _ name: String = "x.csv") -> ByteSource {
    ByteSource(Array(text.utf8), named: name)
  }
}

/// The sentence of the error that a closure throws, or what it did instead.
func sentence<Value>(_ body: () throws(DataFormatError) -> Value) -> String {
  do throws(DataFormatError) {
    return "no error: \(try body())"
  } catch {
    return error.description
  }
}

/// Bits, so that zeros with different signs differ and NaN equals itself.
func bits(_ values: [Double]) -> [UInt64] { values.map(\.bitPattern) }

/// A folder that goes with its last reference.
final class TemporaryFolder {
  let path: String

  init() {
    path = "/tmp/deeplinear-test-\(String(UInt64.random(in: .min ... .max), radix: 36))"
    mkdir(path, 0o700)
  }

  deinit {
    for name in names { unlink(path + "/" + name) }
    rmdir(path)
  }

  func file(_ name: String) -> String { path + "/" + name }

  @discardableResult
  func write(_ bytes: [UInt8], _ name: String) -> String {
    if let file = fopen(file(name), "wb") {
      fwrite(bytes, 1, bytes.count, file)
      fclose(file)
    }
    return file(name)
  }

  func read(_ name: String) -> [UInt8] {
    guard let file = fopen(file(name), "rb") else { return [] }
    defer { fclose(file) }
    var result: [UInt8] = []
    while case let byte = fgetc(file), byte != EOF { result.append(UInt8(byte)) }
    return result
  }

  var names: [String] {
    guard let folder = opendir(path) else { return [] }
    defer { closedir(folder) }
    var result: [String] = []
    while let entry = readdir(folder) {
      let name = withUnsafePointer(to: &entry.pointee.d_name) {
        $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
      }
      if name != "." && name != ".." { result.append(name) }
    }
    return result.sorted()
  }
}

/// A variable of the environment.
func environment(_ name: String) -> String? { getenv(name).map { String(cString: $0) } }

/// Runs a shell command; its exit status.
func shell(_ command: String) -> Int32 {
  let arguments: [UnsafeMutablePointer<CChar>?] = [
    strdup("/bin/sh"), strdup("-c"), strdup(command), nil,
  ]
  defer { for argument in arguments { free(argument) } }
  var process = pid_t()
  guard posix_spawn(&process, "/bin/sh", nil, nil, arguments, environ) == 0 else { return -1 }
  var status: Int32 = 0
  while waitpid(process, &status, 0) < 0, errno == EINTR {}
  return (status >> 8) & 0xFF | status & 0x7F
}

/// The largest memory the process has held, in bytes.
func peakMemory() -> Int {
  var usage = rusage()
  #if canImport(Glibc)
    getrusage(Int32(RUSAGE_SELF.rawValue), &usage)
    return usage.ru_maxrss * 1024
  #else
    getrusage(RUSAGE_SELF, &usage)
    return usage.ru_maxrss
  #endif
}
