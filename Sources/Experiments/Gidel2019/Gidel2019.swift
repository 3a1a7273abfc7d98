/// The items of the paper, in its order.
enum Gidel2019 {
  static let experiments: [any Experiment] = [
    Figure1()
  ]
}
