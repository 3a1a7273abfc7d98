/// The items of the paper, in its order.
enum Tarmoun2021 {
  static let experiments: [any Experiment] = [
    Proposition1(), Corollary1(), Proposition2(), Table2(), Figure1(), Figure2(), Figure3(),
  ]
}
