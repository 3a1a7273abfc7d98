import DataFormats
import Glibc
import LinearAlgebra
import Testing

/// Paths go to the system as they came from it, whatever their bytes.
@Suite struct SystemPathTests {
  @Test(arguments: 0..<200 as Range<UInt64>) func bytesComeBack(seed: UInt64) {
    var generator = SeededGenerator(seed: seed)
    let pieces: [[UInt8]] = [
      Array("plain".utf8), Array("é漢🎲".utf8), [0xFF], [0xC3], [0xF0, 0x9F], [0xE9, 0x2F],
      [0x80, 0xBF],
      [0xED, 0xA0, 0x80], [0xF5, 0x80],
    ]
    let bytes = (0..<6).flatMap { _ in pieces[generator.nextIndex(below: pieces.count)] }
    let text = String(system: bytes)
    #expect(text.onDisk.map { UInt8(bitPattern: $0) } == bytes + [0])
    let isUTF8 = String(validating: bytes, as: UTF8.self) != nil
    #expect(text.isSystemText == isUTF8)
    if isUTF8 { #expect(text == String(decoding: bytes, as: UTF8.self)) }
  }
}
