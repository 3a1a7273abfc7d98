import LinearAlgebra
import LinearNetworks
import Testing
import _TestSupport

@Suite struct CompletionLossTests {
  private func entries(
    _ rowCount: Int, _ columnCount: Int, count: Int, seed: UInt64 = 5
  ) -> ObservedEntries {
    var generator = SeededGenerator(seed: seed)
    let teacher = CompletionTeacher(
      rowCount: rowCount, columnCount: columnCount, rank: 1, entryCount: count, noise: 1)
    return teacher.problem(using: &generator).entries
  }

  @Test func valueIsHalfTheMeanSquareOfTheResiduals() throws {
    let entries = try ObservedEntries(
      rowCount: 2, columnCount: 3, rows: [0, 1, 1], columns: [2, 0, 1], values: [1, -2, 5])
    let w = Matrix(rows: [[9, 9, 3], [-1, 2, 9]])
    // Residuals 2, 1 and −3 over m = 3 entries.
    let objective = CompletionObjective(entries)
    #expect(objective.value(at: w) == 14.0 / 6)
    #expect(objective.smoothness == 1.0 / 3)
    expectClose(
      objective.gradient(at: w), Matrix(rows: [[0, 0, 2], [1, -3, 0]]) / 3, ulps: 1)
    var transposed = Matrix(rowCount: 3, columnCount: 2, repeating: 7)
    #expect(objective.value(at: w, transposedGradient: &transposed) == 14.0 / 6)
    #expect(transposed == objective.gradient(at: w).transposed())
  }

  @Test(arguments: [[6, 4], [6, 3, 4], [6, 3, 5, 4], [6, 7, 2, 5, 4], [6, 3, 4, 2, 5, 4]])
  func gradientsAreCentralDifferences(_ widths: [Int]) {
    let entries = entries(4, 6, count: 15)
    let network = randomNetwork(widths)
    var loss = EndToEndLoss(CompletionObjective(entries), widths: widths)
    var gradients = LinearNetwork(zerosOfWidths: widths).layers
    let value = loss.value(at: network)
    loss.gradients(at: network, into: &gradients)
    // The loss is quadratic in each single weight, so that a central difference of any step has no
    // truncation error.
    let differences = centralDifferences(at: network, step: 0.25) { moved in
      loss.value(at: moved)
    }
    let largest = gradients.map(\.maxAbsolute).max()!
    for (gradient, difference) in zip(gradients, differences) {
      let error = (gradient - difference).maxAbsolute
      #expect(error <= 1e3 * .ulpOfOne * max(value, largest))
    }
  }

  @Test(arguments: [[6, 3, 4], [6, 3, 5, 4], [6, 7, 2, 5, 4], [6, 1, 4], [6, 3, 4, 2, 5, 4]])
  func denseAndSparseAgree(_ widths: [Int]) {
    for count in [1, 9, 24] {
      let entries = entries(4, 6, count: count)
      let network = randomNetwork(widths)
      var dense = EndToEndLoss(CompletionObjective(entries), widths: widths)
      var sparse = SparseCompletionLoss(entries, widths: widths)
      expectClose(sparse.value(at: network), dense.value(at: network), ulps: 1000)
      var expected = LinearNetwork(zerosOfWidths: widths).layers
      var actual = expected
      dense.gradients(at: network, into: &expected)
      sparse.gradients(at: network, into: &actual)
      for (a, b) in zip(actual, expected) { expectClose(a, b, ulps: 1000) }
    }
  }

  @Test func rowsAndColumnsWithoutEntriesHaveNoGradient() throws {
    let entries = try ObservedEntries(
      rowCount: 4, columnCount: 5, rows: [1, 1], columns: [0, 3], values: [1, 2])
    let network = randomNetwork([5, 3, 4])
    var loss = SparseCompletionLoss(entries, widths: [5, 3, 4])
    var gradients = LinearNetwork(zerosOfWidths: [5, 3, 4]).layers
    _ = loss.value(at: network)
    loss.gradients(at: network, into: &gradients)
    for column in [1, 2, 4] { #expect(gradients[0].column(column).allSatisfy { $0 == 0 }) }
    for row in [0, 2, 3] { #expect(gradients[1].row(row).allSatisfy { $0 == 0 }) }
    #expect(gradients[0].column(0).allSatisfy { $0 != 0 })
  }

  @Test(arguments: [[40, 30], [40, 20, 30], [40, 20, 25, 30], [40, 8, 8, 8, 30]])
  func nothingIsAllocatedAfterCreation(_ widths: [Int]) {
    let entries = entries(30, 40, count: 300)
    let network = randomNetwork(widths)
    var gradients = LinearNetwork(zerosOfWidths: widths).layers
    var dense = EndToEndLoss(CompletionObjective(entries), widths: widths)
    expectNoAllocations {
      _ = dense.value(at: network)
      dense.gradients(at: network, into: &gradients)
    }
    guard widths.count > 2 else { return }
    var sparse = SparseCompletionLoss(entries, widths: widths)
    expectNoAllocations {
      _ = sparse.value(at: network)
      sparse.gradients(at: network, into: &gradients)
    }
  }
}
