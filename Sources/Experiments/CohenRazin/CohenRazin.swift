/// The items of the paper, in its order.
enum CohenRazin {
  static let experiments: [any Experiment] = [
    Proposition1(),
    Lemma1(),
    Theorem1(),
    Corollary1(),
    Remark1(),
    Proposition3(),
    Example1(),
    Theorem2(),
    Remark2(),
    Theorem3(),
    Lemma2(),
    Proposition5(),
    Exercise1(),
    Exercise2(),
    Exercise3(),
    Figure1Left(),
    Claim1(),
    Exercise4(),
    Exercise5(),
  ]
}
