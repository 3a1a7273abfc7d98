/// The items of the paper, in its order.
enum CohenRazin {
  static let experiments: [any Experiment] = [
    Figure1Left(),
    Claim1(),
    Figure2(),
    Figure3(),
    Compression(),
    TensorRank(),
    HierarchicalTensor(),
  ]
}
