import CKernelChoice
import COpenBLAS

/// The linear algebra library in use, and how many threads it may take.
///
/// One thread unless the program asks for more, whatever the environment says: results have the same bits on
/// every run, and work is parallel over runs, where it scales, not inside small products.
public enum BLASConfiguration {
  /// The processor kind whose kernels are used, such as `"SkylakeX"`.
  ///
  /// Where the library does not know the processor, the best kernels for its instructions are taken instead of the
  /// library's oldest. The environment variable `OPENBLAS_CORETYPE` forces others: a benchmark prints this.
  public static var coreName: String { String(cString: kernel_choice_current()) }

  /// The processor kind whose kernels are the best that this processor can run; nil where that is not known, and
  /// the library's choice is taken for the best.
  public static var bestCoreName: String? { kernel_choice_best().map { String(cString: $0) } }

  /// One sentence on why slower kernels run than the processor can, and what to do; nil where the best run.
  public static var shortfall: String? {
    guard kernel_choice_falls_short(), let best = bestCoreName else { return nil }
    let fact =
      "linear algebra runs \(coreName) kernels although this processor can run \(best) ones"
    return switch kernel_choice_made() {
    case kernel_choice_forced:
      "\(fact): OPENBLAS_CORETYPE says so; unset it for full speed"
    case kernel_choice_shared:
      "\(fact): this process uses the library elsewhere; set OPENBLAS_CORETYPE=\(best) before it starts"
    default:
      "\(fact): this OpenBLAS has no better ones; install one that chooses at run time"
    }
  }

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
