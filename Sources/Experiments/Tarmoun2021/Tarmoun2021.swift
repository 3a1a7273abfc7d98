/// The items of the paper, in its order.
enum Tarmoun2021 {
  static let experiments: [any Experiment] = []
}
