import DataFormats
import DeepLinear

/// Fill in a tensor of which some entries are known.
public struct TensorCompletion: Job {
  public static let name = "tensor"

  /// How the network multiplies.
  public enum Structure: String, CaseIterable, Codable, Sendable {
    /// A sum of products of one vector for each dimension.
    case canonical
    /// A balanced binary tree over four dimensions.
    case hierarchical
  }

  /// An array with NaN where it is unknown, or rows of positions and a value.
  public var observed: DataSource
  /// The extent of each dimension, where rows of positions do not show it.
  public var shape: [Int]?
  /// How the network multiplies.
  public var structure: Structure?
  /// The number of components at each place where they are summed.
  public var components: Int?
  /// The size of each component at the start, relative to the data.
  public var initialScale: Double?
  /// The share of entries held out when the data are not exact.
  public var holdout: Double?
  /// The largest number of steps.
  public var stepLimit: Int?
  /// Whether known entries are replaced by their fit.
  public var denoise: Bool?
  /// A whole array that the answer is compared with.
  public var truth: DataSource?

  /// Where the whole array is written, .npy.
  public var output: String?
  /// The folder of a report.
  public var report: String?
  /// Whether files that exist are overwritten.
  public var force: Bool?
  /// The seed of everything random; 0 where nil.
  public var seed: UInt64?

  /// A request with everything else as usual.
  public init(_ observed: DataSource) { self.observed = observed }

  /// ``holdout`` where nil.
  public static let defaultHoldout = 0.1

  /// Beyond so many elements a whole array is not written.
  private static let largest = 100_000_000

  public func validate() throws {
    if let shape {
      guard shape.count >= 2, shape.allSatisfy({ $0 >= 1 }) else {
        throw BadInput("--shape must be two extents or more, like 20,20,10.")
      }
    }
    if let components, components < 1 {
      throw BadInput("--components must be at least 1, not \(components).")
    }
    if let scale = initialScale, !(scale > 0 && scale.isFinite) {
      throw BadInput("--initial-scale must be a positive number, not \(scale).")
    }
    if let stepLimit, stepLimit < 1 {
      throw BadInput("--step-limit must be at least 1, not \(stepLimit).")
    }
    let share = holdout ?? Self.defaultHoldout
    guard share > 0, share < 1 else {
      throw BadInput("--holdout must lie between 0 and 1, not at \(share).")
    }
  }

  public func run(
    in context: JobContext, observing observer: JobObserver
  ) throws -> TensorCompletionResult {
    let clock = ContinuousClock()
    let began = clock.now
    try validate()
    var outputs = OutputPaths(overwrite: force ?? false)
    try outputs.input(observed)
    try outputs.input(truth)
    try outputs.file(output, option: "--output", among: [.npy])
    try outputs.report(report)
    let entries = try read(in: context)
    try checkExtents(entries)
    let useful = Self.usefulComponents(entries, isTree: structure == .hierarchical)
    let components = components.map { min($0, useful) }
    try checkMemory(entries, components)
    let truth = try readTruth(entries, context)
    var notice: String?
    if let asked = self.components, asked > useful {
      notice =
        "--components \(asked) of a \(Self.words(entries.shape)) tensor with \(entries.count) entries acts like \(useful), which is taken"
    }
    observer.show("completing", sentence: notice)
    var completer = TensorCompleter(
      structure: structure == .hierarchical ? .hierarchical : .canonical,
      componentCount: components, initialScale: initialScale,
      holdoutFraction: holdout ?? Self.defaultHoldout, seed: seed ?? 0)
    if let stepLimit { completer.stepLimit = stepLimit }
    let fit: TensorCompleter.Fit
    do {
      fit = try completer.fit(entries) { observer.show("completing", $0.fraction) }
    } catch let failure as TensorCompleter.Failure {
      throw BadInput("\(observed.name): \(failure).")
    }
    let size = entries.shape.reduce(1.0) { $0 * Double($1) }
    let whole = size <= Double(Self.largest) ? filled(entries, by: fit) : nil
    guard whole != nil || output == nil else {
      throw BadInput(
        "the whole array would have \(readable(size)) elements, more than the \(Self.largest) there is room for; leave out --output."
      )
    }
    return TensorCompletionResult(
      request: self, context: context, fit: fit, completion: whole,
      summary: TensorSummary(
        fit, of: entries, relativeError: Self.error(whole, truth), request: self,
        seconds: (clock.now - began).seconds))
  }

  /// A position without any entry takes as much time as one with entries, and nothing is learned of it.
  private func checkExtents(_ entries: ObservedTensor) throws {
    let positions = entries.shape.reduce(0.0) { $0 + Double($1) }
    guard positions > 10_000 + 100 * Double(entries.count) else { return }
    throw BadInput(
      "\(observed.name): \(entries.count) entries say nothing about most of the \(readable(positions)) positions along the dimensions of a \(Self.words(entries.shape)) tensor; number those that occur without gaps, and leave out --shape."
    )
  }

  /// As many components as any tensor of a shape is a sum of: its slices along the largest dimension, or for a tree the
  /// matrices of each pair; and no more than there are entries to explain.
  private static func usefulComponents(_ entries: ObservedTensor, isTree: Bool) -> Int {
    let extents = entries.shape.map(Double.init)
    let most: Double
    if isTree, extents.count == 4 {
      most = max(extents[0] * extents[1], extents[2] * extents[3])
    } else {
      most = extents.reduce(1, *) / (extents.max() ?? 1)
    }
    return Int(max(1, min(most, Double(entries.count))))
  }

  /// The vectors of every component with what moves them, and a Jacobian with its square.
  private func checkMemory(_ entries: ObservedTensor, _ components: Int?) throws {
    let components = Double(components ?? min(12, entries.shape.min() ?? 1))
    let extents = entries.shape.reduce(0.0) { $0 + Double($1) }
    let inner = structure == .hierarchical ? 2 * components * components : 0
    let parameters = components * extents + inner
    var need = MemoryNeed()
    need.add(numbers: parameters, copies: 12)
    need.add(numbers: Double(entries.count), Double(entries.order), copies: 4)
    // What has more parameters than there are entries is not fitted to them.
    let fitted = min(extents, parameters, Double(entries.count))
    need.add(numbers: fitted, fitted + Double(entries.count), copies: 2)
    if output != nil || self.truth != nil || report != nil {
      let size = entries.shape.reduce(1.0) { $0 * Double($1) }
      need.add(numbers: min(size, Double(Self.largest)), Double(3 + entries.order))
    }
    try need.check(
      "\(observed.name): completing a tensor of shape \(Self.words(entries.shape)) with \(readable(components)) components",
      "give fewer components or entries")
  }

  /// The fit, with known entries as they are unless their noise is to go too.
  private func filled(_ entries: ObservedTensor, by fit: TensorCompleter.Fit) -> [Double] {
    var whole = fit.completion()
    if denoise ?? false { return whole }
    let order = entries.shape.count
    for (k, value) in entries.values.enumerated() {
      let place = (0..<order).reduce(0) { $0 * entries.shape[$1] + entries.indices[k * order + $1] }
      whole[place] = value
    }
    return whole
  }

  private static func error(_ whole: [Double]?, _ truth: NPYArray?) -> Double? {
    guard let whole, let truth else { return nil }
    let off = zip(whole, truth.elements).reduce(0) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) }
    let size = truth.elements.reduce(0) { $0 + $1 * $1 }
    return (off / max(size, .leastNormalMagnitude)).squareRoot()
  }

  private func read(in context: JobContext) throws -> ObservedTensor {
    do {
      if observed.name.hasSuffix(".csv") || observed.name.hasSuffix(".csv.gz") {
        return try readPositions(try observed.matrix(in: context))
      }
      let array = try observed.array(in: context)
      if shape != nil, array.shape.count == 2, array.shape[1] == (shape?.count ?? 0) + 1 {
        return try readPositions(
          Matrix(rowCount: array.shape[0], columnCount: array.shape[1], elements: array.elements))
      }
      if let shape, shape != array.shape {
        throw BadInput(
          "\(observed.name): the array is \(Self.words(array.shape)), not \(Self.words(shape)) as --shape says; leave it out."
        )
      }
      var indices: [Int] = []
      var values: [Double] = []
      for (place, value) in array.elements.enumerated() where !value.isNaN {
        var rest = place
        let start = indices.count
        indices += array.shape
        for n in array.shape.indices.reversed() {
          indices[start + n] = rest % array.shape[n]
          rest /= array.shape[n]
        }
        values.append(value)
      }
      return try ObservedTensor(shape: array.shape, indices: indices, values: values)
    } catch let failure as ObservedTensor.Failure {
      throw BadInput("\(observed.name): \(failure).")
    }
  }

  /// Rows of positions, the value last.
  private func readPositions(_ rows: Matrix) throws -> ObservedTensor {
    let order = rows.columnCount - 1
    guard order >= 2 else {
      throw BadInput(
        "\(observed.name): a row has \(rows.columnCount) numbers; give the position in two dimensions or more, then the value."
      )
    }
    let first = observed.reading.oneBased ?? false ? 1 : 0
    var indices: [Int] = []
    var extents = [Int](repeating: 1, count: order)
    for i in 0..<rows.rowCount {
      for n in 0..<order {
        guard let index = Int(exactly: rows[i, n]), index >= first else {
          throw BadInput(
            "\(observed.name): row \(i + 1) has the index \(readable(rows[i, n])); indices are whole numbers from \(first)."
          )
        }
        indices.append(index - first)
        extents[n] = max(extents[n], index - first + 1)
      }
    }
    if let shape, shape.count != order {
      throw BadInput(
        "\(observed.name): positions have \(order) indices, and --shape has \(shape.count) extents; make them agree."
      )
    }
    return try ObservedTensor(
      shape: shape ?? extents, indices: indices, values: rows.column(order))
  }

  private func readTruth(_ entries: ObservedTensor, _ context: JobContext) throws -> NPYArray? {
    guard let truth else { return nil }
    let array = try truth.array(in: context)
    guard array.shape == entries.shape else {
      throw BadInput(
        "\(truth.name) is \(Self.words(array.shape)) but the tensor is \(Self.words(entries.shape)); give a whole array of that shape."
      )
    }
    return array
  }

  static func words(_ shape: [Int]) -> String { shape.map(String.init).joined(separator: "×") }
}
