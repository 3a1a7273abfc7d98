/// Results newer than the four papers that the library can put to the test.
enum Later {
  static let experiments: [any Experiment] = [
    BalancedUpToIdentity(), LayerRates(), GreedyLowRank(), CompressibleDynamics(),
    EdgeOfStability(),
    HeavyBall(), WeightDecay(), MaskConnectivity(), ConformalCoverage(),
  ]
}
