import Dynamics
import LinearAlgebra
import LinearNetworks
import RealModule

extension CohenRazin {
  /// The 2×2 completion problem of Proposition 5, with entries (1, 2), (2, 1) and (2, 2) known, and its runs.
  struct DivergenceProblem {
    /// b₁, b₂, b₃: the known entries in that order.
    var values: [Double]

    static let printed = DivergenceProblem(values: [1, 1, 0])

    var objective: CompletionObjective {
      get throws {
        CompletionObjective(
          try ObservedEntries(
            rowCount: 2, columnCount: 2, rows: [0, 1, 1], columns: [1, 0, 1], values: values))
      }
    }

    /// A small random matrix whose determinant has a given sign.
    static func start(sign: Double, using generator: inout SeededGenerator) throws -> Matrix {
      let matrix = Matrix.random(
        singularValues: [0.3 + 0.2 * generator.nextUniform(), 0.1 + 0.2 * generator.nextUniform()],
        rowCount: 2, columnCount: 2, using: &generator)
      let determinant = try LUDecomposition(of: matrix).determinant
      return determinant * sign > 0 ? matrix : matrix.scalingColumns(by: [1, -1])
    }

    /// Gradient flow of balanced layers until the loss passes a level.
    ///
    /// - Parameter imbalance: by how much the first layer is made larger and the second smaller.
    func run(
      _ depth: Int, from start: Matrix, imbalance: Double = 0, until level: Double,
      under conditions: Conditions
    ) throws -> Trajectory {
      if imbalance == 0 {
        return try follow(
          GuardedFlow(
            try objective,
            from: .balanced(
              endToEnd: start, hiddenWidths: [Int](repeating: 2, count: depth - 1))),
          until: level, under: conditions)
      }
      var network = try LinearNetwork.balanced(
        endToEnd: start, hiddenWidths: [Int](repeating: 2, count: depth - 1))
      network.layers[0] *= 1 + imbalance
      network.layers[1] /= 1 + imbalance
      let loss = EndToEndLoss(try objective, widths: network.widths)
      return try follow(NetworkFlow(loss, from: network), until: level, under: conditions)
    }

    private func follow(
      _ equation: some FlowEquation, until level: Double, under conditions: Conditions
    ) throws -> Trajectory {
      var isInterrupted = false
      let result = GradientFlow(
        until: 1e12, steps: .adaptive(relativeTolerance: 1e-9), targetLoss: level,
        stepLimit: 1_000_000,
        recording: .at((0...260).map { .exp10(-1 + 0.05 * Double($0)) }, of: [.endToEnd])
      ).run(equation) { progress in
        guard progress.step % 1000 == 0 else { return .goOn }
        isInterrupted = !conditions.observe(0)
        return isInterrupted ? .interrupt : .goOn
      }
      if isInterrupted { throw Interrupted() }
      return result.trajectory
    }
  }
}
