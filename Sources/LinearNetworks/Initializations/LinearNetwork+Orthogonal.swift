public import LinearAlgebra

extension LinearNetwork {
  /// A network whose layers are independent Haar-distributed (semi-)orthogonal matrices times a factor.
  ///
  /// Balanced when no hidden width differs from its neighbours; otherwise see
  /// ``balanced(widths:scale:using:)``.
  ///
  /// - Parameters:
  ///   - widths: d₀, …, d_N.
  ///   - scale: every singular value of every layer.
  ///   - generator: where random numbers come from.
  public static func orthogonal(
    widths: [Int], scale: Double, using generator: inout SeededGenerator
  ) -> LinearNetwork {
    requireWidths(widths)
    return LinearNetwork(
      fitting: zip(widths, widths.dropFirst()).map { inputs, outputs in
        scale * .orthogonal(rowCount: outputs, columnCount: inputs, using: &generator)
      })
  }

  /// A network whose layers are identities (rectangular where widths differ) times a factor.
  public static func identity(widths: [Int], scale: Double) -> LinearNetwork {
    requireWidths(widths)
    return LinearNetwork(
      fitting: zip(widths, widths.dropFirst()).map { inputs, outputs in
        scale * .identity(outputs, inputs)
      })
  }
}
