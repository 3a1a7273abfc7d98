/// The items of the paper, in its order.
enum Cohen2019 {
  static let experiments: [any Experiment] = [
    Schatten(),
    MatrixCompletion(),
    RecoveryProbability(),
    SingularValues(),
    OneObservedEntry(),
    GenericEntry(),
    Divergence(),
  ]
}
