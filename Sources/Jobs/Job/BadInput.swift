/// Input or usage that cannot be worked with: one sentence that names the place and what to do.
///
/// Options in it are spelled as the command does, `--interval-output`; ``sentence(spelling:)`` gives them the
/// spelling of another door.
public struct BadInput: Error, CustomStringConvertible {
  /// The whole sentence, with its full stop.
  public let sentence: String

  /// An error with its sentence.
  public init(_ sentence: String) { self.sentence = sentence }

  public var description: String { sentence }

  /// The sentence with the options in it as another door spells them.
  ///
  /// - Parameter spelling: of an option such as `intervalOutput`, the name it has in a request.
  public func sentence(spelling: (String) -> String) -> String {
    sentence.replacing(#/--([a-z]+(?:-[a-z]+)*)/#) { match in
      let words = match.output.1.split(separator: "-")
      let rest = words.dropFirst().map { $0.prefix(1).uppercased() + $0.dropFirst() }
      return spelling(([words[0]] + rest.map { $0[...] }).joined())
    }
  }
}
