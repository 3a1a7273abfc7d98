public import LinearAlgebra

/// The known entries of a matrix as a file gives them.
public struct ObservedData: Equatable, Sendable {
  /// How the entries stood in the file.
  public enum Layout: String, Sendable {
    /// All cells of a matrix, known or not.
    case table
    /// Known entries with their positions.
    case triplets
  }

  /// The entries: at least one, all finite.
  public var entries: ObservedEntries

  /// The names of rows and columns in a table of text.
  public var names = TableNames()

  /// The format of the file.
  public var format: DataFormat

  /// How the entries stood in the file.
  public var layout: Layout
}
