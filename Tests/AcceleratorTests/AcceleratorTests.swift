import Accelerator
import Dynamics
import Testing
import _BatchChecks

@Suite("A GPU") struct AcceleratorTests {
  static let accelerator = try? Accelerator()

  @Test(
    "advances batches as the processor does",
    .enabled(if: accelerator != nil, "there is no GPU here that could be tried"),
    arguments: BatchBackendCheck.allCases)
  func suite(_ check: BatchBackendCheck) throws {
    #expect(try check.failures(of: AcceleratorBackend(Self.accelerator!)) == [])
  }

  @Test("that is not there is named as the reason", .enabled(if: accelerator == nil))
  func reason() {
    #expect { try Accelerator() } throws: { error in
      guard case .unavailable(let reason)? = error as? AcceleratorError else { return false }
      return reason.contains("NVIDIA")
    }
  }
}
