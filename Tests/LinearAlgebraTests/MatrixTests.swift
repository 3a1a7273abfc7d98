import LinearAlgebra
import Testing
import _TestSupport

@Suite struct MatrixTests {
  @Test func identityHasOnesOnTheDiagonal() {
    #expect(Matrix.identity(2).elements == [1, 0, 0, 1])
  }
}
