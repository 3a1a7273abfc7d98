public import FoundationEssentials

// Foundation shows `localizedDescription` to people; it is the sentence that an error prints. The storeys
// below do without Foundation, so they are told here.

extension DataFormatError: LocalizedError {
  public var errorDescription: String? { description }
}

extension DecompositionError: LocalizedError {
  public var errorDescription: String? { description }
}

extension ObservedEntriesError: LocalizedError {
  public var errorDescription: String? { description }
}

extension LinearNetworkError: LocalizedError {
  public var errorDescription: String? { description }
}

extension ObjectiveError: LocalizedError {
  public var errorDescription: String? { description }
}

extension NoExactSolution: LocalizedError {
  public var errorDescription: String? { description }
}

extension MatrixCompleter.Failure: LocalizedError {
  public var errorDescription: String? { description }
}

extension NuclearNormCompleter.Failure: LocalizedError {
  public var errorDescription: String? { description }
}

extension MatrixSensor.Failure: LocalizedError {
  public var errorDescription: String? { description }
}

extension LinearMeasurements.Failure: LocalizedError {
  public var errorDescription: String? { description }
}

extension ReducedRankRegressor.Failure: LocalizedError {
  public var errorDescription: String? { description }
}

extension LayerFactorizer.Failure: LocalizedError {
  public var errorDescription: String? { description }
}

extension TensorCompleter.Failure: LocalizedError {
  public var errorDescription: String? { description }
}

extension ObservedTensor.Failure: LocalizedError {
  public var errorDescription: String? { description }
}

extension ConvolutionalClassifier.Failure: LocalizedError {
  public var errorDescription: String? { description }
}

extension LinearAutoencoder.Failure: LocalizedError {
  public var errorDescription: String? { description }
}
