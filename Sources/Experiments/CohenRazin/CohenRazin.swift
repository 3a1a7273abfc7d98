/// The items of the paper, in its order.
enum CohenRazin {
  static let experiments: [any Experiment] = []
}
