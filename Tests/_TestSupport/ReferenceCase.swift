import Foundation
public import LinearAlgebra

/// One file of Tests/ReferenceValues: inputs and outputs computed elsewhere to many digits.
///
/// The files use Gidel's orientation for two-layer and linear networks (W is d₀ × d_N, samples as rows) and ours
/// for those with layers `W_1 … W_n`; each test transposes where its file asks for it.
public struct ReferenceCase: Sendable {
  public let inputs: ReferenceValue
  public let outputs: ReferenceValue
  /// The relative tolerance the file recommends.
  public let tolerance: Double

  /// Reads the file of a case by its name, without extension.
  public init(_ name: String) throws {
    let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
      .deletingLastPathComponent().appendingPathComponent("ReferenceValues")
    let data = try Data(contentsOf: folder.appendingPathComponent(name + ".json"))
    let file = try JSONDecoder().decode(ReferenceValue.self, from: data)
    inputs = file["inputs"]
    outputs = file["outputs"]
    tolerance = file["recommended_test_rtol"].number
  }
}

/// Any JSON value. Reading a value as what it is not gives NaN or nothing, so that the comparison fails.
public indirect enum ReferenceValue: Decodable, Sendable {
  case number(Double)
  case text(String)
  case list([ReferenceValue])
  case object([String: ReferenceValue])
  case none

  public init(from decoder: any Decoder) throws {
    let value = try decoder.singleValueContainer()
    if let number = try? value.decode(Double.self) {
      self = .number(number)
    } else if let text = try? value.decode(String.self) {
      self = .text(text)
    } else if let list = try? value.decode([ReferenceValue].self) {
      self = .list(list)
    } else if let object = try? value.decode([String: ReferenceValue].self) {
      self = .object(object)
    } else {
      self = .none
    }
  }

  public subscript(name: String) -> ReferenceValue {
    if case .object(let members) = self { return members[name] ?? .none }
    return .none
  }

  public subscript(index: Int) -> ReferenceValue {
    list.indices.contains(index) ? list[index] : .none
  }

  public var number: Double {
    if case .number(let value) = self { return value }
    return .nan
  }

  public var integer: Int { number.isFinite ? Int(number) : Int.min }

  public var list: [ReferenceValue] {
    if case .list(let values) = self { return values }
    return []
  }

  public var numbers: [Double] { list.map(\.number) }

  public var matrices: [Matrix] { list.map(\.matrix) }

  /// A matrix written as `{shape, data}`, row after row; empty when it is something else.
  public var matrix: Matrix {
    let shape = self["shape"].numbers.map { Int($0) }
    let data = self["data"].numbers
    guard shape.count == 2, data.count == shape[0] * shape[1] else { return .zeros(0, 0) }
    return Matrix(rowCount: shape[0], columnCount: shape[1], elements: data)
  }
}
