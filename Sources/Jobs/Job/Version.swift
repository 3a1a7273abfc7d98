/// The version of the program, in reports and model files as well.
public enum Version {
  /// As in `0.1.0`.
  public static let text = "0.1.0"
}
