/// The version of the program, in reports and model files as well.
public enum Version {
  public static let text = "0.1.0"
}
