import CAccelerator

/// An NVIDIA GPU of this machine, in double precision.
///
/// The driver is looked for when a GPU is opened; a program that never opens one needs none. The kernels need compute
/// capability 9.0 (H100) or newer and a driver of CUDA 13.0 or newer.
public final class Accelerator: Sendable {
  /// The driver's handle, which any thread may use.
  nonisolated(unsafe) let handle: OpaquePointer

  /// The first GPU of the machine.
  ///
  /// - Throws: ``AcceleratorError`` with the reason why there is none that can be used.
  public init() throws(AcceleratorError) {
    var opened: OpaquePointer?
    try AcceleratorError.check(accelerator_open(0, &opened))
    handle = opened!
  }

  deinit { accelerator_close(handle) }

  /// What is known of a GPU.
  public struct Facts: Equatable, Sendable {
    /// The model, such as "NVIDIA H100 80GB HBM3".
    public let name: String
    /// Major and minor number of what its multiprocessors can do.
    public let computeCapability: (major: Int, minor: Int)
    /// The number of multiprocessors.
    public let multiprocessorCount: Int
    /// Bytes of memory that nobody uses at the moment.
    public let freeMemory: Int
    /// Bytes of memory.
    public let memory: Int

    public static func == (left: Facts, right: Facts) -> Bool {
      left.name == right.name && left.computeCapability == right.computeCapability
        && left.multiprocessorCount == right.multiprocessorCount
        && left.freeMemory == right.freeMemory && left.memory == right.memory
    }
  }

  /// What is known of it now.
  public func facts() throws(AcceleratorError) -> Facts {
    var facts = accelerator_facts()
    try AcceleratorError.check(accelerator_describe(handle, &facts))
    let name = withUnsafeBytes(of: &facts.name) { bytes in
      String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
    }
    return Facts(
      name: name, computeCapability: (Int(facts.major), Int(facts.minor)),
      multiprocessorCount: Int(facts.multiprocessors), freeMemory: Int(facts.free_bytes),
      memory: Int(facts.total_bytes))
  }
}
