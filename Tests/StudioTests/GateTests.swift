import FlyingFox
import Testing

@testable import Studio

@Suite("Gate")
struct GateTests {
  @Test("Tokens are compared whole, and no two are alike")
  func tokens() {
    #expect(Gate.areEqual("abc", "abc"))
    #expect(!Gate.areEqual("abc", "abd"))
    #expect(!Gate.areEqual("abc", "abcd"))
    #expect(!Gate.areEqual("", "a"))
    #expect(Gate.newToken() != Gate.newToken())
    #expect(Gate.newToken().count == 43)
  }
}
