import CAccelerator

/// Numbers in the memory of a GPU, given back when nobody has them any more.
final class DeviceArray<Element: BitwiseCopyable> {
  let address: accelerator_address
  let count: Int
  private let accelerator: Accelerator

  /// Memory of any content.
  init(count: Int, on accelerator: Accelerator) throws(AcceleratorError) {
    var address = accelerator_address()
    try AcceleratorError.check(
      accelerator_allocate(accelerator.handle, count * MemoryLayout<Element>.stride, &address))
    (self.address, self.count, self.accelerator) = (address, count, accelerator)
  }

  convenience init(_ elements: [Element], on accelerator: Accelerator) throws(AcceleratorError) {
    try self.init(count: elements.count, on: accelerator)
    try write(elements)
  }

  deinit { accelerator_free(accelerator.handle, address) }

  /// Replaces all.
  func write(_ elements: [Element]) throws(AcceleratorError) {
    precondition(elements.count == count, "\(elements.count) elements are not \(count)")
    try AcceleratorError.check(
      elements.withUnsafeBytes {
        accelerator_write(accelerator.handle, address, $0.baseAddress, $0.count)
      })
  }

  /// All of it; waits for the kernels before.
  func read(into elements: inout [Element]) throws(AcceleratorError) {
    precondition(elements.count == count, "\(elements.count) elements are not \(count)")
    try AcceleratorError.check(
      elements.withUnsafeMutableBytes {
        accelerator_read(accelerator.handle, $0.baseAddress, address, $0.count)
      })
  }
}
