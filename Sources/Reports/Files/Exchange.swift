#if canImport(Glibc)
  import Glibc
#endif

/// Lets two paths change places at once, so that there is always something at both; false where the system or
/// the file system cannot, and then nothing has happened.
func exchange(_ first: String, _ second: String) -> Bool {
  #if canImport(Glibc)
    typealias Rename =
      @convention(c) (CInt, UnsafePointer<CChar>, CInt, UnsafePointer<CChar>, CUnsignedInt) -> CInt
    // glibc has had it since 2.28, but Swift's module of it does not name it.
    guard let symbol = dlsym(nil, "renameat2") else { return false }
    let rename = unsafeBitCast(symbol, to: Rename.self)
    let exchanging: CUnsignedInt = 2
    return rename(AT_FDCWD, first, AT_FDCWD, second, exchanging) == 0
  #else
    return false
  #endif
}
