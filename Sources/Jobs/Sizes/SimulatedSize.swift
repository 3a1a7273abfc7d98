import DataFormats

/// How large a simulated network is, and what is recorded of it.
struct SimulatedSize {
  /// d₀, …, d_N.
  let widths: [Int]
  /// How many points are recorded, and how many numbers of each.
  var points = 0
  var numbersPerPoint = 0.0
  /// Whether an integrator keeps its stages; a descent keeps a few states.
  var isFlow = false

  init(widths: [Int]) { self.widths = widths }

  var weightCount: Double {
    zip(widths, widths.dropFirst()).reduce(0) { $0 + Double($1.0) * Double($1.1) }
  }

  /// The layers with their gradients and the stages of a method, products up to each layer and down from it, and what
  /// is recorded, once as it is kept and once as it is written.
  ///
  /// The widest method of a flow has 21 stages and, where half a step is taken for what is recorded, 17 more.
  var need: MemoryNeed {
    let products = widths.dropFirst().reduce(0) { $0 + Double($1) * Double(widths[0]) }
    var need = MemoryNeed()
    need.add(numbers: weightCount, copies: isFlow ? 40 : 12)
    need.add(numbers: products, copies: 3)
    need.add(numbers: numbersPerPoint, Double(points), copies: 3)
    need.add(bytes: 400 * (Double(widths.count) + Double(points)))
    return need
  }
}
