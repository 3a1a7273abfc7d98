package import DataFormats
package import LinearAlgebra

extension DataSource {
  /// The bytes of a file, or of an array as an `.npy` file would hold them.
  package func bytes(in context: JobContext) throws -> ByteSource {
    switch place {
    case .file("-"): return try ByteSource.standardInput()
    case .file(let path): return try ByteSource(path: path)
    case .upload(let name):
      guard let bytes = context.uploads[name] else { throw missing("file", context.uploads.keys) }
      return ByteSource(bytes, named: name)
    case .array(let name):
      return ByteSource(try array(in: context).encoded(), named: "\(name).npy")
    }
  }

  /// An array of any number of dimensions.
  package func array(in context: JobContext) throws -> NPYArray {
    guard case .array(let name) = place else {
      return try DataFile.readArray(from: try bytes(in: context))
    }
    if let array = context.arrays[name] { return array }
    guard let borrowed = context.borrowed[name] else {
      throw missing("array", Array(context.arrays.keys) + context.borrowed.keys)
    }
    return borrowed.copied()
  }

  /// A complete matrix; an array of one dimension is a column.
  package func matrix(in context: JobContext) throws -> Matrix {
    if case .array(let name) = place {
      return try DataFile.matrix(of: try array(in: context), named: name)
    }
    return try DataFile.readMatrix(from: try bytes(in: context))
  }

  /// A complete matrix with the names of its rows and columns, where it has them.
  package func namedMatrix(
    in context: JobContext
  ) throws -> (elements: Matrix, names: TableNames) {
    try DataFile.readNamedMatrix(from: try bytes(in: context))
  }

  /// A complete matrix read as the known entries of another are: the same columns are data, the same name rows.
  package func matrix(alike other: DataSource, in context: JobContext) throws -> Matrix {
    if case .array = place { return try matrix(in: context) }
    return try DataFile.readMatrix(
      from: try bytes(in: context), alike: try other.reading.options())
  }

  /// The known entries of a matrix.
  ///
  /// - Parameters:
  ///   - columnCount: that of the matrix where neither the file nor the reading says it.
  ///   - countsFromOne: whether the triplets of a model that this belongs to count from 1; nil finds it out.
  package func observedEntries(
    in context: JobContext, columnCount: Int? = nil, countsFromOne: Bool? = nil
  ) throws -> ObservedData {
    var options = try reading.options()
    if let countsFromOne {
      options.recognizesBase = false
      options.oneBased = options.oneBased || countsFromOne
    }
    options.columnCount = options.columnCount ?? columnCount
    if case .array(let name) = place, options.maskPath == nil {
      if let borrowed = context.borrowed[name] {
        return try DataFile.observedEntries(of: borrowed, named: name, options: options)
      }
      return try array(in: context).withBorrowed {
        try DataFile.observedEntries(of: $0, named: name, options: options)
      }
    }
    let mask = try options.maskPath.map { try ByteSource(path: $0) }
    return try DataFile.readObservedEntries(
      from: try bytes(in: context), mask: mask, options: options)
  }

  private func missing(_ kind: String, _ names: some Collection<String>) -> BadInput {
    let list = names.isEmpty ? "none is given" : "given: \(names.sorted().joined(separator: ", "))"
    return BadInput("there is no \(kind) '\(name)' beside the request; \(list).")
  }
}
