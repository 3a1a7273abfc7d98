/// The items of the paper, in its order.
enum Tarmoun2021 {
  static let experiments: [any Experiment] = [
    Proposition1(), Corollary1(), Proposition2(), Proposition3(), Table2(), Imbalance(),
    Proposition4(), Proposition5(), Figure1(), Figure2(), Figure3(), AppendixFormulas(),
    AppendixG(),
  ]
}
