public import CInterface

// What can be asked of a result, in the words of deeplinear.h.

private func answer(_ result: OpaquePointer) -> Answer {
  Unmanaged<Answer>.fromOpaque(UnsafeRawPointer(result)).takeUnretainedValue()
}

@_cdecl("deeplinear_status")
public func status(_ result: OpaquePointer) -> Int32 { answer(result).status }

@_cdecl("deeplinear_sentence")
public func sentence(_ result: OpaquePointer) -> UnsafePointer<CChar>? {
  answer(result).sentence?.pointer
}

@_cdecl("deeplinear_summary")
public func summary(_ result: OpaquePointer) -> UnsafePointer<CChar>? {
  answer(result).summary?.pointer
}

@_cdecl("deeplinear_array_count")
public func arrayCount(_ result: OpaquePointer) -> Int64 { Int64(answer(result).given().count) }

@_cdecl("deeplinear_array_at")
public func array(
  _ result: OpaquePointer, _ number: Int64, _ array: UnsafeMutablePointer<deeplinear_array>
) -> Int32 {
  let given = answer(result).given()
  guard let index = Int(exactly: number), given.indices.contains(index) else { return 0 }
  array.pointee = given[index].described
  return 1
}

@_cdecl("deeplinear_file_named")
public func file(
  _ result: OpaquePointer, _ name: UnsafePointer<CChar>,
  _ file: UnsafeMutablePointer<deeplinear_file>
) -> Int32 {
  guard let found = answer(result).file(String(cString: name)) else { return 0 }
  file.pointee = found.described
  return 1
}

@_cdecl("deeplinear_page")
public func page(_ result: OpaquePointer) -> UnsafePointer<CChar>? {
  answer(result).page()?.pointer
}

@_cdecl("deeplinear_free")
public func free(_ result: OpaquePointer?) {
  guard let result else { return }
  Unmanaged<Answer>.fromOpaque(UnsafeRawPointer(result)).release()
}
