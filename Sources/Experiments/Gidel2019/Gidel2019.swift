/// The items of the paper, in its order.
enum Gidel2019 {
  static let experiments: [any Experiment] = [
    Proposition1(), Theorem1(), Theorem2(), Figure1(), PublishedFigure1(), Corollary2(), Theorem3(),
    Corollary3(),
    Table1(), Figure2(), EarlyStopping(), AppendixA(), Proposition3(), Lemma1(),
  ]
}
