/// Specifications in words, for doors.
public enum SpecificationText {
  /// Every key with its meaning, values, default and an example.
  public static var reference: String { SpecReference.text }

  /// The same as one JSON object, a list of keys under `keys`.
  public static func referenceJSON() throws -> String {
    String(decoding: try JSONText.bytes(of: ["keys": SpecReference.all]), as: UTF8.self)
  }
}
