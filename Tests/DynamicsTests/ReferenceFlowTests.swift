import Dynamics
import LinearAlgebra
import LinearNetworks
import Testing
import _TestSupport

@Suite("Flows and descents agree with values computed elsewhere") struct ReferenceFlowTests {
  static func flow(
    _ objective: some Objective, _ layers: [Matrix], _ times: [Double],
    method: FlowMethod = .automatic
  ) throws -> [Snapshot] {
    let flow = GradientFlow(
      until: times.last!, method: method, steps: .adaptive(relativeTolerance: 1e-12),
      recording: .at(times, of: Set(Recording.Quantity.allCases)))
    return flow.run(objective, from: try LinearNetwork(layers: layers)).trajectory.snapshots
  }

  static func expectClose(
    _ actual: Matrix?, _ expected: Matrix, to tolerance: Double,
    sourceLocation: SourceLocation = #_sourceLocation
  ) {
    guard let actual, actual.rowCount == expected.rowCount,
      actual.columnCount == expected.columnCount, expected.count > 0
    else {
      Issue.record("no matrix of this shape", sourceLocation: sourceLocation)
      return
    }
    let error = (actual - expected).maxAbsolute / expected.maxAbsolute
    #expect(error <= tolerance, "relative error \(error)", sourceLocation: sourceLocation)
  }

  @Test(
    "networks of depth 2 to 4",
    arguments: [
      "nlayer_depth2_least_squares", "nlayer_depth3_least_squares", "nlayer_depth4_least_squares",
      "nlayer_depth2_matrix_sensing", "nlayer_depth3_matrix_sensing",
    ])
  func layers(_ name: String) throws {
    let file = try ReferenceCase(name)
    let layers = file.inputs["W_layers_0 (W1..Wn)"].matrices
    let times = file.inputs["times"].numbers
    let snapshots: [Snapshot]
    if name.hasSuffix("least_squares") {
      snapshots = try Self.flow(
        try RegressionObjective(
          inputCovariance: file.inputs["Lambda_xx"].matrix,
          crossCovariance: file.inputs["Lambda_yx"].matrix), layers, times)
    } else {
      let measurements = file.inputs["A"].matrices
      snapshots = try Self.flow(
        try SensingObjective(
          measurements: Matrix(rows: measurements.map(\.elements)),
          values: file.inputs["b"].numbers, outputCount: measurements[0].rowCount,
          inputCount: measurements[0].columnCount), layers, times)
    }
    let ends = file.outputs["W_end_to_end"].matrices
    try #require(ends.count == snapshots.count && ends.count == times.count)
    for (k, snapshot) in snapshots.enumerated() {
      Self.expectClose(snapshot.endToEnd, ends[k], to: file.tolerance)
      #expect(
        abs(snapshot.loss - file.outputs["loss"][k].number) <= file.tolerance
          * (1 + abs(snapshot.loss)))
      #expect(snapshot.unbalancedness! <= 1e-10)
      let values = file.outputs["singular_values"][k].numbers
      for (a, b) in zip(snapshot.singularValues!, values) {
        #expect(abs(a - b) <= file.tolerance * values[0])
      }
    }
  }

  @Test(
    "linear regression without hidden layers",
    arguments: FlowMethod.allCases.filter { $0 != .chebyshev })
  func linear(_ method: FlowMethod) throws {
    let file = try ReferenceCase("linear_flow")
    let objective = try RegressionObjective(
      inputCovariance: file.inputs["Sigma_x"].matrix,
      crossCovariance: file.inputs["Sigma_xy"].matrix.transposed())
    let snapshots = try Self.flow(
      objective, [file.inputs["W0"].matrix.transposed()], file.inputs["times"].numbers,
      method: method)
    for (snapshot, expected) in zip(snapshots, file.outputs["W"].matrices) {
      Self.expectClose(snapshot.endToEnd, expected.transposed(), to: file.tolerance)
    }
  }

  @Test(
    "two layers, commuting and from a tiny start",
    arguments: ["two_layer_commuting_flow", "tiny_init_generic_two_layer"])
  func twoLayers(_ name: String) throws {
    let file = try ReferenceCase(name)
    let objective = try RegressionObjective(
      inputCovariance: file.inputs["Sigma_x"].matrix,
      crossCovariance: file.inputs["Sigma_xy"].matrix.transposed())
    let snapshots = try Self.flow(
      objective,
      [file.inputs["W1_0"].matrix.transposed(), file.inputs["W2_0"].matrix.transposed()],
      file.inputs["times"].numbers)
    #expect(snapshots.count == file.outputs["W"].list.count)
    for (snapshot, expected) in zip(snapshots, file.outputs["W"].matrices) {
      Self.expectClose(snapshot.endToEnd, expected.transposed(), to: max(file.tolerance, 1e-9))
    }
  }

  @Test("asymmetric factorization") func asymmetric() throws {
    let file = try ReferenceCase("asymmetric_general_flow")
    let snapshots = try Self.flow(
      FactorizationObjective(file.inputs["Y"].matrix),
      [file.inputs["V0"].matrix.transposed(), file.inputs["U0"].matrix],
      file.inputs["times"].numbers)
    for (k, snapshot) in snapshots.enumerated() {
      Self.expectClose(snapshot.layers![1], file.outputs["U"].matrices[k], to: file.tolerance)
      Self.expectClose(
        snapshot.layers![0].transposed(), file.outputs["V"].matrices[k], to: file.tolerance)
    }
  }

  @Test("completion that drives norms up", arguments: [2, 3]) func completion(depth: Int) throws {
    let file = try ReferenceCase("prop5_divergence_depth\(depth)")
    let entries = try ObservedEntries(
      rowCount: 2, columnCount: 2, rows: [0, 1, 1], columns: [1, 0, 1], values: [1, 1, 0])
    let snapshots = try Self.flow(
      CompletionObjective(entries), file.inputs["W_layers_0"].matrices,
      file.inputs["times"].numbers)
    for (snapshot, expected) in zip(snapshots, file.outputs["W"].matrices) {
      Self.expectClose(snapshot.endToEnd, expected, to: file.tolerance)
    }
  }

  @Test("the symmetric Riccati flow") func riccati() throws {
    let file = try ReferenceCase("symmetric_riccati_indefinite")
    let times = file.inputs["times"].numbers
    let flow = SymmetricFlow(
      FactorizationObjective(file.inputs["Y"].matrix),
      from: SymmetricNetwork(factor: file.inputs["U0"].matrix))
    let run = GradientFlow(
      until: times.last!, steps: .adaptive(relativeTolerance: 1e-12),
      recording: .at(times, of: [.endToEnd])
    ).run(flow)
    for (snapshot, expected) in zip(run.trajectory.snapshots, file.outputs["X"].matrices) {
      Self.expectClose(snapshot.endToEnd, expected, to: file.tolerance)
    }
  }

  @Test("a symmetric network whose target is not symmetric") func exercise2() throws {
    let file = try ReferenceCase("exercises_1_2")
    let inputs = file.inputs["ex2"]
    let times = inputs["times"].numbers
    let flow = SymmetricFlow(
      FactorizationObjective(inputs["target_nonsymmetric"].matrix),
      from: SymmetricNetwork(factor: inputs["W0"].matrix))
    let run = GradientFlow(
      until: times.last!, steps: .adaptive(relativeTolerance: 1e-12),
      recording: .at(times, of: [.endToEnd])
    ).run(flow)
    for (snapshot, expected) in zip(run.trajectory.snapshots, file.outputs["ex2_WWt"].matrices) {
      Self.expectClose(snapshot.endToEnd, expected, to: file.tolerance)
    }
  }

  @Test("the end-to-end flow: a row at depth 3") func endToEnd() throws {
    let file = try ReferenceCase("exercises_1_2")
    let inputs = file.inputs["ex1"]
    let times = inputs["times"].numbers
    let flow = EndToEndFlow(
      FactorizationObjective(inputs["target"].matrix), depth: inputs["n"].integer,
      from: inputs["w0"].matrix)
    let run = GradientFlow(
      until: times.last!, steps: .adaptive(relativeTolerance: 1e-12),
      recording: .at(times, of: [.endToEnd])
    ).run(flow)
    for (snapshot, expected) in zip(run.trajectory.snapshots, file.outputs["ex1_w"].matrices) {
      Self.expectClose(snapshot.endToEnd, expected, to: file.tolerance)
    }
  }

  @Test("the regularised flow") func regularized() throws {
    let file = try ReferenceCase("R_flow_18_19")
    let times = file.inputs["times"].numbers
    let (sigma, r0) = (file.inputs["Sigma"].matrix, file.inputs["R0"].matrix)
    let (m, k) = (sigma.rowCount, r0.columnCount)
    // R stacks (U + V)/√2 over (U − V)/√2.
    let (top, bottom) = (
      r0.submatrix(rows: 0..<m, columns: 0..<k),
      r0.submatrix(rows: m..<r0.rowCount, columns: 0..<k)
    )
    let unit = 0.5.squareRoot()
    func rotated(_ u: Matrix, _ v: Matrix) -> Matrix {
      .verticallyStacked([unit * (u + v), unit * (u - v)])
    }
    for isRotated in [true, false] {
      let (u, v) = isRotated ? (unit * (top + bottom), unit * (top - bottom)) : (top, bottom)
      let flow = RegularizedFlow(
        FactorizationObjective(sigma), imbalance: file.inputs["Lambda_Q"].matrix,
        from: try LinearNetwork(layers: [v.transposed(), u]))
      let run = GradientFlow(
        until: times.last!, steps: .adaptive(relativeTolerance: 1e-12),
        recording: .at(times, of: [.layers])
      ).run(flow)
      let first = run.trajectory.snapshots[0]
      let isThis = abs(first.loss - file.outputs["objective_20"][0].number) < 1e-9
      guard isThis else { continue }
      for (k, snapshot) in run.trajectory.snapshots.enumerated() {
        let (u, v) = (snapshot.layers![1], snapshot.layers![0].transposed())
        let r = isRotated ? rotated(u, v) : Matrix.verticallyStacked([u, v])
        Self.expectClose(r, file.outputs["R"].matrices[k], to: file.tolerance)
        #expect(abs(snapshot.loss - file.outputs["objective_20"][k].number) <= 1e-10)
      }
      return
    }
    Issue.record("neither layout of R has the objective of the file")
  }

  @Test("gradient descent") func descents() throws {
    func run(
      _ objective: some Objective, _ layers: [Matrix], _ steps: [Double], _ size: Double
    ) throws -> [Snapshot] {
      let times = steps.map { Int($0) }
      return Descent(
        stepSize: size, stepLimit: times.last!,
        recording: Recording(.at(Set(times)), of: [.endToEnd, .unbalancedness])
      ).run(objective, from: try LinearNetwork(layers: layers)).snapshots
    }
    let linear = try ReferenceCase("linear_gd")
    var snapshots = try run(
      try RegressionObjective(
        inputCovariance: linear.inputs["Sigma_x"].matrix,
        crossCovariance: linear.inputs["Sigma_xy"].matrix.transposed()),
      [linear.inputs["W0"].matrix.transposed()], linear.inputs["iterations"].numbers,
      linear.inputs["eta"].number)
    for (snapshot, expected) in zip(snapshots, linear.outputs["W"].matrices) {
      Self.expectClose(snapshot.endToEnd, expected.transposed(), to: linear.tolerance)
    }
    let commuting = try ReferenceCase("two_layer_commuting_gd")
    snapshots = try run(
      try RegressionObjective(
        inputCovariance: commuting.inputs["Sigma_x"].matrix,
        crossCovariance: commuting.inputs["Sigma_xy"].matrix.transposed()),
      [commuting.inputs["W1_0"].matrix.transposed(), commuting.inputs["W2_0"].matrix.transposed()],
      commuting.inputs["iterations"].numbers, commuting.inputs["eta"].number)
    for (snapshot, expected) in zip(snapshots, commuting.outputs["W"].matrices) {
      Self.expectClose(snapshot.endToEnd, expected.transposed(), to: commuting.tolerance)
    }
    let power = try ReferenceCase("lp4_linear_vs_two_layer_gd")
    let objective = try PowerObjective(
      inputs: power.inputs["x_rows"].matrix, targets: power.inputs["y_rows"].matrix,
      power: power.inputs["p"].number)
    snapshots = try run(
      objective, [power.inputs["W1_0"].matrix, power.inputs["W2_0"].matrix],
      power.inputs["iterations"].numbers, power.inputs["eta"].number)
    for (k, snapshot) in snapshots.enumerated() {
      Self.expectClose(
        snapshot.endToEnd, power.outputs["W_two_layer"].matrices[k], to: power.tolerance)
      let loss = power.outputs["loss_two_layer"][k].number
      #expect(abs(snapshot.loss - loss) <= power.tolerance * loss)
    }
    let unbalanced = try ReferenceCase("unbalancedness_under_gd")
    snapshots = try run(
      FactorizationObjective(unbalanced.inputs["Phi"].matrix),
      unbalanced.inputs["W_layers_0"].matrices, unbalanced.inputs["iterations"].numbers,
      unbalanced.inputs["eta"].number)
    for (k, snapshot) in snapshots.enumerated() {
      Self.expectClose(
        snapshot.endToEnd, unbalanced.outputs["W_end_to_end"].matrices[k], to: unbalanced.tolerance)
    }
  }

  @Test("the discretised end-to-end dynamics of Claim 1") func claim1() throws {
    let file = try ReferenceCase("end_to_end_discretised_claim1")
    let times = file.inputs["iterations"].numbers.map { Int($0) }
    let flow = EndToEndFlow(
      FactorizationObjective(file.inputs["target"].matrix), depth: file.inputs["n"].integer,
      from: file.inputs["W0"].matrix)
    let snapshots = Descent(
      stepSize: file.inputs["zeta"].number, stepLimit: times.last!,
      recording: Recording(.at(Set(times)), of: [.endToEnd])
    ).run(flow).snapshots
    #expect(snapshots.count == times.count)
    for (snapshot, expected) in zip(snapshots, file.outputs["W"].matrices) {
      Self.expectClose(snapshot.endToEnd, expected, to: file.tolerance)
    }
  }
}
