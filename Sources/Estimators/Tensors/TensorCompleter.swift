public import Dynamics
import LinearAlgebra
import RealModule

/// Fills in a tensor of which some entries are known, by an arithmetic network trained from near zero.
///
/// The components of the network rise one after another, and few of them: a low tensor rank emerges without being
/// asked for. The path shows their sizes. Those that have risen are then fitted to the entries by themselves, to
/// rounding where the data are exact; otherwise entries held out decide how many there are.
///
/// - SeeAlso: Section 5 of [cohenRazin]; [razin2021], [razin2022].
public struct TensorCompleter: Equatable, Sendable {
  /// How the network multiplies.
  public enum Structure: Equatable, Sendable {
    /// A sum of products of one vector for each dimension.
    case canonical
    /// A balanced binary tree over four dimensions.
    case hierarchical
  }

  /// How the network multiplies.
  public var structure: Structure
  /// The number of components at each place where they are summed; nil chooses it.
  public var componentCount: Int?
  /// The size of each component at the start, relative to the root mean square of the data times the root of the
  /// number of all entries; nil chooses 10⁻⁵ for a canonical network and 10⁻² for a hierarchical one, whose tensor is a
  /// product of more factors.
  public var initialScale: Double?
  /// The share of entries held out when the data are not exact, between 0 and 1.
  public var holdoutFraction: Double
  /// The largest number of steps.
  public var stepLimit: Int
  /// Every so many steps of the path are recorded.
  public var recordingInterval: Int
  /// The seed of everything random here; the same seed gives the same bits.
  public var seed: UInt64

  /// An estimator with all else as usual.
  public init(
    structure: Structure = .canonical, componentCount: Int? = nil, initialScale: Double? = nil,
    holdoutFraction: Double = 0.1, stepLimit: Int = 20_000, recordingInterval: Int = 1,
    seed: UInt64 = 0
  ) {
    self.structure = structure
    self.componentCount = componentCount
    self.initialScale = initialScale
    self.holdoutFraction = holdoutFraction
    self.stepLimit = stepLimit
    self.recordingInterval = recordingInterval
    self.seed = seed
  }

  /// Why nothing can be fitted.
  public enum Failure: Error, Equatable, Sendable {
    case tooFewEntries(Int)
    case orderNotFour(Int)
    case componentCountNotPositive(Int)
    case initialScaleNotPositive(Double)
    case holdoutOutOfRange(Double)
    case recordingIntervalNotPositive(Int)
  }

  /// What an observer is told: the share of the work done, between 0 and 1.
  public struct Progress: Equatable, Sendable {
    /// The share of the work that is done, from 0 to 1.
    public let fraction: Double
  }

  /// - Parameters:
  ///   - entries: the known entries of the tensor.
  ///   - observe: answering false ends the fit early, with outcome `interrupted` and the best so far.
  /// - Throws: ``Failure`` for data and settings that do not fit.
  /// - Complexity: O(|Ω| R) a step of a canonical network, O(|Ω| R²) of a hierarchical one; some thousand steps.
  public func fit(
    _ entries: ObservedTensor, observe: (Progress) -> Bool = { _ in true }
  ) throws -> Fit {
    try validate(entries)
    let count = componentCount ?? min(12, entries.shape.min()!)
    switch structure {
    case .canonical:
      return try fit(
        entries, CanonicalFactorization(shape: entries.shape, componentCount: count), observe)
    case .hierarchical:
      return try fit(
        entries,
        HierarchicalFactorization(shape: entries.shape, left: count, right: count, root: count),
        observe)
    }
  }

  private func fit(
    _ entries: ObservedTensor, _ factorization: some TensorFactorization,
    _ observe: (Progress) -> Bool
  ) throws -> Fit {
    let largest = entries.values.reduce(0) { max($0, abs($1)) }
    let unit = largest > 0 ? largest * rootMeanSquare(entries.values.map { $0 / largest }) : 1
    let normal = entries.replacingValues(entries.values.map { $0 / unit })
    var isInterrupted = false
    var fit = try withoutActuallyEscaping(observe) { observe in
      try TensorSearch(completer: self, entries: normal) { fraction in
        if !isInterrupted { isInterrupted = !observe(Progress(fraction: fraction)) }
        return isInterrupted
      }.run(factorization)
    }
    fit.rescale(by: unit)
    if isInterrupted { fit.outcome = .interrupted(atStep: fit.iterations) }
    return fit
  }

  private func validate(_ entries: ObservedTensor) throws(Failure) {
    if structure == .hierarchical, entries.order != 4 { throw .orderNotFour(entries.order) }
    if let componentCount, componentCount < 1 { throw .componentCountNotPositive(componentCount) }
    if let initialScale, !(initialScale > 0 && initialScale.isFinite) {
      throw .initialScaleNotPositive(initialScale)
    }
    guard holdoutFraction > 0, holdoutFraction < 1 else {
      throw .holdoutOutOfRange(holdoutFraction)
    }
    guard recordingInterval > 0 else { throw .recordingIntervalNotPositive(recordingInterval) }
    guard entries.count > 1 else { throw .tooFewEntries(entries.count) }
  }
}

extension TensorCompleter {
  /// A completed tensor.
  public struct Fit: Sendable {
    private let factorization: any TensorFactorization
    private let parameters: [Double]
    private var unit = 1.0
    /// The sizes of the components kept at each place where they are summed, descending: one place for a canonical
    /// network; inside both pairs and at the root of a hierarchical one.
    public private(set) var componentSizes: [[Double]]
    /// Along the training of the whole network.
    public private(set) var path: [PathPoint]
    /// Whether all entries are explained to rounding although they outnumber the degrees of freedom.
    public let isExact: Bool
    /// Steps of the path and of the polish, over all that was tried.
    public let iterations: Int
    /// The root mean square of the residuals.
    public private(set) var trainingError: Double
    /// The same over entries held out, of the chosen fit to the others; nil when nothing was.
    public private(set) var holdoutError: Double?
    /// How it ended.
    public var outcome: Outcome

    /// The size of each dimension.
    public var shape: [Int] { factorization.shape }
    /// The number of components at each place.
    public var ranks: [Int] { componentSizes.map(\.count) }

    /// The value at a position.
    public func value(at position: [Int]) -> Double {
      precondition(
        position.count == shape.count && zip(position, shape).allSatisfy { $0 >= 0 && $0 < $1 },
        "position \(position) lies outside a tensor of shape \(shape)")
      return values(at: position)[0]
    }

    /// All values, the last index fastest.
    public func completion() -> [Double] {
      var positions: [Int] = []
      for place in 0..<shape.reduce(1, *) {
        var rest = place
        let start = positions.count
        positions += shape
        for n in shape.indices.reversed() {
          positions[start + n] = rest % shape[n]
          rest /= shape[n]
        }
      }
      return values(at: positions)
    }

    private func values(at positions: [Int]) -> [Double] {
      factorization.values(parameters, positions: positions).map { $0 * unit }
    }

    init<Factorization: TensorFactorization>(
      _ factorization: Factorization, _ parameters: [Double], _ entries: ObservedTensor,
      path: [PathPoint], isExact: Bool, iterations: Int, holdoutError: Double?, outcome: Outcome
    ) {
      self.factorization = factorization
      self.parameters = parameters
      self.path = path
      self.isExact = isExact
      self.iterations = iterations
      self.holdoutError = holdoutError
      self.outcome = outcome
      componentSizes = factorization.componentSizes(parameters).map { $0.sorted(by: >) }
      let fitted = factorization.values(parameters, at: entries)
      trainingError = rootMeanSquare(zip(fitted, entries.values).map { $0 - $1 })
    }

    mutating func rescale(by unit: Double) {
      self.unit = unit
      componentSizes = componentSizes.map { $0.map { $0 * unit } }
      trainingError *= unit
      holdoutError = holdoutError.map { $0 * unit }
      for n in path.indices {
        path[n].trainingError *= unit
        path[n].componentSizes = path[n].componentSizes.map { $0.map { $0 * unit } }
      }
    }
  }

  /// One point of the path of training.
  public struct PathPoint: Equatable, Sendable {
    /// How many steps were taken up to here.
    public var step: Int
    /// The root mean square of the residuals.
    public var trainingError: Double
    /// The sizes of the components at each place, descending.
    public var componentSizes: [[Double]]
  }
}

extension TensorFactorization {
  fileprivate func values(_ parameters: [Double], positions: [Int]) -> [Double] {
    let count = positions.count / shape.count
    return values(
      parameters,
      at: ObservedTensor(
        positions: positions, shape: shape, values: [Double](repeating: 0, count: count)))
  }
}

extension TensorCompleter.Failure: CustomStringConvertible {
  public var description: String {
    switch self {
    case .tooFewEntries(let count): "\(count) known entries are too few: give at least two"
    case .orderNotFour(let order):
      "a hierarchical network needs a tensor of order 4, not \(order)"
    case .componentCountNotPositive(let count): "a network cannot have \(count) components"
    case .initialScaleNotPositive(let scale):
      "the initial scale must be positive and finite, not \(scale)"
    case .holdoutOutOfRange(let fraction):
      "the share of entries held out must lie between 0 and 1, not at \(fraction)"
    case .recordingIntervalNotPositive(let interval):
      "a path cannot be recorded every \(interval) steps"
    }
  }
}
