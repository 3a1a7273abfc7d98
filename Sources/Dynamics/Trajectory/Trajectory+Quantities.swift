public import LinearAlgebra

extension Trajectory {
  /// The singular values of the end-to-end matrix at each recorded point, descending.
  ///
  /// - Precondition: the recording asked for them, as `.spectrum(every: 10)` does.
  public var singularValues: [[Double]] { recorded(\.singularValues, .singularValues) }

  /// The end-to-end matrix at each recorded point.
  ///
  /// - Precondition: the recording asked for it.
  public var endToEnd: [Matrix] { recorded(\.endToEnd, .endToEnd) }

  /// The layers at each recorded point.
  ///
  /// - Precondition: the recording asked for them.
  public var layers: [[Matrix]] { recorded(\.layers, .layers) }

  /// max_j ‖W_{j+1}ᵀW_{j+1} − W_jW_jᵀ‖_F at each recorded point.
  ///
  /// - Precondition: the recording asked for it.
  public var unbalancedness: [Double] { recorded(\.unbalancedness, .unbalancedness) }

  private func recorded<Value>(
    _ path: KeyPath<Snapshot, Value?>, _ quantity: Recording.Quantity
  ) -> [Value] {
    snapshots.map { snapshot in
      guard let value = snapshot[keyPath: path] else {
        preconditionFailure(
          "\(quantity.rawValue) was not recorded: ask for it, as in Recording(.every(10), of: [.\(quantity.rawValue)])"
        )
      }
      return value
    }
  }
}

extension Trajectory: CustomStringConvertible {
  /// How far it went and how it ended.
  public var description: String {
    let first = snapshots.first, last = snapshots.last
    return """
      \(snapshots.count) points from \(readable(first?.time ?? 0)) to \(readable(last?.time ?? 0)), \
      \(stepCount) steps, \(outcome.kind)
      loss from \(readable(first?.loss ?? .nan)) to \(readable(last?.loss ?? .nan))
      """
  }
}
