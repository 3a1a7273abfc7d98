import DataFormats
import DeepLinear

/// A completion model as a `.safetensors` file: 64-bit tensors, and settings as metadata.
enum ModelFile {
  private static let format = "deeplinear completion model 1"

  static func settings(
    of request: Completion, fit: MatrixCompleter.Fit
  ) -> [String: String] {
    [
      "depth": "\(request.settledDepth)", "seed": "\(request.settledSeed)", "rank": "\(fit.rank)",
      "exact": "\(fit.isExact)", "version": Version.text,
    ]
  }

  static func contents(
    _ model: CompletionModel, settings: [String: String], columns: ModelColumns
  ) throws -> Safetensors {
    func tensor(_ name: String, _ shape: [Int], _ elements: [Double]) throws -> Safetensors.Tensor {
      try Safetensors.Tensor(
        name: name, type: .float64, shape: shape, values: elements)
    }
    var tensors = [
      try tensor("rowFactor", [model.rowCount, model.rank], model.rowFactor.elements),
      try tensor("columnFactor", [model.columnCount, model.rank], model.columnFactor.elements),
      try tensor("ridge", [model.rank], model.ridge),
    ]
    for (name, offsets) in [("offsets", model.offsets), ("fallback", model.fallback)] {
      guard let offsets else { continue }
      tensors += [
        try tensor("\(name).mean", [1], [offsets.mean]),
        try tensor("\(name).rows", [offsets.rows.count], offsets.rows),
        try tensor("\(name).columns", [offsets.columns.count], offsets.columns),
      ]
    }
    tensors.append(try tensor("offsetRidge", [1], [model.offsetRidge]))
    tensors.append(
      try tensor("emptyRows", [model.emptyRows.count], model.emptyRows.map(Double.init)))
    tensors.append(
      try tensor("emptyColumns", [model.emptyColumns.count], model.emptyColumns.map(Double.init)))
    if let noise = model.columnNoise {
      tensors.append(try tensor("columnNoise", [noise.count], noise))
    }
    var metadata = settings
    metadata["format"] = format
    metadata["table"] = String(decoding: try JSONText.bytes(of: columns), as: UTF8.self)
    return Safetensors(tensors, metadata: metadata)
  }

  static func read(
    _ source: DataSource, in context: JobContext
  ) throws -> (model: CompletionModel, columns: ModelColumns) {
    let file = try Safetensors(reading: try source.bytes(in: context))
    func bad(_ reason: String) -> BadInput {
      BadInput("\(source.name): \(reason); give a file written by complete --model.")
    }
    guard file.metadata["format"] == format else { throw bad("this is not a completion model") }
    func array(_ name: String, dimensions: Int) throws -> NPYArray {
      guard let tensor = file[name], tensor.shape.count == dimensions else {
        throw bad("the tensor \(name) is missing or of another shape")
      }
      let array = try tensor.array()
      guard array.elements.allSatisfy(\.isFinite) else {
        throw bad("the tensor \(name) holds infinite numbers or NaN")
      }
      return array
    }
    func matrix(_ name: String) throws -> Matrix {
      let array = try array(name, dimensions: 2)
      return Matrix(
        rowCount: array.shape[0], columnCount: array.shape[1], elements: array.elements)
    }
    let left = try matrix("rowFactor")
    let right = try matrix("columnFactor")
    let ridge = try array("ridge", dimensions: 1).elements
    guard left.columnCount == right.columnCount, ridge.count == left.columnCount else {
      throw bad("its factors do not fit each other")
    }
    func offsets(_ name: String) throws -> AdditiveOffsets? {
      guard file["\(name).mean"] != nil else { return nil }
      let mean = try array("\(name).mean", dimensions: 1).elements
      let rows = try array("\(name).rows", dimensions: 1).elements
      let columns = try array("\(name).columns", dimensions: 1).elements
      guard mean.count == 1, rows.count == left.rowCount, columns.count == right.rowCount else {
        throw bad("its \(name) do not fit its factors")
      }
      return AdditiveOffsets(mean: mean[0], rows: rows, columns: columns)
    }
    func indices(_ name: String, below count: Int) throws -> [Int] {
      try array(name, dimensions: 1).elements.map { value in
        guard value >= 0, value < Double(count), value == value.rounded() else {
          throw bad("\(name) names a row or column that does not exist")
        }
        return Int(value)
      }
    }
    let noise =
      file["columnNoise"] == nil ? nil : try array("columnNoise", dimensions: 1).elements
    guard noise.map({ $0.count == right.rowCount && $0.allSatisfy { $0 > 0 } }) ?? true else {
      throw bad("its column noise does not fit its factors")
    }
    let columns = try file.metadata["table"].map { text in
      guard let columns = ModelColumns(json: text), columns.fits(left.rowCount, right.rowCount)
      else { throw bad("what it says about its table cannot be understood") }
      return columns
    }
    let model = CompletionModel(
      rowFactor: left, columnFactor: right, offsets: try offsets("offsets"), ridge: ridge,
      offsetRidge: try array("offsetRidge", dimensions: 1).elements.first ?? 0,
      columnNoise: noise, fallback: try offsets("fallback"),
      emptyRows: try indices("emptyRows", below: left.rowCount),
      emptyColumns: try indices("emptyColumns", below: right.rowCount))
    return (model, columns ?? ModelColumns())
  }
}
