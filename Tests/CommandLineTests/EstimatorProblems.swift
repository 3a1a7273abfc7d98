import DataFormats
import Foundation
import LinearAlgebra

/// Files for `regress`, `sense` and `layers`.
enum EstimatorProblems {
  /// x.npy and y.csv: 60 samples, 5 inputs, 4 outputs, rank 2, noise.
  static func regression(in command: Command) throws {
    var generator = SeededGenerator(seed: 1)
    let inputs = Matrix.gaussian(rowCount: 60, columnCount: 5, using: &generator)
    let weights = Matrix.lowRank(rowCount: 4, columnCount: 5, rank: 2, using: &generator)
    let noise = Matrix.gaussian(
      rowCount: 60, columnCount: 4, standardDeviation: 0.3, using: &generator)
    try DataFile.writeMatrix(inputs, to: command.path("x.npy"))
    try DataFile.writeMatrix(inputs.timesTransposed(weights) + noise, to: command.path("y.csv"))
  }

  /// a.npy, b.npy and w.csv: 60 measurements of a 6×5 matrix of rank 1.
  static func sensing(in command: Command) throws {
    var generator = SeededGenerator(seed: 2)
    let truth = Matrix.lowRank(rowCount: 6, columnCount: 5, rank: 1, using: &generator)
    let rows = Matrix.gaussian(rowCount: 60, columnCount: 30, using: &generator)
    try DataFile.writeArray(
      NPYArray(shape: [60, 6, 5], elements: rows.elements), to: command.path("a.npy"))
    try DataFile.writeArray(NPYArray(rows * truth.elements), to: command.path("b.npy"))
    try DataFile.writeMatrix(truth, to: command.path("w.csv"))
  }

  /// net.safetensors: conv1 and fc1, and the factors of a layer deep.
  static func network(in command: Command) throws {
    var generator = SeededGenerator(seed: 3)
    func tensor(_ name: String, _ shape: [Int]) throws -> Safetensors.Tensor {
      let values = (0..<shape.reduce(1, *)).map { _ in generator.nextGaussian() }
      return try Safetensors.Tensor(name: name, type: .float32, shape: shape, values: values)
    }
    let tensors = try [
      tensor("conv1.weight", [4, 1, 3, 3]), tensor("fc1.weight", [6, 8]), tensor("fc1.bias", [6]),
      tensor("deep.0.weight", [3, 6]), tensor("deep.1.weight", [5, 3]),
      tensor("odd.0.weight", [3, 6]), tensor("odd.1.weight", [5, 4]),
      tensor("gap.0.weight", [3, 6]), tensor("gap.2.weight", [5, 3]), tensor("norm.weight", [6]),
    ]
    try Safetensors(tensors).write(to: command.path("net.safetensors"))
  }
}
