import DataFormats
import Testing

@Suite struct MemoryNeedTests {
  @Test func bytesAreCountedBeyondWhatAnIntegerHolds() {
    var need = MemoryNeed()
    need.add(numbers: Double(Int.max), Double(Int.max), copies: 3)
    #expect(need.bytes == 24 * Double(Int.max) * Double(Int.max))
    #expect(need.shortage?.hasPrefix("needs about more than 10²³ bytes of memory, and ") == true)
    need.add(numbers: .infinity)
    #expect(need.shortage != nil)
  }

  @Test(arguments: [
    (0, "0 MB"), (512e6, "512 MB"), (999.4e6, "999 MB"), (1.5e9, "1.5 GB"), (7.454e12, "7.45 TB"),
    (23e12, "23 TB"), (8e18, "8 EB"), (8e21, "8000 EB"),
  ])
  func bytesAreWrittenForPeople(bytes: Double, text: String) {
    #expect(MemoryNeed.text(bytes) == text)
  }

  @Test func whatIsFreeIsANumberOfBytes() {
    #expect(FreeMemory.bytes > 0x1p20)
    var need = MemoryNeed()
    need.add(numbers: 1000)
    #expect(need.shortage == nil)
    need.add(bytes: 2 * FreeMemory.bytes)
    #expect(need.shortage != nil || FreeMemory.bytes == .infinity)
  }
}
