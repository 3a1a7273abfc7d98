/// The version of the program, in reports and model files as well.
enum Version {
  static let text = "0.1.0"
}
