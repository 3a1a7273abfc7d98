import COpenBLAS

/// The linear algebra library in use, and how many threads it may take.
///
/// One thread unless the program asks for more, whatever the environment says: results have the same bits on
/// every run, and work is parallel over runs, where it scales, not inside small products.
public enum BLASConfiguration {
  /// The processor kind whose kernels are used, such as `"SkylakeX"`.
  ///
  /// The environment variable `OPENBLAS_CORETYPE` can force slower ones: a benchmark prints this.
  public static var coreName: String { String(cString: openblas_get_corename()) }

  /// The library's version and build options.
  public static var configuration: String { String(cString: openblas_get_config()) }

  /// The number of threads one product may use.
  ///
  /// - Precondition: a new value is positive.
  public static var threadCount: Int {
    get {
      prepare()
      return Int(openblas_get_num_threads())
    }
    set {
      precondition(newValue > 0, "linear algebra cannot run on \(newValue) threads")
      prepare()
      openblas_set_num_threads(Int32(clamping: newValue))
    }
  }

  /// Sets one thread the first time anything is computed; later calls cost a load and a branch.
  @inline(__always) static func prepare() { _ = oneThreadByDefault }

  private static let oneThreadByDefault: Void = openblas_set_num_threads(1)
}
