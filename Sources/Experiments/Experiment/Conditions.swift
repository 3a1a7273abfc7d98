public import LinearAlgebra

/// Under which conditions an experiment runs: its size, its randomness, the data at hand, its observer.
public struct Conditions: Sendable {
  /// Smaller sizes and fewer repetitions, the same claims.
  public var isQuick: Bool
  /// The seed from which every random number comes.
  public var seed: UInt64
  /// Data sets of the user's.
  public var data: ExperimentData
  /// Told the share of the work that is done; false asks for the end.
  public var observe: @Sendable (Double) -> Bool

  /// What a run is to go by.
  public init(
    isQuick: Bool = false, seed: UInt64 = 0, data: ExperimentData = ExperimentData(),
    observe: @escaping @Sendable (Double) -> Bool = { _ in true }
  ) {
    self.isQuick = isQuick
    self.seed = seed
    self.data = data
    self.observe = observe
  }

  /// A generator for the repetition with this number; repetitions have unrelated streams.
  public func generator(_ repetition: Int) -> SeededGenerator {
    var root = SeededGenerator(seed: seed)
    var chosen = root.split()
    for _ in 0..<repetition { chosen = root.split() }
    return chosen
  }

  /// Says how far the work is.
  ///
  /// - Throws: ``Interrupted`` if the observer asks for the end.
  public func report(_ share: Double) throws(Interrupted) {
    guard observe(share) else { throw Interrupted() }
  }

  /// One result for each of `count` repetitions, with progress between two shares of the whole.
  ///
  /// - Throws: what `body` throws; ``Interrupted``.
  public func repetitions<Result>(
    _ count: Int, from start: Double = 0, to end: Double = 1,
    _ body: (Int, inout SeededGenerator) throws -> Result
  ) throws -> [Result] {
    try (0..<count).map { repetition in
      try report(start + (end - start) * Double(repetition) / Double(count))
      var generator = generator(repetition)
      return try body(repetition, &generator)
    }
  }
}

/// Data sets that a user may have; each is read when an experiment asks for it.
public struct ExperimentData: Sendable {
  /// Grey images of 28×28 pixels with ten classes, as MNIST has them: for training, and for the test.
  public var digits: (@Sendable () throws -> (training: LabelledSamples, test: LabelledSamples))?
  /// Color images of 32×32 pixels in three planes with ten classes, as CIFAR-10 has them.
  public var colorImages: (@Sendable () throws -> LabelledSamples)?
  /// Inputs and one target each: a gas sensor array, and the concentration.
  public var gasDrift: (@Sendable () throws -> (inputs: Matrix, targets: Matrix))?

  /// None: every item makes its own.
  public init() {}
}

/// Samples, one to a row, and the class of each.
public struct LabelledSamples: Sendable {
  /// Samples × numbers per sample.
  public var inputs: Matrix
  /// From 0.
  public var labels: [Int]
  /// How many classes there are.
  public var classCount: Int

  /// - Precondition: one label for each row, each below `classCount`.
  public init(inputs: Matrix, labels: [Int], classCount: Int) {
    precondition(
      labels.count == inputs.rowCount && labels.allSatisfy { (0..<classCount).contains($0) },
      "\(labels.count) labels for \(inputs.rowCount) samples of \(classCount) classes")
    self.inputs = inputs
    self.labels = labels
    self.classCount = classCount
  }
}
