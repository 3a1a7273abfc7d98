import Dynamics
import Testing
import _BatchChecks

@Suite("Places where batches are advanced") struct BatchBackendTests {
  @Test("keep to what is true of all of them", arguments: BatchBackendCheck.allCases)
  func processor(_ check: BatchBackendCheck) throws {
    #expect(try check.failures(of: InterleavedBackend()) == [])
    #expect(try check.failures(of: SingleBackend()) == [])
  }
}
