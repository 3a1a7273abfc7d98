public import LinearAlgebra

/// Named tensors and a map of texts, as the `.safetensors` format of neural networks stores them.
///
/// Reading and writing keeps every tensor's bytes, type and place.
public struct Safetensors: Equatable, Sendable {
  /// The tensors in the order of their data.
  public var tensors: [Tensor]

  /// Texts about the file, by name.
  public var metadata: [String: String]

  /// Tensors and texts.
  ///
  /// - Precondition: no two tensors have the same name.
  public init(_ tensors: [Tensor] = [], metadata: [String: String] = [:]) {
    precondition(
      Set(tensors.map(\.name)).count == tensors.count, "two tensors have the same name")
    self.tensors = tensors
    self.metadata = metadata
  }

  /// The tensor of a name.
  public subscript(name: String) -> Tensor? { tensors.first { $0.name == name } }

  /// A tensor: its name, type, shape and bytes.
  public struct Tensor: Equatable, Sendable {
    /// The name, such as `fc1.weight`.
    public let name: String

    /// How the numbers are stored, as the format calls it: `F32`, `BF16`, `F8_E4M3`, ….
    public let typeName: String

    /// The same; nil for a type whose numbers are not read here, only kept.
    public var type: ScalarType? { ScalarType.allCases.first { $0.safetensorsName == typeName } }

    /// The extent of each dimension; empty for a single number.
    public let shape: [Int]

    /// The numbers, least significant byte first, the last index fastest.
    public let bytes: [UInt8]

    /// A tensor from its bytes.
    ///
    /// - Precondition: as many bytes as shape and type need.
    public init(name: String, type: ScalarType, shape: [Int], bytes: [UInt8]) {
      precondition(
        elementCount(shape + [type.byteCount]) == bytes.count,
        "\(bytes.count) bytes cannot fill a tensor of shape \(DataFormatError.words(shape))")
      self.init(name: name, typeName: type.safetensorsName, shape: shape, keeping: bytes)
    }

    /// A tensor of any type, whose bytes are kept as they are.
    init(name: String, typeName: String, shape: [Int], keeping bytes: [UInt8]) {
      self.name = name
      self.typeName = typeName
      self.shape = shape
      self.bytes = bytes
    }

    /// The same numbers under another name.
    public func renamed(_ name: String) -> Tensor {
      Tensor(name: name, typeName: typeName, shape: shape, keeping: bytes)
    }

    /// A tensor from numbers, rounded to the type.
    ///
    /// - Throws: ``DataFormatError`` for a number that the type does not hold.
    /// - Precondition: as many values as the shape needs.
    public init(
      name: String, type: ScalarType, shape: [Int], values: [Double]
    ) throws(DataFormatError) {
      precondition(
        elementCount(shape) == values.count,
        "\(values.count) values cannot fill a tensor of shape \(DataFormatError.words(shape))")
      var bytes: [UInt8] = []
      for value in values {
        guard type.encode(value, into: &bytes) else {
          throw .unfitting(name, value: value, type: type)
        }
      }
      self.init(name: name, type: type, shape: shape, bytes: bytes)
    }

    /// The numbers as doubles.
    ///
    /// - Throws: ``DataFormatError`` for an integer that a double does not hold, or a type that is only kept.
    public func array() throws(DataFormatError) -> NPYArray {
      guard let type else {
        throw DataFormatError(
          name, "the type \(Excerpt.quoted(typeName.utf8)) is not supported",
          "convert the tensor to F32 or F64")
      }
      var values: [Double] = []
      values.reserveCapacity(bytes.count / type.byteCount)
      let bad = bytes.withUnsafeBytes { type.decode($0, isBigEndian: false, into: &values) }
      if let bad { throw .inexactInteger(name, index: bad.index, text: bad.text) }
      return NPYArray(shape: shape, elements: values)
    }

    /// The tensor as a matrix, one of one dimension as a column.
    ///
    /// - Throws: ``DataFormatError`` for another number of dimensions.
    public func matrix() throws(DataFormatError) -> Matrix {
      guard let matrix = try array().matrix else { throw .wrongDimension(name, shape: shape) }
      return matrix
    }
  }
}
